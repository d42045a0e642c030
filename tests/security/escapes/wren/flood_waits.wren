// expect: limit_exceeded pending|calls|cpu
import "polyspell" for Polyspell
Polyspell.all((1..100000).map {|i| Fn.new { Polyspell.sleep(5) } })
