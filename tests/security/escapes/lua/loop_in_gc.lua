-- Finalisers run without hooks.
-- expect: script
setmetatable({}, { __gc = function() while true do end end })
