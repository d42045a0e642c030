-- A coroutine that waits for the host takes no answer from anybody else.
-- expect: value [false, "cannot resume non-suspended coroutine", "normal", false, "slept"]
local ps = require("polyspell")
local co = coroutine.create(function() ps.sleep(0.02) return "slept" end)
local answers
local other = ps.async(function()
  local ok, text = coroutine.resume(co, true, "\x01")
  answers = { ok, text, coroutine.status(co), (pcall(coroutine.close, co)) }
end)
local _, slept = coroutine.resume(co)
other:wait()
answers[5] = slept
return answers
