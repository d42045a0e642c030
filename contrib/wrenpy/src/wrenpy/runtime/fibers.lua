-- Fibers, and the one loop that switches between them.
--
-- A fiber runs in a Lua coroutine, or in a stack of them when its calls run deep. Whatever
-- switches fibers or asks the host yields a command to the loop, which resumes what comes next;
-- so coroutines never nest. The loop returns to the host when its task ends or asks something.
local R = ...
local core, raise, Failure = R.core, R.raise, R.Failure
local type, getmetatable, setmetatable = type, getmetatable, setmetatable
local select = select
local create, resume, yield = coroutine.create, coroutine.resume, coroutine.yield
local getinfo, unpack, match = debug.getinfo, R.unpack, string.match
local F, slice, huge = R.F, R.slice, math.huge
local Fiber, FiberS = core.Fiber.M, core.Fiber.S

-- What a coroutine yields to the loop: one of these, and what it needs.
local CALL, YIELD, SUSPEND, HOST, SEGMENT, ABORT = {}, {}, {}, {}, {}, {}
R.SEGMENT = SEGMENT
function R.request(...)
  local _, value, problem = yield(HOST, { n = select("#", ...), ... })
  return value, problem
end
local current -- the fiber that runs
local max_frames = huge
function R.set_depth(frames) max_frames = frames or huge end

-- Fiber objects: [1] coroutine (before it starts, the function), [2] caller, [3] state (false, "try", "root", "done"), [4] error,
-- [5] coroutines under the present one. A coroutine is resumed with 1, a value and maybe an error:
-- to one that starts, these are the number of arguments and the argument.
local function new_fiber(fn, state) return setmetatable({ fn, false, state }, Fiber) end

function FiberS.new_1(_, fn)
  if type(fn) ~= "function" then raise("Argument must be a function.") end
  if fn(-1) > 1 then raise("Function cannot take more than one parameter.") end
  F[1] = F[1] - 40
  return setmetatable({ fn, false, false }, Fiber)
end
-- What the compiler calls for `Fiber.new` with a block that it knows to take one value at most.
function R.fiber(fn)
  F[1] = F[1] - 40
  return setmetatable({ fn, false, false }, Fiber)
end
function FiberS.current_g() return current end
function FiberS.abort_1(_, value)
  if value ~= nil then raise(value) end
end
function FiberS.yield_0()
  local _, result = yield(YIELD)
  return result
end
function FiberS.yield_1(_, value)
  local _, result = yield(YIELD, value)
  return result
end
function FiberS.suspend_0()
  local _, result = yield(SUSPEND)
  return result
end

local function check(fiber, verb, is_call)
  if fiber[4] ~= nil then raise("Cannot " .. verb .. " an aborted fiber.") end
  if is_call then
    if fiber[2] then raise("Fiber has already been called.") end
    if fiber[3] == "root" then raise("Cannot call root fiber.") end
  end
  if fiber[3] == "done" then raise("Cannot " .. verb .. " a finished fiber.") end
end

local function call(self, value)
  if self[2] or self[3] or self[4] ~= nil then check(self, "call", true) end
  F[1] = F[1] - 20
  if F[1] < 0 then slice() end
  self[2] = current
  local _, result = yield(CALL, self, value)
  return result
end
Fiber.call_1 = call
function Fiber.call_0(self) -- as above: this one is called by the hundred thousand
  if self[2] or self[3] or self[4] ~= nil then check(self, "call", true) end
  F[1] = F[1] - 20
  if F[1] < 0 then slice() end
  self[2] = current
  local _, result = yield(CALL, self)
  return result
end
function Fiber.try_1(self, value)
  check(self, "try", true)
  F[1] = F[1] - 20
  if F[1] < 0 then slice() end
  self[2] = current
  self[3] = "try"
  local _, result = yield(CALL, self, value)
  return result
end
function Fiber.try_0(self) return (Fiber.try_1(self, nil)) end
function Fiber.transfer_1(self, value)
  check(self, "transfer to", false)
  F[1] = F[1] - 20
  if F[1] < 0 then slice() end
  local _, result = yield(CALL, self, value)
  return result
end
function Fiber.transfer_0(self) return (Fiber.transfer_1(self, nil)) end
function Fiber.transferError_1(self, value)
  check(self, "transfer to", false)
  local _, result = yield(ABORT, self, value)
  return result
end
function Fiber.error_g(self) return self[4] end
function Fiber.isDone_g(self) return self[3] == "done" or self[4] ~= nil end

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
  if type(fiber[1]) == "thread" then trace_coroutine(fiber[1], trace) end
  local below = fiber[5]
  for i = below and #below or 0, 1, -1 do trace_coroutine(below[i], trace) end
  return trace
