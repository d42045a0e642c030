-- A spell in two files: polyspell run modules.lua
local text = require("lib.text")
print(text.shout("hello"))
