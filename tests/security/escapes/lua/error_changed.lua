-- A script may write into an error it caught: what cannot cross is left out.
-- expect: invalid
local ps = require("polyspell")
local ok, e = pcall(ps.schema.validate)
e.context = { [1.5] = print, deep = coroutine.running() }
e.hint = ps
error(e)
