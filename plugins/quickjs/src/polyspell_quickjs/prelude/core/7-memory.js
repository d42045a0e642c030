// The engine does not tell what it holds. What is free of its limit (`most` bytes) is the largest block that
// can be had, which costs little: nobody touches it. Searched from where it was before, to the nearest `grain`.
const FRESH = 256 << 10; // what a context holds at its begin, about
let lastFree;
hidden("__free", (most, grain) => {
  const isFree = (size) => size <= 0 || (size < most && !isFull(size));
  let low, high, step = grain;
  measuring = true;
  if (isFree((low = high = lastFree ?? most - FRESH))) {
    for (; isFree((high = low + step)); step *= 2) low = high;
  } else {
    for (; !isFree((low = high - step)); step *= 2) high = low;
  }
  while (high - low > grain) {
    const middle = low + ((high - low) >> 1);
    if (isFree(middle)) low = middle;
    else high = middle;
  }
  measuring = false;
  return (lastFree = low > 0 ? low : 0);
});
