// expect: invalid
import "polyspell" for Host_
class Agent {
  construct new() {}
  id { 1 }
  ref { this }
}
Host_.send_(Agent.new(), "run", "hello")
