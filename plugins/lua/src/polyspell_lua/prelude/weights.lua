-- Where nothing can kill a script (inline, and not trusted), what C may work at for long is weighed:
-- functions whose work grows with what they are given ask the time themselves, and none of them
-- calls another that does not, since hooks run in Lua alone. What a single instruction or call does
-- with one long string is not weighed here: hooks are close together then (see limits.lua).

local P = ...
if not P.careful then return end

local type, select, error, tonumber, mtype, tointeger = type, select, error, tonumber, math.type, math.tointeger
local getmetatable, unpack, concat = debug.getmetatable, table.unpack, table.concat
local charge, date = P.charge, os.date
local G = P.globals
local string, table, math, utf8 = G.string, G.table, G.math, G.utf8

local LITTLE, LONG, SOME, TOGETHER, PIECE = 1000, 1000, 4, 1e8, 10000

-- Results from one position to another, of at most `most`.
local function span(most, first, last)
  local count = most
  if mtype(last) and mtype(first) and last >= first and first > 0 then count = last - first end
  if count > LITTLE then charge(count < most and count or most) end
end
local byte, codepoint = string.byte, utf8.codepoint
function string.byte(s, i, j)
  if j ~= nil and j ~= i and type(s) == "string" and #s > LITTLE then span(#s, i, j) end
  return byte(s, i, j)
end
function utf8.codepoint(s, i, j, lax)
  if j ~= nil and j ~= i and type(s) == "string" and #s > LITTLE then span(#s, i, j) end
  return codepoint(s, i, j, lax)
end
function table.unpack(t, i, j)
  if j == nil and type(t) == "table" then
    j = #t
    if i == nil and mtype(j) and j <= LITTLE then return unpack(t, 1, j) end
  end
  if j ~= i then span(1e6, i or 1, j) end
  return unpack(t, i, j)
end

-- A joined list in pieces: numbers take long to print, and an __index may find texts without end.
local function joined(t, separator, first, last)
  local pieces, n = {}, 0
  for at = first, last, PIECE do
    local stop = last - at < PIECE and last or at + PIECE - 1
    local part = t
    if getmetatable(t) then
      part = {}
      for k = at, stop do part[k] = t[k] end
    end
    n = n + 1
    pieces[n] = concat(part, separator, at, stop)
    charge(5 * PIECE)
  end
  return concat(pieces, separator)
end
local function whole(value) return mtype(value) == "integer" and value or tointeger(tonumber(value)) end
function table.concat(t, separator, i, j)
  if type(t) ~= "table" then return concat(t, separator, i, j) end
  local first, last = i or 1, j
  if last == nil then
    last = #t
    if i == nil and mtype(last) and last <= LITTLE then return concat(t, separator, 1, last) end
  end
  first, last = whole(first), whole(last)
  if not first or not last or last < first then return concat(t, separator, i, j) end
  local count = last - first
  if count < 0 or count >= PIECE then return joined(t, separator, first, last) end
  if count > 100 then charge(5 * count) end
  return concat(t, separator, first, last)
end

-- Functions of many numbers: long texts among them are read before, one by one.
local function of_numbers(f)
  return function(...)
    local count = select("#", ...)
    if count <= SOME then return f(...) end
    charge(count)
    local given = { ... }
    for k = 1, count do
      local value = given[k]
      if type(value) == "string" and #value > LONG then
        charge(#value)
        given[k] = tonumber(value) or value
      end
    end
    return f(unpack(given, 1, count))
  end
end
math.max, math.min = of_numbers(math.max), of_numbers(math.min)
string.char, utf8.char = of_numbers(string.char), of_numbers(utf8.char)

-- Functions that read a format: it is weighed, and so is what goes with it.
local function of_format(f)
  return function(format, ...)
    local size, count = type(format) == "string" and #format or 0, select("#", ...)
    if count > SOME then
      local given, together = { ... }, 0
      for k = 1, count do
        local value = given[k]
        if type(value) == "string" then together = together + #value end
      end
      if together > TOGETHER then error("the arguments are too long together", 2) end
      size = size + together
    end
    if size > LITTLE then charge(4 * size) end
    return f(format, ...)
  end
end
for _, name in next, { "format", "pack", "packsize", "unpack" } do string[name] = of_format(string[name]) end

function G.os.date(format, ...)
  if type(format) == "string" and #format > LONG then error("bad argument #1 to 'date' (format too long)", 2) end
  return date(format, ...)
end
