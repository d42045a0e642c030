-- The library as scripts get it, without what leads out of the sandbox or never returns.

local P, host = ...
local error, type, select, tostring, load, concat = error, type, select, tostring, load, table.concat
local getmetatable, set_any, setmetatable = debug.getmetatable, debug.setmetatable, setmetatable
local getinfo, gsub = debug.getinfo, string.gsub
local rawget, rawlen, mtype, pack = rawget, rawlen, math.type, table.pack
local insert, remove, move, sort = table.insert, table.remove, table.move, table.sort

-- Finalisers run without hooks: scripts have none. Marks of ours may be replaced, not read.
local function safe_setmetatable(t, mt)
  if type(mt) == "table" and rawget(mt, "__gc") ~= nil then
    error("__gc is not available in spells: use a to-be-closed variable", 2)
  end
  local mark = type(t) == "table" and getmetatable(t)
  if mark and (mark == P.List or mark == P.Object or mark == P.Holed) then
    setmetatable({}, mt) -- for its errors
    return set_any(t, mt)
  end
  return setmetatable(t, mt)
end

-- Text only (bytecode can crash Lua), of a size that compiles in no time, in the script's globals.
local MAX_CHUNK = P.careful and 256 * 1024 or 4 * 2 ^ 20
P.shorts = {} -- as errors show a source: the source
local MOST_JUMPS, CHAINS = 16000, { "%f[%w_]or%f[^%w_]", "%f[%w_]and%f[^%w_]" }
-- Lua follows a chain of `and` and `or` from its begin at each of its links.
local function is_chain(text)
  local count = 0
  for _, word in ipairs(CHAINS) do count = count + select(2, gsub(text, word, "")) end
  return count > MOST_JUMPS
