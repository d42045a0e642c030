-- Calling the host, and doing several things at once.

local P, host = ...
local error, type, select, rawlen, unpack, next = error, type, select, rawlen, table.unpack, next
local raw_xpcall, isyieldable, setmetatable = xpcall, coroutine.isyieldable, setmetatable
local ask, last_error, limited, lower, taken = host.ask, host.error, P.limited, host.lower, host.taken
local LIFTED = -2 -- an answer that has to be taken: the limit of memory was lifted for it
local suspend, received, wait_for, take = P.suspend, P.received, P.wait_for, P.take
local DONE, state = P.DONE, P.futures

P.waiting = {} -- number of a call: the fiber or future that its answer goes to
P.roots = {} -- number of a task: its fiber

function P.raise_last()
  local packed = last_error()
  if limited then lower() end
  P.raise(packed)
end

-- What came of a call, with the limit of memory as it was.
local function settled(answer)
  if answer ~= LIFTED then return answer end
  answer = taken()
  if limited then lower() end
  return answer
end

local function unusual(answer, count, ...)
  if not answer then
    P.raise_last()
  elseif answer == LIFTED then
    return P.decode(settled(answer))
  elseif answer < 0 then
    P.find_bad_text(count, ...)
  end
  local fiber = P.current
  P.waiting[answer], fiber.call = fiber, answer
  return received(suspend())
end

-- The same in a batch: a future of what it gives. One that is given to it is waited for.
local function collected(fiber, target, kind, name, count, ...)
  local given = { ... }
  for i = 1, count do
    if state[given[i]] then given[i] = given[i]:wait() end
  end
  local packed = P.encode_all(count, unpack(given, 1, count))
  local answer = settled(ask(fiber.task, target, kind, name, packed, true))
  local future = P.new_future()
  if type(answer) ~= "number" then
    P.resolve(future, answer and true, answer or last_error(), true)
  elseif answer < 0 then
    P.find_bad_text(count, unpack(given, 1, count))
  else
    P.waiting[answer] = future
  end
  fiber.batch[#fiber.batch + 1] = future
  return future
end

-- Call the function `name` of a module (its name), or of a handle (its number, and its type).
-- `waits` is nil for what is not collected by a batch.
function P.call(target, kind, name, waits, count, ...)
  local fiber = P.current
  if fiber.batch and waits ~= nil then
    return collected(fiber, target, kind, name, count, ...)
  end
  if waits and not isyieldable() then suspend() end
  local answer = ask(fiber.task, target, kind, name, P.encode_all(count, ...))
  if type(answer) == "string" then return P.decode(answer) end
  return unusual(answer, count, ...)
end

-- The same, without waiting for what comes of it.
function P.send(target, kind, name)
  settled(ask(P.current.task, target, kind, name, P.encode_all(0)))
end

-- Several at once

local function async_body(f, ...) return DONE, raw_xpcall(f, P.handler, ...) end

function P.async(f, ...)
  if type(f) ~= "function" then error("bad argument #1 to 'async' (function expected)", 2) end
  local future = P.new_future()
  local fiber = P.new_fiber(P.current.task, async_body, future)
  local root = P.roots[fiber.task]
  if root then root.fibers[fiber] = true end
  P.enqueue(fiber, f, ...)
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

-- Run `f` so that its calls of the host give futures, and go to it together; wait for all of them
-- at its end. What it returns (tables too, one level deep) has the results in the place of the futures.
function P.batch(f, ...)
  local fiber, calls = P.current, {}
  local outer = fiber.batch
  fiber.batch = calls
  local function done(...)
    fiber.batch = outer
    return batched(calls, ...)
  end
  return done(P.pcall(f, ...))
end
