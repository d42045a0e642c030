-- Fibers, and the one loop that switches between them.
--
-- A fiber runs in a Lua coroutine, or in a stack of them when its calls run deep. Whatever
-- switches fibers or asks the host yields a command to the loop, which resumes what comes next;
-- so coroutines never nest. The loop returns to the host when its task ends or asks something.
local R = ...
local core, raise, Failure = R.core, R.raise, R.Failure
local type, getmetatable, setmetatable = type, getmetatable, setmetatable
local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local getinfo, unpack, match = debug.getinfo, R.unpack, string.match
local F, slice, huge = R.F, R.slice, math.huge
local Fiber, FiberS = core.Fiber.M, core.Fiber.S

local CALL, TRANSFER, YIELD, SUSPEND, HOST, SEGMENT, DONE, ABORT = {}, {}, {}, {}, {}, {}, {}, {}
R.SEGMENT, R.HOST = SEGMENT, HOST
local current -- the fiber that runs
local max_segments = huge
function R.set_depth(frames) max_segments = frames and frames / 350 or huge end

-- A finished fiber's coroutine serves the next one.
local pool, pooled = {}, 0
local function body(fn, count, value)
  while true do fn, count, value = yield(DONE, fn(count, value)) end
end
local function segment_body(fn, ...) return DONE, fn(...) end

-- Fiber objects.
local function new_fiber(fn) return setmetatable({ fn = fn }, Fiber) end

function FiberS.new_1(_, fn)
  if type(fn) ~= "function" then raise("Argument must be a function.") end
  if fn(-1) > 1 then raise("Function cannot take more than one parameter.") end
  F[1] = F[1] - 40
  return setmetatable({ fn = fn }, Fiber)
end
function FiberS.current_g() return current end
function FiberS.abort_1(_, value)
  if value ~= nil then raise(value) end
end
function FiberS.yield_0() return (yield(YIELD)) end
function FiberS.yield_1(_, value) return (yield(YIELD, value)) end
function FiberS.suspend_0() return (yield(SUSPEND)) end

local function check(fiber, verb, is_call)
  if fiber.error ~= nil then raise("Cannot " .. verb .. " an aborted fiber.") end
  if is_call then
    if fiber.caller then raise("Fiber has already been called.") end
    if fiber.root then raise("Cannot call root fiber.") end
  end
  if fiber.done then raise("Cannot " .. verb .. " a finished fiber.") end
  F[1] = F[1] - 10
  if F[1] < 0 then slice() end
end

function Fiber.call_1(self, value)
  check(self, "call", true)
  self.caller = current
  return (yield(CALL, self, value))
end
function Fiber.call_0(self) return (Fiber.call_1(self, nil)) end
function Fiber.try_1(self, value)
  check(self, "try", true)
  self.caller = current
  self.trying = true
  return (yield(CALL, self, value))
end
function Fiber.try_0(self) return (Fiber.try_1(self, nil)) end
function Fiber.transfer_1(self, value)
  check(self, "transfer to", false)
  return (yield(TRANSFER, self, value))
end
function Fiber.transfer_0(self) return (Fiber.transfer_1(self, nil)) end
function Fiber.transferError_1(self, value)
  check(self, "transfer to", false)
  return (yield(ABORT, self, value))
end
function Fiber.error_g(self) return self.error end
function Fiber.isDone_g(self) return self.done or self.error ~= nil end

-- Stack traces: unit, line, line of definition and number of parameters of each Wren frame.
local function trace_coroutine(co, into)
  local level = 0
  while #into < 4 * 200 do
    local info = getinfo(co, level, "Slu")
    if not info then return end
    local unit = match(info.source, "^@wren:(%d+)$")
    if unit then
      local n = #into
      into[n + 1], into[n + 2] = unit + 0, info.currentline
      into[n + 3], into[n + 4] = info.linedefined, info.nparams or -1
    end
    level = level + 1
  end