end
function P.load(text, name, env)
  if #text > MAX_CHUNK then return nil, "a chunk has at most " .. MAX_CHUNK // 1024 .. " KiB" end
  if P.careful and #text > 4 * MOST_JUMPS then
    if is_chain(text) then return nil, "a chunk has at most " .. MOST_JUMPS .. " times 'and' or 'or'" end
    P.charge(20 * #text)
  end
  local f, e = load(text, name, "t", env)
  local source = f and getinfo(f, "S")
  if f and source.source ~= "=?" then -- as our own code is called
    P.sources[source.source], P.shorts[source.short_src] = true, source.source
  end
  return f, e
end
local function chunk_text(chunk)
  if type(chunk) ~= "function" then return chunk end
  local pieces, n, size = {}, 0, 0
  while size <= MAX_CHUNK do -- here: in C a reader that never ends would be out of reach
    local piece = chunk()
    if piece == nil or piece == "" then break end
    if type(piece) ~= "string" then error("reader function must return a string", 3) end
    n, size = n + 1, size + #piece
    pieces[n] = piece
  end
  return concat(pieces)
end
local function safe_load(chunk, name, mode, ...)
  local text = chunk_text(chunk)
  if type(text) ~= "string" then error("bad argument #1 to 'load' (string expected)", 2) end
  local env = P.globals
  if select("#", ...) > 0 then env = ... end
  return P.load(text, type(name) == "string" and name or "=(load)", env)
end

-- With a __len of the script's, C would loop over lengths that are not there: then Lua does it.
local function own_length(t)
  local mt = getmetatable(t)
  return type(t) ~= "table" or (mt and rawget(mt, "__len") ~= nil)
end

local function shorten(t)
  if getmetatable(t) == P.Holed then P.nulls[t] = P.nulls[t] - 1 end
end

local function safe_insert(t, ...)
  if not own_length(t) then return insert(t, ...) end
  local count, at, value = select("#", ...), ...
  local size = #t + 1
  if count == 1 then
    at, value = size, at
  elseif count ~= 2 then
    error("wrong number of arguments to 'insert'", 2)
  elseif mtype(at) ~= "integer" or at < 1 or at > size then
    error("bad argument #2 to 'insert' (position out of bounds)", 2)
  end
  for i = size, at + 1, -1 do t[i] = t[i - 1] end
  t[at] = value
end

local function safe_remove(t, ...)
  if not own_length(t) then return remove(t, ...) end
  local size = #t
  local at = select("#", ...) > 0 and (...) or size
  if size + 1 == at then return t[at] end
  if mtype(at) ~= "integer" or (at < 1 or at > size) and not (size == 0 and at == 0) then
    error("bad argument #2 to 'remove' (position out of bounds)", 2)
  end
  local value = t[at]
  for i = at, size - 1 do t[i] = t[i + 1] end
  t[size] = nil
  if size > 0 then shorten(t) end
  return value
end

local function safe_move(from, first, last, at, to)
  if mtype(first) ~= "integer" or mtype(last) ~= "integer" or mtype(at) ~= "integer"
    or last - first < 10000 then
    return move(from, first, last, at, to)
  end
  to = to or from
  if at > last or at <= first or to ~= from then
    for i = 0, last - first do to[at + i] = from[first + i] end
  else
    for i = last - first, 0, -1 do to[at + i] = from[first + i] end
  end
  return to
end

-- Whether C may sort: where no element can take long to compare.
local function light(t, count)
  local size = 0
  for i = 1, count do
    local value = t[i]
    if type(value) == "string" then
      size = size + #value
    elseif type(value) ~= "number" then
      return false
    end
  end
  return size < 1e6
end

local function safe_sort(t, less)
  if own_length(t) then
    if type(t) ~= "table" then error("bad argument #1 to 'sort' (table expected)", 2) end
    if #t > rawlen(t) then error("a list with holes cannot be sorted", 2) end
  end
  local count = rawlen(t)
  if type(less) ~= "function" then
    if less ~= nil or count < 10000 and (not P.careful or light(t, count)) then return sort(t, less) end
    return sort(t, function(a, b) return a < b end) -- hooks run in Lua functions
  end
  if count < 10000 and getinfo(less, "S").what ~= "C" then return sort(t, less) end
  return sort(t, function(a, b) return less(a, b) end)
end

local function write(stream, text)
  if host.output(stream, text) then P.stop("output") end
end
P.write = write

local function print(...)
  local line = pack(...)
  for i = 1, line.n do line[i] = tostring(line[i]) end
  write("stdout", concat(line, "\t", 1, line.n) .. "\n")
end

local function writer(stream, from)
  return function(...)
    for i = from, select("#", ...) do
      local piece = select(i, ...)
      if type(piece) ~= "string" and type(piece) ~= "number" then
        error("bad argument #" .. i .. " to 'write' (string expected)", 2)
      end
      write(stream, tostring(piece))
    end
  end
end

local function copy(library, changes)
  local t = {}
  for name, value in next, library do t[name] = value end
  for name, value in next, changes or {} do t[name] = value end
  return t
end

local strings = copy(string, P.strings)
strings.dump = nil
local meta = getmetatable("")
meta.__index, meta.__metatable = strings, false

local G = {
  _VERSION = _VERSION, assert = assert, error = error, getmetatable = _G.getmetatable,
  ipairs = ipairs, load = safe_load, next = next, pairs = pairs, pcall = P.pcall, print = print,
  rawequal = rawequal, rawget = rawget, rawlen = rawlen, rawset = rawset, select = select,
  setmetatable = safe_setmetatable, tonumber = tonumber, tostring = tostring, type = type,
  xpcall = P.xpcall, coroutine = P.coroutine, math = copy(math), utf8 = copy(utf8), string = strings,
  table = copy(table, { insert = safe_insert, remove = safe_remove, move = safe_move, sort = safe_sort }),
  os = { time = os.time, clock = os.clock, date = os.date, difftime = os.difftime },
  io = { write = writer("stdout", 1), stderr = { write = writer("stderr", 2) } },
}
G._G = G
if P.trusted then
  G.os, G.io, G.debug, G.collectgarbage = os, copy(io, G.io), debug, collectgarbage
end
P.globals = G
