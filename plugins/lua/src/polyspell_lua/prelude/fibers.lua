-- Fibers and futures. Each task of the host, and each function that a script starts, is a fiber: a
-- coroutine that runs until it waits. A future is what a fiber or a pending call will give.

local P, host = ...
local error, type, select, ipairs, setmetatable = error, type, select, ipairs, setmetatable
local raw_yield, isyieldable = coroutine.yield, coroutine.isyieldable
local WAIT = P.WAIT

P.current = nil -- the fiber that runs
P.ready, P.last = {}, 0 -- a queue of {fiber, count, what it is resumed with ...}, and its end

local ready = P.ready
local function enqueue(fiber, ...)
  P.last = P.last + 1
  ready[P.last] = { fiber, select("#", ...), ... }
end
P.enqueue = enqueue

function P.new_fiber(task, body, future)
  local fiber = { task = task, co = P.thread(body), future = future }
  P.busy[fiber.co] = true -- scripts cannot resume or close it
  return fiber
end

-- Errors, with the frames of where they were raised first.
local frames_of = setmetatable({}, { __mode = "k" })
P.frames_of = frames_of
local Traced = {} -- marks one that is no table, and its frames
P.Traced = Traced
function P.handler(e)
  if type(e) == "userdata" then return e end
  if type(e) ~= "table" then return setmetatable({ value = e, frames = P.frames(2) }, Traced) end
  frames_of[e] = frames_of[e] or P.frames(2)
  return e
end

function P.suspend()
  if not isyieldable() then
    error(P.failure("script", "The script cannot wait here.",
      "Nothing can wait inside table.sort, string.gsub, tostring, or a reader of load."), 0)
  end
  return raw_yield(WAIT)
end

local limits = P.decode(host.limits) -- those of the sandbox; others can be caught
function P.raise(packed)
  local e = P.decode(packed)
  local limit = e.code == "limit_exceeded" and e.context and e.context.limit
  if limits[limit] then P.stop(limit, packed) end
  error(setmetatable(e, P.Error), 0)
end

function P.received(ok, packed)
  if ok then return P.decode(packed) end
  P.raise(packed)
end

-- Futures

-- What scripts hold of a future is an empty table; its state is kept aside.
local state = setmetatable({}, { __mode = "k" })
P.futures = state
local Future = { __metatable = false, __name = "future", __index = {} }
P.special[Future] = function(_, _, depth)
  P.refuse(depth, "is still being waited for", "Call its wait(), or give it to all.")
end

function P.new_future()
  local future = setmetatable({}, Future)
  state[future] = {}
  return future
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

function P.resolve(future, ok, value, packed)
  local s = state[future]
  s.done, s.ok, s.value, s.packed = true, ok, value, packed
  for _, group in ipairs(s) do notify(group, future) end
end

local function take(future)
  local s = state[future]
  s.seen = true
  if s.packed then return P.received(s.ok, s.value) end
  if s.ok then return s.value end
  error(P.mark(s.value) == Traced and s.value.value or s.value, 0)
end
P.take = take

-- Wait until all futures of a list are there, or one has failed, which raises its error.
function P.wait_for(list)
  local group = { fiber = P.current, left = 0 }
  for _, future in ipairs(list) do
    local s = state[future]
    if s.done and not s.ok then take(future) end
    if not s.done then
      group.left = group.left + 1
      s[#s + 1] = group
    end
  end
  if group.left > 0 then
    P.current.group = group
    P.suspend()
    if group.failed then take(group.failed) end
  end
end

function Future.__index.wait(future)
  if not state[future] then error("call it with a colon: future:wait()", 2) end
  P.wait_for({ future })
  return take(future)
end

-- A future, and the function that settles it.
function P.promise()
  local future = P.new_future()
  return future, function(ok, value) P.resolve(future, ok, value) end
end
