-- expect: script
local Bad = { __index = function() error("index") end, __tostring = function() error("text") end }
error(setmetatable({ message = setmetatable({}, Bad), context = setmetatable({}, Bad) }, Bad))
