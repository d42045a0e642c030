// expect: limit_exceeded cpu
import "meta" for Meta
Meta.eval("while (true) {}")
