-- expect: limit_exceeded depth|memory
local function f() return 1 + f() end
f()
