// expect: script_syntax
var list = []
list.__index