end

-- The task leaves Lua: for good, or to ask the host something.
local function leave(...)
  current = nil
  R.leave()
  R.flush()
  R.lift()
  return ...
end

-- A fiber failed: every fiber that waits for it fails too, up to one that tried, whose caller goes
-- on. With none, the caller is nil and the trace says where it happened.
local function fail(fiber, value)
  local first = fiber
  while fiber do
    fiber[4] = value
    local caller, tried = fiber[2], fiber[3] == "try"
    fiber[2] = false
    if tried then
      first[1] = false
      return caller
    end
    fiber = caller
  end
  return nil, trace_of(first)
end

-- What a Lua error is in Wren: a value to fail with, or a limit.
local function problem_of(problem)
  if getmetatable(problem) == Failure then return problem.value, problem.limit end
  local text = type(problem) == "string" and problem or tostring(problem)
  if match(text, "not enough memory") then return nil, "memory!" end
  if match(text, "stack overflow") or match(text, "C stack") then return nil, "recursion" end
  return text
end

-- Frames on a coroutine's stack, to the nearest 64.
local function frames_of(co)
  local low, high = 0, 512
  while getinfo(co, high, "l") do low, high = high, high * 2 end
  while high - low > 64 do
    local middle = (low + high) / 2
    if getinfo(co, middle, "l") then low = middle else high = middle end
  end
  return low
end

-- A call goes on in a coroutine of its own.
local function push(fiber, call)
  local below = fiber[5]
  if not below then
    below = {}
    fiber[5] = below
  end
  if max_frames < huge then
    below.frames = (below.frames or 0) + frames_of(fiber[1])
    if below.frames > max_frames then return false, setmetatable({ limit = "recursion" }, Failure) end
  end
  below[#below + 1] = fiber[1]
  local co = create(call[1])
  fiber[1] = co
  return resume(co, unpack(call, 2, call.n))
end
local function pop(fiber)
  local below = fiber[5]
  local n = below and #below or 0
  if n == 0 then return false end
  fiber[1] = below[n]
  below[n] = nil
  if below.frames then below.frames = below.frames - frames_of(fiber[1]) end
  return true
end

-- Run fibers, from this one on, until the task ends or asks the host.
local function loop(task, fiber, value, problem)
  while true do
    current = fiber
    local co = fiber[1]
    if type(co) == "function" then
      co = create(co)
      fiber[1] = co
    end
    local ok, command, a, b = resume(co, 1, value, problem)
    problem = nil
    while command == SEGMENT do ok, command, a, b = push(fiber, a) end
    if command == CALL then
      fiber, value = a, b
    elseif not ok then
      local failure, limit = problem_of(command)
      if limit then
        R.lift()
        return leave("limit", limit, trace_of(fiber))
      end
      local caller, trace = fail(fiber, failure)
      if not caller then return leave("error", R.give(failure), trace) end
      fiber, value = caller, failure
    elseif command == YIELD then
      local caller = fiber[2]
      fiber[2] = false
      if fiber[3] == "try" then fiber[3] = false end
      if not caller then return leave("yield", nil) end
      fiber, value = caller, a
    elseif command == HOST then
      task.fiber = fiber
      return leave(unpack(a, 1, a.n))
    elseif command == ABORT then
      local caller, trace = fail(a, b)
      if not caller then return leave("error", R.give(b), trace) end
      fiber, value = caller, b
    elseif command == SUSPEND then
      return leave("suspend", nil)
    else -- no command: the function of the fiber has returned
      value = command
      if not fiber[5] or not pop(fiber) then
        local caller = fiber[2]
        fiber[1], fiber[2], fiber[3] = false, false, "done"
        if not caller then return leave("done", R.give(value)) end
        fiber = caller
      end
    end
  end
end
if jit then jit.off(loop) end -- it would only be tried again and again: a resume is not compiled

-- The host's side: make a task, run it, answer its request.
function R.task(fn, budget)
  return { fiber = new_fiber(fn, "root"), budget = budget }
end
-- What a request is answered with crosses before the run goes on: see `Bridge.lower`.
local answer, problem
function R.stage(...) answer, problem = ... end
function R.where(task) return trace_of(task.fiber) end
function R.run(task, time, ended)
  local value, failure = answer, problem
  answer, problem = nil, nil
  R.enter(task.budget, time, ended)
  return loop(task, task.fiber, value, failure)
end
