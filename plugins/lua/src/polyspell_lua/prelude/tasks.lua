-- Fibers: each task of the host, and each function that a script starts, is a coroutine that runs
-- until it waits. A future is what a fiber or a pending call will give.

local P, host = ...
local error, type, select, raw_xpcall, raw_pcall = error, type, select, xpcall, pcall
local raw_resume, raw_yield, raw_close = coroutine.resume, coroutine.yield, coroutine.close
local isyieldable, setmetatable, rawlen, unpack = coroutine.isyieldable, setmetatable, rawlen, table.unpack
local ask, last_error, limited, lower, lift = host.ask, host.error, P.limited, host.lower, host.lift
local WAIT, DONE = P.WAIT, P.DONE

local ready, first, last = {}, 1, 0 -- a queue of {fiber, count, what it is resumed with ...}
local waiting = {} -- number of a call: the fiber or future that its answer goes to
local roots = {} -- number of a task: its fiber
local current -- the fiber that runs

-- What scripts hold of a future is an empty table; its state is kept aside.
local state = setmetatable({}, { __mode = "k" })
local Future = { __metatable = false, __name = "future", __index = {} }
P.special[Future] = function(_, _, depth)
  P.refuse(depth, "is still being waited for", "Call its wait(), or give it to all.")
end

local function enqueue(fiber, ...)
  last = last + 1
  ready[last] = { fiber, select("#", ...), ... }
end

local function new_fiber(task, body, future)
  local fiber = { task = task, co = P.thread(body), future = future }
  P.busy[fiber.co] = true -- scripts cannot resume or close it
  return fiber
end

-- Errors, with the frames of where they were raised first.
local frames_of = setmetatable({}, { __mode = "k" })
local Traced = {}
local function handler(e)
  if type(e) == "userdata" then return e end
  if type(e) ~= "table" then return setmetatable({ value = e, frames = P.frames(2) }, Traced) end
  frames_of[e] = frames_of[e] or P.frames(2)
  return e
end

local function failed(task, e)
  local frames = type(e) == "table" and frames_of[e]
  if P.mark(e) == Traced then e, frames = e.value, e.frames end
  host.failed(task, P.describe(e, frames or {}))
end

-- Waiting

local function suspend()
  if not isyieldable() then
    error(P.failure("script", "The script cannot wait here.",
      "Nothing can wait inside table.sort, string.gsub, tostring, or a reader of load."), 0)
  end
  return raw_yield(WAIT)
end

local limits = P.decode(host.limits) -- those of the sandbox; others can be caught
local function raise(packed)
  local e = P.decode(packed)
  local limit = e.code == "limit_exceeded" and e.context and e.context.limit
  if limits[limit] then P.stop(limit, packed) end
  error(setmetatable(e, P.Error), 0)
end

local function received(ok, packed)
  if ok then return P.decode(packed) end
  raise(packed)
end

local function notify(group, future)
  if group.over then return end
  group.left = group.left - 1
  if not state[future].ok then group.failed = future end
  if group.left == 0 or group.failed then
    group.over = true
    enqueue(group.fiber)
  end
end

local function resolve(future, ok, value, packed)
  local s = state[future]
  s.done, s.ok, s.value, s.packed = true, ok, value, packed
  for _, group in ipairs(s) do notify(group, future) end
end

local function take(future)
  local s = state[future]
  s.seen = true
  if s.packed then return received(s.ok, s.value) end
  if s.ok then return s.value end
  error(P.mark(s.value) == Traced and s.value.value or s.value, 0)
end