end
local function trace_of(fiber)
  local trace = {}
  if fiber.co then trace_coroutine(fiber.co, trace) end
  local segments = fiber.segments
  for i = segments and #segments or 0, 1, -1 do trace_coroutine(segments[i], trace) end
  return trace
end

local finish -- the task's result, for the host
function finish(task, ...)
  task.fiber = nil
  current = nil
  R.leave()
  R.flush()
  return ...
end

local step

-- Run a fiber, which may be new, with what its caller or the host sends it.
local function switch(task, fiber, value, problem)
  current = fiber
  task.fiber = fiber
  local co = fiber.co
  if co then return step(task, fiber, resume(co, value, problem)) end
  if pooled > 0 then
    co = pool[pooled]
    pool[pooled] = nil
    pooled = pooled - 1
  else
    co = create(body)
  end
  fiber.co = co
  return step(task, fiber, resume(co, fiber.fn, 1, value))
end

-- A fiber failed: every fiber that waits for it fails too, up to one that tried.
local function fail(task, fiber, value)
  local first = fiber
  while fiber do
    fiber.error = value
    local caller = fiber.caller
    fiber.caller = nil
    if fiber.trying then
      if first.co then first.co = nil end
      return switch(task, caller, value)
    end
    fiber = caller
  end
  return finish(task, "error", value, trace_of(first))
end

local function failed(task, fiber, problem)
  if getmetatable(problem) == Failure then
    if problem.limit then return finish(task, "limit", problem.limit) end
    return fail(task, fiber, problem.value)
  end
  local text = type(problem) == "string" and problem or tostring(problem)
  if match(text, "not enough memory") then return finish(task, "limit", "memory!") end
  if match(text, "stack overflow") or match(text, "C stack") then
    return finish(task, "limit", "recursion")
  end
  return fail(task, fiber, text)
end

local function segment(task, fiber, fn, ...)
  local segments = fiber.segments
  if not segments then
    segments = {}
    fiber.segments = segments
  end
  if #segments >= max_segments then return finish(task, "limit", "recursion") end
  segments[#segments + 1] = fiber.co
  fiber.co = create(segment_body)
  return step(task, fiber, resume(fiber.co, fn, ...))
end

local function done(task, fiber, value)
  local segments = fiber.segments
  if segments and #segments > 0 then
    fiber.co = segments[#segments]
    segments[#segments] = nil
    return switch(task, fiber, value)
  end
  if pooled < 64 then
    pooled = pooled + 1
    pool[pooled] = fiber.co
  end
  fiber.co, fiber.fn, fiber.done = nil, nil, true
  local caller = fiber.caller
  fiber.caller = nil
  if caller then return switch(task, caller, value) end
  return finish(task, "done", value)
end

function step(task, fiber, ok, command, a, b, ...)
  if not ok then return failed(task, fiber, command) end
  if command == DONE then return done(task, fiber, a) end
  if command == CALL or command == TRANSFER then return switch(task, a, b) end
  if command == YIELD then
    local caller = fiber.caller
    fiber.caller = nil
    fiber.trying = nil
    if caller then return switch(task, caller, a) end
    return finish(task, "yield", nil)
  end
  if command == HOST then
    current = nil
    R.leave()
    R.flush()
    return a, b, ...
  end
  if command == SEGMENT then return segment(task, fiber, a, b, ...) end
  if command == ABORT then return fail(task, a, b) end
  return finish(task, "suspend", nil)
end

-- The host's side: make a task, run it, answer its request.
function R.task(fn, budget)
  local fiber = new_fiber(fn)
  fiber.root = true
  return { fiber = fiber, budget = budget }
end
function R.run(task, value, problem)
  R.enter(task.budget)
  return switch(task, task.fiber, value, problem)
end
function R.fail_task(task, value)
  R.enter(task.budget)
  return fail(task, task.fiber, value)
end
