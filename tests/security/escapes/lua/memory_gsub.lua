-- expect: limit_exceeded memory
return #("x"):rep(1000000):gsub("x", ("y"):rep(1000000))
