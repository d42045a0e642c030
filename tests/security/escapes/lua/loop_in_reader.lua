-- expect: limit_exceeded cpu|memory
while true do load(function() return " " end) end
