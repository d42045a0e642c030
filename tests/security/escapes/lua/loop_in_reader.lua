-- expect: limit_exceeded cpu|memory
load(function() return " " end)
