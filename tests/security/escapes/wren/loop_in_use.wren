// expect: limit_exceeded cpu
import "polyspell" for Event
Event.stream("x.*").use {|events|
  while (true) {}
}
