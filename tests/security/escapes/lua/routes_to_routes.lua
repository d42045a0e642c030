-- expect: permission_denied
-- Routes that lead to routes: a million million ways to one model that is not granted.
local ps = require("polyspell")
local last = ps.test.mock_model({ "x" })
for level = 1, 12 do
  local all = {}
  for each = 1, 10 do all[each] = last end
  last = ps.provider.fallback(all, { name = "level" .. level })
end
ps.provider.capabilities(last)
ps.provider.fallback({ last, "echo/echo" })
