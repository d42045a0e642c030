// expect: limit_exceeded calls|cpu
import "polyspell" for State
while (true) State.get("x")
