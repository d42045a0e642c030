-- expect: limit_exceeded cpu
local t, all = {}, {}
for i = 1, 1e5 do t[i] = "" end
setmetatable(t, { __tostring = table.concat })
for i = 1, 1e5 do all[i] = t end
string.format(("%s"):rep(1e5), table.unpack(all))
