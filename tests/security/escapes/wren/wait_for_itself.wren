// expect: script
import "polyspell" for Polyspell
var futures = []
futures.add(Polyspell.async { futures[0].wait() })
futures[0].wait()
