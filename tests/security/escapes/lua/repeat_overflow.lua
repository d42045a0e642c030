-- expect: script
return ("xx"):rep(math.maxinteger)
