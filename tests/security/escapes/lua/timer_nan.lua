-- expect: invalid
-- A timer at NaN would let the host forget all others for a while.
require("polyspell").sleep(0/0)
