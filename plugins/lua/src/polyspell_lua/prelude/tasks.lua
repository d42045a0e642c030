-- The scheduler, and what Python calls: tasks begin, go on when an answer comes, and end.

local P, host = ...
local error, type, select, raw_xpcall, raw_pcall = error, type, select, xpcall, pcall
local raw_resume, raw_close, rawlen, unpack = coroutine.resume, coroutine.close, rawlen, table.unpack
local limited, lower, lift = P.limited, host.lower, host.lift
local WAIT, DONE, Traced, state, frames_of = P.WAIT, P.DONE, P.Traced, P.futures, P.frames_of
local ready, waiting, roots, enqueue, resolve = P.ready, P.waiting, P.roots, P.enqueue, P.resolve
local first = 1 -- the begin of the queue

local function report(future)
  local s = state[future]
  if s.seen then return end
  local e = s.value
  if P.mark(e) == Traced then e = e.value end
  local _, text = raw_pcall(P.message, e)
  host.output("stderr", "A function started with async failed: " .. text .. "\n")
end

local function ended(fiber, ok, value)
  local root = roots[fiber.task]
  if root == fiber then
    roots[fiber.task] = nil
    for _, future in ipairs(fiber.failures) do report(future) end
    return
  end
  if root then root.fibers[fiber] = nil end
  resolve(fiber.future, ok, value)
  if ok then return end
  if root then
    root.failures[#root.failures + 1] = fiber.future
  else
    report(fiber.future)
  end
end

local function settle(fiber, ok, signal, fine, value)
  if limited then lift() end
  P.current = nil
  if P.halt then
    P.halt.task = P.halt.task or fiber.task
  elseif type(signal) == "userdata" then
    error(signal, 0) -- an interrupt of Python's
  elseif not ok then -- it died in our own code, of which only memory can be the reason
    P.out_of_memory(fiber.task)
  elseif signal == DONE then
    ended(fiber, fine, value)
  end
end

-- Fibers may come and go, each too short for a hook.
local EVERY, turns = P.careful and 4 or 16, 0
local function advance(fiber, ...)
  if fiber.dead then return end
  turns = turns + 1
  if turns % EVERY == 0 then
    P.expired()
    if P.halt then
      P.halt.task = fiber.task
      return
    end
  end
  P.current, fiber.call, fiber.group = fiber, nil, nil
  if limited then lower() end
  P.rehook(fiber.co)
  return settle(fiber, raw_resume(fiber.co, ...))
end

-- Run what can run. True where the context has died.
local function drain()
  while first <= P.last and not P.halt do
    local item = ready[first]
    ready[first] = nil
    first = first + 1
    advance(item[1], unpack(item, 3, item[2] + 2))
  end
  P.gone = {}
  return P.halt ~= nil
end

-- What Python calls

local function failed(task, e)
  local frames = type(e) == "table" and frames_of[e]
  if P.mark(e) == Traced then e, frames = e.value, e.frames end
  host.failed(task, P.describe(e, frames or {}))
end

local function give(task, ...)
  local count = select("#", ...)
  if count == 4 and P.is_stream(...) then count = 1 end
  local packed = count > 1 and P.encode_all(count, ...) or P.encode((...))
  if not host.result(task, packed) then P.find_bad_text(count > 1 and count or 1, ...) end
end
local function finish(task, f) return give(task, f()) end
local function root_body(task, f)
  local ok, e = raw_xpcall(finish, P.handler, task, f)
  if not ok then
    if P.halt or type(e) ~= "table" then P.after(false, e) end
    failed(task, e)
  end
  return DONE, ok
end

local function launch(task, f)
  local fiber = P.new_fiber(task, root_body)
  fiber.fibers, fiber.failures = {}, {}
  roots[task] = fiber
  enqueue(fiber, task, f)
  return drain()
end

function P.run(task, text, name, file, interactive)
  local f, e
  if interactive then f = P.load("return " .. text, name, P.globals) end
  if not f then f, e = P.load(text, name, P.globals) end
  if not f then
    host.failed(task, P.describe(P.syntax_error(e, name), {}))
    return false
  end
  P.files[name] = file
  return launch(task, f)
end

function P.invoke(task, id, packed)
  local f = P.functions[id]
  return launch(task, function()
    if not f then error(P.failure("not_found", "There is no such function any more."), 0) end
    local arguments = P.decode(packed)
    return f(unpack(arguments, 1, P.nulls[arguments] or rawlen(arguments)))
  end)
end

function P.get(task, name)
  return launch(task, function() return rawget(P.globals, name) end)
end

function P.set(task, name, packed)
  return launch(task, function() rawset(P.globals, name, P.decode(packed)) end)
end

function P.answer(call, ok, packed)
  local target = waiting[call]
  waiting[call] = nil
  if state[target] then
    resolve(target, ok, packed, true)
  elseif target then
    enqueue(target, ok, packed)
  end
  return drain()
end

local function kill(fiber)
  fiber.dead = true
  if fiber.call then waiting[fiber.call] = nil end
  if fiber.group then fiber.group.over = true end
  P.current = fiber
  if limited then lower() end
  raw_close(fiber.co) -- runs the script's to-be-closed variables
  settle(fiber, true)
end

function P.cancel(task)
  local root = roots[task]
  if not root then return false end
  roots[task] = nil
  for fiber in next, root.fibers do
    if not P.halt then kill(fiber) end
  end
  if not P.halt then kill(root) end
  host.failed(task, P.encode({ code = "cancelled", message = "The task was cancelled." }))
  return drain()
end

-- Lua failed in our own code.
function P.died()
  P.out_of_memory(P.current and P.current.task)
end

-- The limit that was hit (or the host's error), the task, and where.
function P.halted()
  local h = P.halt
  return h.limit, h.failure, h.task, P.describe(P.failure("limit_exceeded", ""), h.frames)
end
