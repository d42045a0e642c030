-- Limits that nothing can catch: hooks in every coroutine, and protected calls and coroutines of
-- our own. Each part says which hole it closes.

local P, host = ...
local raw_pcall, raw_xpcall, error, type = pcall, xpcall, error, type
local raw_create, raw_resume, raw_yield = coroutine.create, coroutine.resume, coroutine.yield
local raw_close, raw_status, running = coroutine.close, coroutine.status, coroutine.running
local sethook, getinfo, setmetatable, clock = debug.sethook, debug.getinfo, setmetatable, os.clock

-- Sentinels are functions: comparing tables could call an __eq of the script with them.
local function WAIT() end
local function DONE() end
P.WAIT, P.DONE = WAIT, DONE

local HALT = setmetatable({}, { __metatable = false, __name = "limit" })
local OUT_OF_MEMORY = "not enough memory"
local LIMITS = { "wall", "cpu", "memory", "output", "depth" } -- codes of `host.over`
local SHORT = 100 -- another code, this or larger: how many instructions are in the next slice
local SLICE, DEPTH_EVERY = 10000, 8
local GLANCE = 0.002 -- seconds between two looks
if P.careful then SLICE, DEPTH_EVERY = 2000, 2 end

-- Script frames from a level up, innermost first. Our own have no source.
P.sources = {}
function P.frames(level)
  local found, n = {}, 0
  for i = level + 1, level + 200 do
    local info = getinfo(i, "Sln")
    if not info or n == 32 then break end
    if P.sources[info.source] then
      local name = info.what == "main" and "main chunk" or info.name or "function"
      n = n + 1
      found[n] = { name = name, source = info.source, short = info.short_src, line = info.currentline }
    end
  end
  return found
end

-- End the context: nothing of the script runs any more. `failure` is the host's error instead.
local function halt(limit, failure)
  if not P.halt then P.halt = { limit = limit, failure = failure, frames = P.frames(2) } end
  error(HALT, 0)
end
P.stop = halt

function P.out_of_memory(task)
  if not P.halt then P.halt = { limit = "memory", frames = P.near or {}, task = task } end
end

local function check()
  if P.halt then error(HALT, 0) end
  local code = host.over()
  if code and code < SHORT then halt(LIMITS[code]) end
end
P.check = check

-- The same, for the scheduler: it has no hook, and raises no errors.
function P.expired()
  local code = host.over()
  if code and code < SHORT then P.halt = { limit = LIMITS[code], frames = P.near or {} } end
end

-- The hook, every SLICE instructions. After a slow slice (an instruction may copy megabytes) the
-- next ones are short. Where nothing can kill the script, they are shorter the more memory there is
-- for strings that slow an instruction down, and the clock tells when to look: it is cheaper.
local slices, looked, every = 0, 0, SLICE
local function early()
  local now = clock()
  if now - looked < GLANCE then return true end
  looked = now
end
local function look()
  if P.halt then error(HALT, 0) end
  if P.careful and early() then return end
  local code = host.over()
  if code and code < SHORT then halt(LIMITS[code]) end
  slices = slices + 1
  if P.depth and slices % DEPTH_EVERY == 0 and getinfo(P.depth, "l") then halt("depth") end
  every = code or SLICE
  sethook(look, "", every)
end
-- A coroutine that goes on has the hook of the time when it last ran.
function P.rehook(co)
  if every < SLICE then sethook(co, look, "", every) end
end

-- Work that C does at a script's wish, in steps of some nanoseconds: after LOT, time is looked at.
local LOT, steps = 5e6, 0
function P.charge(more)
  steps = steps + more
  if steps < LOT then return end
  steps = 0
  if not early() then check() end
end

-- The collector runs when a script copies megabytes with few instructions. A finaliser cannot
-- raise an error, but it can make the next instruction ask. It also notes where the script is:
-- where memory ends, Lua calls nobody who could look.
local function watch()
  if P.closing then return end
  local co, main = running()
  if not main then
    P.near = P.frames(1)
    local code = host.over()
    if code then
      looked, every = -1, SHORT
      sethook(co, look, "", 1)
    end
  end
  setmetatable({}, { __gc = watch })
end
watch()

-- After a protected call: a limit is never caught. An error may have kept the hook from its work
-- (at the end of the C stack it cannot be called), so time is checked here as well. A userdata is
-- an interrupt of Python's on its way up.
local function after(ok, e, ...)
  if P.halt then error(HALT, 0) end
  if not ok then
    if e == OUT_OF_MEMORY then
      P.out_of_memory()
      error(HALT, 0)
    end
    if type(e) == "userdata" then error(e, 0) end
    check()
  end
  return ok, e, ...
end
P.after = after

function P.pcall(...) return after(raw_pcall(...)) end

function P.xpcall(f, handler, ...)
  if type(handler) ~= "function" then error("bad argument #2 to 'xpcall' (function expected)", 2) end
  local function handled(e) -- after an error in a hook it would run without hooks
    if P.halt or type(e) == "userdata" then return e end
    return handler(e)
  end
  return after(raw_xpcall(f, handled, ...))
end

-- Coroutines of the script. Hooks are each coroutine's own. The body is a protected call, so that
-- none dies of an error: Lua would close its variables, and after an error in a hook without hooks.
-- Where one waits for the host, whoever resumed it waits too: `busy` says so.
local busy = setmetatable({}, { __mode = "k" })
P.busy = busy

local rehook = P.rehook
function P.thread(f)
  local co = raw_create(f)
  if P.hooked then sethook(co, look, "", every) end
  return co
end

local function create(f)
  if type(f) ~= "function" then error("bad argument #1 to 'create' (function expected)", 2) end
  return P.thread(function(...) return DONE, raw_pcall(f, ...) end)
end

local function woken(co, ...)
  busy[co] = nil
  return ...
end

local function resumed(co, ok, first, ...)
  if P.halt then error(HALT, 0) end
  if not ok then return after(false, first) end
  if first == WAIT then
    busy[co] = true
    return resumed(co, raw_resume(co, woken(co, raw_yield(WAIT))))
  end
  if first == DONE then return after(...) end
  return true, first, ...
end

local function resume(co, ...)
  if type(co) ~= "thread" then error("bad argument #1 to 'resume' (coroutine expected)", 2) end
  if busy[co] then return false, "cannot resume non-suspended coroutine" end
  rehook(co)
  return resumed(co, raw_resume(co, ...))
end

local function unwrapped(ok, ...)
  if not ok then error((...), 0) end
  return ...
end

local function wrap(f)
  local co = create(f)
  return function(...) return unwrapped(resume(co, ...)) end
end

local function yield(...)
  local co, main = running()
  if main or busy[co] then error("attempt to yield from outside a coroutine", 2) end
  return raw_yield(...)
end

local function status(co)
  local now = raw_status(co)
  return busy[co] and now == "suspended" and "normal" or now
end

local function close(co)
  if busy[co] then error("cannot close a " .. status(co) .. " coroutine", 2) end
  return after(raw_close(co))
end

P.coroutine = {
  create = create, resume = resume, wrap = wrap, yield = yield, status = status, close = close,
  running = running, isyieldable = coroutine.isyieldable,
}
