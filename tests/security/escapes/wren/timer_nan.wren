// expect: invalid
// A timer at NaN would let the host forget all others for a while.
import "polyspell" for Polyspell
Polyspell.sleep(0/0)
