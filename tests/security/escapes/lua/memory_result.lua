-- expect: limit_exceeded memory|cpu
local t = { "x" }
for i = 1, 50 do t = { t, t } end
return t
