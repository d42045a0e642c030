-- The coroutine of the program belongs to the host.
-- expect: value [false, false, false, "running", false]
local co = coroutine.running()
return {
  (coroutine.resume(co)), (pcall(coroutine.close, co)), (pcall(coroutine.yield, 1)),
  coroutine.status(co), (pcall(coroutine.wrap(function() return coroutine.resume(co) end))) == nil,
}
