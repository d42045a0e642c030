-- only: inline a worker is ended by its time
-- expect: script
local s, t = (" "):rep(5e6) .. "1", {}
for i = 1, 100000 do t[i] = s end
string.format(("%d"):rep(100000), table.unpack(t))
