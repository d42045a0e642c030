-- String: bytes, with UTF-8 read on the fly. Indices are byte offsets from zero.
local R = ...
local core, raise, index, integer = R.core, R.raise, R.index, R.integer
local String, StringS = core.String.M, core.String.S
local type, byte, char, sub, find, concat = type, string.byte, string.char, string.sub, string.find, table.concat
local floor, rep, reverse = math.floor, string.rep, string.reverse
local charge, reserve, F, slice = R.charge, R.reserve, R.F, R.slice

local function text(value, what)
  if type(value) ~= "string" then raise(what .. " must be a string.") end
  return value
end

-- Length in bytes of the code point at a one-based position; nil if it is no valid sequence.
local function sequence_length(s, at)
  local first = byte(s, at)
  if first < 0x80 then return 1 end
  local length = first >= 0xf8 and 0 or first >= 0xf0 and 4 or first >= 0xe0 and 3 or first >= 0xc0 and 2 or 0
  if length == 0 or at + length - 1 > #s then return nil end
  for i = at + 1, at + length - 1 do
    local b = byte(s, i)
    if b < 0x80 or b > 0xbf then return nil end
  end
  return length
end

local function code_point(s, at)
  local length = sequence_length(s, at)
  if not length then return -1 end
  local first = byte(s, at)
  if length == 1 then return first end
  local value = first % 2 ^ (7 - length)
  for i = at + 1, at + length - 1 do value = value * 64 + byte(s, i) % 64 end
  return value
end

local function encode(value)
  if value < 0x80 then return char(value) end
  local tail = ""
  local limit = 0x40
  repeat
    tail = char(0x80 + value % 64) .. tail
    value = floor(value / 64)
    limit = limit / 2
  until value < limit
  return char(256 - limit * 2 + value) .. tail
end

function StringS.fromCodePoint_1(_, value)
  integer(value, "Code point")
  if value < 0 then raise("Code point cannot be negative.") end
  if value > 0x10ffff then raise("Code point cannot be greater than 0x10ffff.") end
  return encode(value)
end
function StringS.fromByte_1(_, value)
  integer(value, "Byte")
  if value < 0 then raise("Byte cannot be negative.") end
  if value > 0xff then raise("Byte cannot be greater than 0xff.") end
  return char(value)
end

local function at(s, i)
  return sub(s, i + 1, i + (sequence_length(s, i + 1) or 1))
end

