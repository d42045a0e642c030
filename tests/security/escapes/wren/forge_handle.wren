// expect: script
import "polyspell" for Agent
Agent.new().run("hello")
