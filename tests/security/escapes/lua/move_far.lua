-- expect: limit_exceeded cpu|memory
table.move({}, 1, 10 ^ 12 | 0, 2)
