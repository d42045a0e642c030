// expect: limit_exceeded memory|cpu
// limits: cpu=3s
import "polyspell" for Polyspell
while (true) Polyspell.async { 1 }
