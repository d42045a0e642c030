-- One table, which is a byte on its way and an object of the host's at each place it has.
-- expect: limit_exceeded cpu|memory
local t, all = { a = {} }, {}
for i = 1, 4e5 do all[i] = t end
return all
