-- Each instruction copies megabytes.
-- expect: limit_exceeded cpu|memory
local s = ("x"):rep(10000000)
while true do local t = s .. "y" end
