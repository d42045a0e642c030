-- expect: limit_exceeded cpu
while true do
  pcall(string.gsub, ("x"):rep(10), "x", function() while true do end end)
end
