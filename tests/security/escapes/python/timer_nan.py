# expect: invalid
# A timer at NaN would let the host forget all others for a while.
from polyspell import sleep

await sleep(float("nan"))
