// The engine does not tell what it holds. What is free of its limit (`most` bytes) is the largest block that
// can be had, which costs little: nobody touches it. Found to the nearest `grain`, near where it was before.
let lastFree = 0;
hidden("__free", (most, grain) => {
  let low = 0, high = most;
  const measure = (size) => (isFull(size) ? (high = size) : (low = size));
  measuring = true;
  for (const size of [lastFree, lastFree + grain, lastFree - grain]) if (low < size && size < high) measure(size);
  while (high - low > grain) measure(low + ((high - low) >> 1));
  measuring = false;
  return (lastFree = low);
});
