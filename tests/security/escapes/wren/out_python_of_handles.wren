// expect: script
import "polyspell" for Event
Event.stream("x.*").ref
