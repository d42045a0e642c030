-- Each match reads a long replacement that makes nothing.
-- expect: limit_exceeded cpu
local s = ("y"):rep(1e6)
s:gsub("(x*)", ("%1"):rep(1e6))
