-- The text of an uncaught error calls nothing of the script's.
-- expect: script
error(setmetatable({}, { __tostring = function() while true do end end }))
