-- only: inline nothing can kill it, so that what is compiled has to be short
-- Lua's compiler walks a chain of `or` once for each of its links.
-- expect: value false
return load("x=" .. ("{}or"):rep(60000) .. " x") ~= nil