-- Bytes from..: each valid sequence that starts in the range is taken whole.
local function slice_of(s, range)
  local from, count, step = R.slice_of(range, #s)
  if count == 0 then return "" end
  if step == 0 then step = 1 end
  charge(count / 16)
  local low = step > 0 and from or from - count + 1
  local part = sub(s, low + 1, low + count)
  if not find(part, "[\128-\255]") then
    return step > 0 and part or reverse(part)
  end
  local pieces, n = {}, 0
  for i = from, from + (count - 1) * step, step do
    local length = sequence_length(s, i + 1)
    F[1] = F[1] - 2
    if F[1] < 0 then slice() end
    if length then
      n = n + 1
      pieces[n] = sub(s, i + 1, i + length)
    end
  end
  return concat(pieces)
end

function String._get1(s, key)
  if type(key) == "number" then return at(s, index(key, #s, "Subscript")) end
  if type(key) ~= "table" or getmetatable(key) ~= R.RangeM then
    raise("Subscript must be a number or a range.")
  end
  return slice_of(s, key)
end

-- Search. Lua's own is quadratic at worst, so long needles are sought by Knuth, Morris and Pratt.
local function search_long(s, needle, from)
  local size = #needle
  local back, k = { 0 }, 0
  for i = 2, size do
    local b = byte(needle, i)
    while k > 0 and byte(needle, k + 1) ~= b do k = back[k] end
    if byte(needle, k + 1) == b then k = k + 1 end
    back[i] = k
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
  end
  k = 0
  for i = from, #s do
    local b = byte(s, i)
    while k > 0 and byte(needle, k + 1) ~= b do k = back[k] end
    if byte(needle, k + 1) == b then k = k + 1 end
    if k == size then return i - size + 1 end
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
  end
end

local function seek(s, needle, from)
  local length = #s - from
  if #needle > 8 and length * #needle > 100000 then return search_long(s, needle, from) end
  if length > 256 then charge(length / 32) end
  return (find(s, needle, from, true))
end
R.seek = seek

function String.contains_1(s, other) return seek(s, text(other, "Argument"), 1) ~= nil end
function String.indexOf_1(s, other) return (seek(s, text(other, "Argument"), 1) or 0) - 1 end
function String.indexOf_2(s, other, start)
  text(other, "Argument")
  return (seek(s, other, index(start, #s, "Start") + 1) or 0) - 1
end
function String.startsWith_1(s, other)
  charge(#text(other, "Argument") / 32)
  return sub(s, 1, #other) == other
end
function String.endsWith_1(s, other)
  charge(#text(other, "Argument") / 32)
  return other == "" or #other <= #s and sub(s, -#other) == other
end

function String.byteAt__1(s, i) return byte(s, index(i, #s, "Index") + 1) end
function String.byteCount__g(s) return #s end
function String.codePointAt__1(s, i)
  i = index(i, #s, "Index") + 1
  local b = byte(s, i)
  if b >= 0x80 and b < 0xc0 then return -1 end
  return code_point(s, i)
end

-- Iteration: iterators are byte offsets.
local function string_next(s, i)
  local size = #s
  if i == nil then
    if size == 0 then return nil end
    return 0, at(s, 0)
  end
  while true do
    i = i + 1
    if i >= size then return nil end
    local b = byte(s, i + 1)
    if b < 0x80 or b > 0xbf then return i, at(s, i) end
    F[1] = F[1] - 1 -- a string may be nothing but such bytes
    if F[1] < 0 then slice() end
  end
end
R.string_next = string_next

local function step(s, iterator, advance)
  if iterator == nil then return #s > 0 and 0 or false end
  integer(iterator, "Iterator")
  if iterator < 0 then return false end
  return advance(s, iterator) or false
end
function String.iterate_1(s, iterator) return step(s, iterator, string_next) end
function String.iterateByte__1(s, iterator)
  return step(s, iterator, function(_, i) return i + 1 < #s and i + 1 end)
end
function String.iteratorValue_1(s, iterator) return at(s, index(iterator, #s, "Iterator")) end
function String.count_g(s)
  charge(#s / 16)
  if not find(s, "[\128-\255]") then return #s end
  local n = 0
  for _ in string_next, s, nil do
    n = n + 1
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
  end
  return n
end
function String.isEmpty_g(s) return s == "" end

local function filled(value, what)
  if type(value) ~= "string" or value == "" then raise(what .. " must be a non-empty string.") end
end

function String.split_1(s, delimiter)
  filled(delimiter, "Delimiter")
  local result, n, last = {}, 0, 1
  while last <= #s do
    local found = seek(s, delimiter, last)
    if not found then break end
    n = n + 1
    result[n] = sub(s, last, found - 1)
    last = found + #delimiter
    charge(2)
  end
  result[n + 1] = sub(s, last)
  result[0] = n + 1
  return R.list(result)
end

function String.replace_2(s, from, to)
  filled(from, "From")
  if type(to) ~= "string" then raise("To must be a string.") end
  local pieces, n, last, size = {}, 0, 1, #s
  while last <= #s do
    local found = seek(s, from, last)
    if not found then break end
    pieces[n + 1] = sub(s, last, found - 1)
    pieces[n + 2] = to
    n = n + 2
    size = size + #to
    last = found + #from
    charge(2 + #to / 32)
  end
  if n == 0 then return s end
  reserve(size)
  pieces[n + 1] = sub(s, last)
  return concat(pieces)
end

-- Trimming works on code points.
local function trim(s, chars, at_start, at_end)
  if type(chars) ~= "string" then raise("Characters must be a string.") end
  charge(#chars / 8)
  local set = {}
  for i in string_next, chars, nil do set[code_point(chars, i + 1)] = true end
  local first, last = 1, #s
  if at_start then
    while first <= last and set[code_point(s, first)] do
      first = first + (sequence_length(s, first) or 1)
      F[1] = F[1] - 1
      if F[1] < 0 then slice() end
    end
  end
  if at_end then
    while last >= first do
      local start = last
      while start > first and byte(s, start) >= 0x80 and byte(s, start) < 0xc0 do
        start = start - 1
        F[1] = F[1] - 1
        if F[1] < 0 then slice() end
      end
      if not set[code_point(s, start)] then break end
      last = start - 1
      F[1] = F[1] - 1
      if F[1] < 0 then slice() end
    end
  end
  charge((last - first) / 32)
  return sub(s, first, last)
end
R.trim = trim
local SPACE = "\t\r\n "
function String.trim_0(s) return trim(s, SPACE, true, true) end
function String.trim_1(s, chars) return trim(s, chars, true, true) end
function String.trimStart_0(s) return trim(s, SPACE, true, false) end
function String.trimStart_1(s, chars) return trim(s, chars, true, false) end
function String.trimEnd_0(s) return trim(s, SPACE, false, true) end
function String.trimEnd_1(s, chars) return trim(s, chars, false, true) end

function R.repeat_count(count)
  if type(count) ~= "number" or not count:isInteger_g() or count < 0 then
    raise("Count must be a non-negative integer.")
  end
  return count
end
function String._mul(s, count)
  R.repeat_count(count)
  if #s * count > 2 ^ 31 - 64 then R.limit("memory") end
  reserve(#s * count)
  return rep(s, count)
end

-- Sequences of a string's bytes and code points.
local function view(name, count, get, next_key)
  local M, S = R.define(name, core.Sequence)
  function S.new_1(_, s) return setmetatable({ s }, M) end
  function M.new_1_i(self, s) self[1] = s end
  M._get1 = function(self, i) return get(self[1], i) end
  M.iterate_1 = function(self, iterator) return self[1][next_key](self[1], iterator) end
  M.iteratorValue_1 = M._get1
  M.count_g = function(self) return count(self[1]) end
  return M
end
local Bytes = view("StringByteSequence", String.byteCount__g, String.byteAt__1, "iterateByte__1")
local Points = view("StringCodePointSequence", String.count_g, String.codePointAt__1, "iterate_1")
function String.bytes_g(s) return setmetatable({ s }, Bytes) end
function String.codePoints_g(s) return setmetatable({ s }, Points) end
