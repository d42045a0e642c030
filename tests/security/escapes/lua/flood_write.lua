-- expect: limit_exceeded output
while true do io.stderr:write(("x"):rep(1000)) end
