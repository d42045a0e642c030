-- Hooks belong to one coroutine.
-- expect: limit_exceeded cpu
coroutine.wrap(function()
  coroutine.wrap(function() while true do end end)()
end)()
