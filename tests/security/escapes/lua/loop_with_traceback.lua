-- A global named debug is not used by the host.
-- expect: script
debug = { traceback = function() while true do end end }
_G.debug = debug
error("plain")
