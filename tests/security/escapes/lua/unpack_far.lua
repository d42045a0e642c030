-- expect: script
return table.unpack({}, 1, 10 ^ 8 | 0)
