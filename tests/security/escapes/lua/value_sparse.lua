-- expect: invalid
return { [1] = 1, [2 ^ 40 | 0] = 2 }
