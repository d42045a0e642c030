// expect: permission_denied
import "polyspell" for Agent
Agent.run("openai/gpt-5", "hello")
