-- Small here, huge there: a table that is shared at every level.
-- expect: limit_exceeded memory|cpu
local t = { "x" }
for i = 1, 50 do t = { t, t } end
require("polyspell").log.info("bomb", { t = t })
