-- Limits. Code charges F[1] at loop edges and function entries; below zero, a slice is over, and
-- `slice` looks at the budgets. A slice is at most SLICE units, each about one slot of Lua's
-- stack at a function's entry, so that a slice cannot overflow a stack that was not deep.
local R = ...
local getinfo, count, collect = debug.getinfo, collectgarbage, collectgarbage
local min, max, floor, huge = math.min, math.max, math.floor, math.huge

local SLICE = 40000
-- Slots and frames of a coroutine's stack past which calls go on in another. LuaJIT has 65,500
-- slots: what is not deep yet has room for one more slice.
local DEEP_SLOTS, DEEP_FRAMES = 15000, 350
local F = { 0 } -- its other fields are what emitted code calls when F[1] runs out or arguments lack
R.F = F
F.short = R.short
local budget = { fuel = huge, output = huge, time = huge } -- what the running task has left
local given = 0 -- fuel handed out for the slice that runs
local memory = huge -- kilobytes
local now, since
local total_fuel, total_output = 0, 0
function R.totals() return total_fuel, total_output end

function R.set_clock(clock) now = clock end

-- Asking for the time leaves Lua, so it is done once in so much fuel: what took PERIOD seconds at
-- the speed of late, but a slice at least and no more than EIGHT.
local PERIOD, EIGHT = 0.002, 8 * SLICE
local timed, untimed = SLICE, 0

local function hand_out()
  given = min(SLICE, budget.fuel)
  F[1] = given
end

local function settle()
  local used = given - F[1]
  untimed = untimed + used
  budget.fuel = budget.fuel - used
  total_fuel = total_fuel + used
  given = F[1]
end

-- A task is about to run, at a time that the host tells, as it tells when it last got control back:
-- until then the task that ran before it was running. The slice goes on where it was left: a program
-- that only calls the host has slices, too.
-- Where the host took long, the slice is over: a program may call it again and again.
local LONG = 0.001 -- seconds
local before, before_since
function R.enter(own, time, ended)
  if before then before.time = before.time - (ended - before_since) end
  budget, since = own, time
  if time - ended > LONG then given, untimed = 0, timed end
  given = max(0, min(given, budget.fuel))
  F[1] = given
end

-- Time that the host spent for the task while it did not run.
function R.spend(own, seconds)
  own.time = own.time - seconds
  untimed = timed
end

function R.leave()
  settle()
  R.peak()
  before, before_since = budget, since
end

function R.budget(fuel, time, output) return { fuel = fuel, time = time, output = output } end

-- Lua keeps no peak: it is seen where memory is looked at, and where control goes back to the host.
local peak = 0
local function seen(kilobytes)
  if kilobytes > peak then peak = kilobytes end
end
function R.peak()
  seen(count("count"))
  return peak
end
function R.reset_peak() peak = 0 end

local function check_memory(extra)
  local kilobytes = count("count") + extra
  if kilobytes > memory then
    collect("collect")
    kilobytes = count("count") + extra
    if kilobytes > memory then R.limit("memory") end
  end
  seen(kilobytes)
end

-- The collector sleeps until the heap has grown to WAKE kilobytes: most programs end before.
local WAKE = 20 * 1024
local wake = WAKE
function R.set_memory(kilobytes)
  memory = kilobytes or huge
  wake = min(WAKE, memory / 4)
end
local function check_heap()
  local kilobytes = count("count")
  seen(kilobytes)
  if kilobytes > wake then
    wake = huge
    collect("restart")
  end
  if kilobytes > memory then
    check_memory(0)
    untimed = timed -- that took its time
  end
end

local function check_time()
  local ok, time = pcall(now) -- it fails when the user interrupts the host
  if not ok then R.limit("interrupt") end
  timed = max(SLICE, min(EIGHT, PERIOD * untimed / (time - since + 1e-9)))
  untimed = 0
  budget.time = budget.time - (time - since)
  since = time
  R.flush() -- who waits for a long program sees what it printed
  if budget.time <= 0 then R.limit("time") end
end

-- A slice is over. A function that starts, and takes so many slots, asks whether the stack is deep.
local function slice(slots)
  settle()
  if budget.fuel <= 0 then R.limit("fuel") end
  hand_out()
  check_heap()
  if untimed >= timed then check_time() end
  return slots and getinfo(min(DEEP_FRAMES, floor(DEEP_SLOTS / slots)), "l") ~= nil
end
R.slice = slice
F.slice = slice
if jit then
  -- Compiled, the end of a slice would be a copy of all that follows it, at each place it can be.
  for _, f in ipairs { slice, settle, hand_out, check_time, check_memory, check_heap } do jit.off(f) end
end

-- Work that takes long inside one call is charged before it is done.
function R.charge(units)
  F[1] = F[1] - units
  if F[1] < 0 then slice() end
end
local charge = R.charge

-- Room for a value of that many bytes.
function R.reserve(bytes)
  if bytes > 4096 then
    if memory < huge then check_memory(bytes / 1024) end
    charge(bytes / 8)
  end
end

-- Strings that are to be joined announce themselves if they are long; `joined` is what they became.
local LONG = 65536
local pending = 0
function R.announce(text)
  if #text > LONG then
    pending = pending + #text
    R.reserve(pending)
  end
end
function R.joined(text)
  if #text > 2048 then
    pending = 0
    charge(#text / 32)
  end
  return text
end

-- Go on with a call in a fresh coroutine, since this one's stack is deep.
local yield = coroutine.yield
function F.seg(...)
  local _, value = yield(R.SEGMENT, { n = select("#", ...) + 1, getinfo(2, "f").func, ... })
  return value
end

-- Output.
local buffer, size = {}, 0
function R.flush()
  if size == 0 then return end
  local text = table.concat(buffer, "", 1, #buffer)
  buffer, size = {}, 0
  R.host_write(text)
end
function R.emit(text)
  local length = #text
  total_output = total_output + length
  budget.output = budget.output - length
  if budget.output < 0 then
    R.flush()
    R.limit("output")
  end
  charge(2 + length / 16)
  buffer[#buffer + 1] = text
  size = size + length
  if size > 8192 or #buffer > 512 then R.flush() end
end