-- Wait until all futures of a list are there, or one has failed, which raises its error.
local function wait_for(list)
  local group = { fiber = current, left = 0 }
  for _, future in ipairs(list) do
    local s = state[future]
    if s.done and not s.ok then take(future) end
    if not s.done then
      group.left = group.left + 1
      s[#s + 1] = group
    end
  end
  if group.left > 0 then
    current.group = group
    suspend()
    if group.failed then take(group.failed) end
  end
end

function Future.__index.wait(future)
  if not state[future] then error("call it with a colon: future:wait()", 2) end
  wait_for({ future })
  return take(future)
end

-- Calling the host

local function new_future()
  local future = setmetatable({}, Future)
  state[future] = {}
  return future
end

local function unusual(answer, count, ...)
  if not answer then
    P.raise_last()
  elseif answer < 0 then
    P.find_bad_text(count, ...)
  elseif current.batch then
    local future = new_future()
    waiting[answer] = future
    current.batch[#current.batch + 1] = future
    return future
  end
  waiting[answer], current.call = current, answer
  return received(suspend())
end

-- Call the function `name` of a module (its name), or of a handle (its number, and its type).
function P.call(target, kind, name, waits, count, ...)
  if waits and not current.batch and not isyieldable() then suspend() end
  local answer = ask(current.task, target, kind, name, P.encode_all(count, ...))
  if limited then lower() end
  if type(answer) == "string" then return P.decode(answer) end
  return unusual(answer, count, ...)
end

-- The same, without waiting for what comes of it.
function P.send(target, kind, name)
  ask(current.task, target, kind, name, P.encode_all(0))
  if limited then lower() end
end

function P.raise_last()
  local packed = last_error()
  if limited then lower() end
  raise(packed)
end

function P.fiber() return current end

-- A future, and the function that settles it.
function P.promise()
  local future = new_future()
  return future, function(ok, value) resolve(future, ok, value) end
end

-- Several at once

local function async_body(f, ...) return DONE, raw_xpcall(f, handler, ...) end

function P.async(f, ...)
  if type(f) ~= "function" then error("bad argument #1 to 'async' (function expected)", 2) end
  local future = new_future()
  local fiber = new_fiber(current.task, async_body, future)
  local root = roots[fiber.task]
  if root then root.fibers[fiber] = true end
  enqueue(fiber, f, ...)
  return future
end

-- Functions and futures, run at once: a list of their results in order; other values stay.
function P.all(...)
  local items, count = { ... }, select("#", ...)
  if count == 1 and type(items[1]) == "table" and not state[items[1]] then
    items = items[1]
    count = rawlen(items)
  end
  local futures, results = {}, {}
  for i = 1, count do
    local item = items[i]
    results[i] = type(item) == "function" and P.async(item) or item
    if state[results[i]] then futures[#futures + 1] = results[i] end
  end
  wait_for(futures)
  for i = 1, count do
    if state[results[i]] then results[i] = take(results[i]) end
  end
  return P.list(results, count)
end

local function filled(value)
  if state[value] then return take(value) end
  if type(value) == "table" and P.mark(value) == nil then
    for key, inner in next, value do
      if state[inner] then value[key] = take(inner) end
    end
  end
  return value
end

local function batched(calls, ok, ...)
  if not ok then error((...), 0) end
  wait_for(calls)
  local results = { ... }
  for i = 1, #results do results[i] = filled(results[i]) end
  return unpack(results, 1, select("#", ...))
end

-- Run `f` so that its calls of the host do not wait but give futures; wait for all of them at its
-- end. What it returns (tables too, one level deep) has the results in the place of the futures.
function P.batch(f, ...)
  local outer, calls, fiber = current.batch, {}, current
  fiber.batch = calls
  local function done(...)
    fiber.batch = outer
    return batched(calls, ...)
  end
  return done(P.pcall(f, ...))
end

-- The scheduler

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
  current = nil
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
local EVERY, turns = 16, 0
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
  current, fiber.call, fiber.group = fiber, nil, nil
  if limited then lower() end
  return settle(fiber, raw_resume(fiber.co, ...))
end

-- Run what can run. True where the context has died.
local function drain()
  while first <= last and not P.halt do
    local item = ready[first]
    ready[first] = nil
    first = first + 1
    advance(item[1], unpack(item, 3, item[2] + 2))
  end
  P.gone = {}
  return P.halt ~= nil
end

-- What Python calls

local function give(task, ...)
  local count = select("#", ...)
  if count == 4 and P.is_stream(...) then count = 1 end
  local packed = count > 1 and P.encode_all(count, ...) or P.encode((...))
  if not host.result(task, packed) then P.find_bad_text(count > 1 and count or 1, ...) end
end
local function finish(task, f) return give(task, f()) end
local function root_body(task, f)
  local ok, e = raw_xpcall(finish, handler, task, f)
  if not ok then
    if P.halt or type(e) ~= "table" then P.after(false, e) end
    failed(task, e)
  end
  return DONE, ok
end

local function launch(task, f)
  local fiber = new_fiber(task, root_body)
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
  current = fiber
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
  P.out_of_memory(current and current.task)
end

-- The limit that was hit (or the host's error), the task, and where.
function P.halted()
  local h = P.halt
  return h.limit, h.failure, h.task, P.describe(P.failure("limit_exceeded", ""), h.frames)
end
