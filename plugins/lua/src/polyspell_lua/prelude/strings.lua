-- String functions that could run for ever inside C.

local P = ...
local rep = string.rep

P.strings = {}

-- Without text to repeat, C would still count.
function P.strings.rep(s, n, sep)
  if s == "" and (sep == nil or sep == "") then return "" end
  return rep(s, n, sep)
end
