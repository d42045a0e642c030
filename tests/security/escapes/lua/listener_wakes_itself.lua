-- expect: limit_exceeded calls
-- Each event tells the next one.
local ps = require("polyspell")
local kept = ps.event.on("a.b", function() ps.event.emit("a.b") end)
ps.event.emit("a.b")
ps.sleep(1000)
