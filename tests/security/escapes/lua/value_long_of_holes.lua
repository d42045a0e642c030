-- expect: invalid
local list = require("polyspell").list({}, 3)
list[1 << 40] = 1
return list
