// expect: limit_exceeded cpu
// limits: calls=none,traffic=none
import "polyspell" for State
var held = []
while (true) held.add(State.get("x", "x" * 5000))
