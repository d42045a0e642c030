-- A byte of JSON is an object in memory.
-- expect: limit_exceeded memory
require("polyspell").json.decode("[" .. ("[],"):rep(1e6) .. "1]")
