// expect: limit_exceeded wall
// limits: wall=0.4s
import "polyspell" for Polyspell
Polyspell.sleep(1e6)
