-- Names of chunks and functions are any bytes, of any length.
-- expect: script
local t = {}
t["\xff\xfe"] = load("local t = ... t['\\xff\\xfe'] = function() error('x') end return t['\\xff\\xfe']()",
  "=\xff" .. ("\xfe"):rep(100000))
t["\xff\xfe"](t)
