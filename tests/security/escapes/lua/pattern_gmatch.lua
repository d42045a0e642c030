-- expect: limit_exceeded cpu
for _ in ("("):rep(1000000):gmatch("%b()") do end
