-- Values as MessagePack, both ways: the only thing that crosses to Python is a string.
-- Extensions: 1 a function, 2 a handle, 3 a record (as polyspell.scripting.values has them).
-- Reads and writes are raw, so that no code of the script runs here.

local P = ...
local byte, sub, pack, unpack = string.byte, string.sub, string.pack, string.unpack
local concat, next, type, rawget, rawlen = table.concat, next, type, rawget, rawlen
local mtype, utf8len, format = math.type, utf8.len, string.format
local getmetatable, setmetatable = debug.getmetatable, debug.setmetatable

local MAX_DEPTH, MAX_PIECES = 64, 16000000
local BIG_BUFFER = 512

-- Marks: what a table is. `holes` says which keys of a table are there and nothing.
local List = { __metatable = false, __name = "list" }
local Object = { __metatable = false, __name = "object" }
local Bytes = { __metatable = false, __name = "bytes" }
local Error = { __metatable = false, __name = "error" }
local nulls = setmetatable({}, { __mode = "k" }) -- dict: set of keys; list with holes: its length
local some_nulls = false
local Holed = { __metatable = false, __name = "list" }
Holed.__len = function(list) return nulls[list] or rawlen(list) end
Holed.__newindex = function(list, key, value)
  if mtype(key) == "integer" and key > nulls[list] then nulls[list] = key end
  rawset(list, key, value)
end
P.List, P.Object, P.Bytes, P.Error, P.Holed, P.nulls = List, Object, Bytes, Error, Holed, nulls

-- Functions of the script that the host knows, by number; the same function keeps its number.
local functions, numbers, last = {}, {}, 0
P.functions = functions
function P.release(id)
  local fn = functions[id]
  if fn then functions[id], numbers[fn] = nil, nil end
end

-- Handles of the host by number, while the script holds them. Their identity is kept aside, so
-- that a script cannot make one up.
local handle_id = setmetatable({}, { __mode = "k" })
local handle_type = setmetatable({}, { __mode = "k" })
local handles = setmetatable({}, { __mode = "v" })
P.handle_id, P.handle_type, P.handles = handle_id, handle_type, handles
local records = {} -- metatable of a record: its type's name
P.records = records

-- An error as scripts see it: a table that reads as its message.
Error.__tostring = function(e) return tostring(rawget(e, "message")) end
function P.failure(code, message, hint)
  return setmetatable({ code = code, message = message, hint = hint }, Error)
end

local path = {}
local function where(depth)
  local text = ""
  for i = 1, depth do
    local key = path[i]
    if type(key) == "number" then
      text = text .. "[" .. (key - 1) .. "]"
    else
      text = text == "" and key or (text .. "." .. key)
    end
  end
  return text
end

local function refuse(depth, reason, hint)
  local place = where(depth)
  local e = P.failure("invalid", (place == "" and "The value" or place) .. " " .. reason .. ".", hint)
  e.context = { path = place }
  error(e, 0)
end

local BYTES_HINT = "Wrap what is not text: require('polyspell').bytes(...)."
local buf, strict = {}, false
local encode

local fixstr = {}
for i = 0, 31 do fixstr[i] = pack("B", 0xa0 + i) end

local function header(count, short, limit, long)
  if count < limit then return pack("B", short + count) end
  return pack(">BI4", long, count)
end

local function text(s, n, depth)
  if strict and not utf8len(s) then refuse(depth, "is a string that is not UTF-8", BYTES_HINT) end
  local size = #s
  buf[n + 1] = fixstr[size] or pack(">BI4", 0xdb, size)
  buf[n + 2] = s
  return n + 2
end

local function list(t, n, depth, count)
  n = n + 1
  if n > MAX_PIECES then refuse(0, "is too large to cross") end
  buf[n] = header(count, 0x90, 16, 0xdd)
  depth = depth + 1
  for i = 1, count do
    path[depth] = i
    n = encode(rawget(t, i), n, depth)
  end
  return n
end

local function only_names(key, depth)
  local shown = type(key) == "string" and format("%q", key) or tostring(key)
  if type(key) == "table" or type(key) == "userdata" then shown = "of type " .. type(key) end
  refuse(depth, "has the key " .. shown .. ", and only strings can be keys")
end

-- How many items a table without names has, and the last position. At least `most`.
local function positions(t, depth, most)
  local count = 0
  for key in next, t do
    if type(key) == "string" then
      refuse(depth, format("has the name %q beside positions", key), "Make it either a list or names.")
    end
    if mtype(key) ~= "integer" or key < 1 then only_names(key, depth) end
    count = count + 1
    if key > most then most = key end
  end
  return count, most
end

-- Holes in a table that nothing marks are nothing, if they are few.
local function length(t, depth)
  local count, most = positions(t, depth, 0)
  if most > 2 * count then
    refuse(depth, "has " .. count .. " items and the position " .. most .. ": neither list nor names",
      "Make the keys strings, or the list whole.")
  end
  return most
end

local function dict(t, n, depth, key, value)
  local at, count = n + 1, 0
  n = at
  if n > MAX_PIECES then refuse(0, "is too large to cross") end
  local inner = depth + 1
  while key ~= nil do
    if type(key) ~= "string" then only_names(key, depth) end
    path[inner] = key
    local short = not strict and fixstr[#key]
    if short then -- as most names are
      buf[n + 1], buf[n + 2] = short, key
      n = n + 2
    else
      n = text(key, n, depth)
    end
    short = not strict and type(value) == "string" and fixstr[#value]
    if short then
      buf[n + 1], buf[n + 2] = short, value
      n = n + 2
    else
      n = encode(value, n, inner)
    end
    count = count + 1
    key, value = next(t, key)
  end
  local empty = some_nulls and nulls[t]
  if empty then
    for name in next, empty do
      if rawget(t, name) == nil then
        n = text(name, n, depth) + 1
        buf[n] = "\xc0"
        count = count + 1
      end
    end
  end
  buf[at] = header(count, 0x80, 16, 0xdf)
  return n
end

local function function_ref(fn, n)
  local id = numbers[fn]
  if not id then
    last = last + 1
    id = last
    functions[id], numbers[fn] = fn, id
  end
  buf[n + 1] = pack(">BBbBj", 0xc7, 9, 1, 0xd3, id)
  return n + 1
end

local function extension(code, n, from)
  local content = concat(buf, "", from, n)
  buf[from] = pack(">BI4b", 0xc9, #content, code)
  buf[from + 1] = content
  return from + 1
end

local special = {
  [List] = function(t, n, depth)
    return list(t, n, depth, length(t, depth))
  end,
  [Holed] = function(t, n, depth)
    local _, most = positions(t, depth, nulls[t])
    return list(t, n, depth, most)
  end,
  [Object] = function(t, n, depth) return dict(t, n, depth, next(t)) end,
  [Error] = function(t, n, depth) return dict(t, n, depth, next(t)) end,
  [Bytes] = function(t, n, depth)
    local data = rawget(t, "data")
    if type(data) ~= "string" then refuse(depth, "is bytes without data") end
    buf[n + 1] = pack(">BI4", 0xc6, #data)
    buf[n + 2] = data
    return n + 2
  end,
}

P.special, P.refuse = special, refuse

local function handle(t, n)
  buf[n + 1] = pack(">BBj", 0x92, 0xd3, handle_id[t])
  return extension(2, text(handle_type[t], n + 1, 0), n + 1)
end

local function record(t, n, depth, name)
  buf[n + 1] = "\x92"
  return extension(3, dict(t, text(name, n + 1, depth), depth, next(t)), n + 1)
end

local function tabular(t, n, depth)
  local mark = getmetatable(t)
  if mark ~= nil and handle_id[t] then return handle(t, n) end
  if depth >= MAX_DEPTH then
    refuse(depth, "is nested deeper than " .. MAX_DEPTH .. " levels, or contains itself")
  end
  if mark ~= nil then
    if special[mark] then return special[mark](t, n, depth) end
    if records[mark] then return record(t, n, depth, records[mark]) end
  end
  local key, value = next(t)
  if type(key) == "number" then return list(t, n, depth, length(t, depth)) end
  return dict(t, n, depth, key, value)
end

function encode(v, n, depth)
  local kind = type(v)
  if kind == "string" then
    return text(v, n, depth)
  elseif kind == "number" then
    if mtype(v) == "integer" then
      buf[n + 1] = v >= -32 and v < 128 and pack("b", v) or pack(">Bj", 0xd3, v)
    else
      buf[n + 1] = pack(">Bd", 0xcb, v)
    end
  elseif kind == "table" then
    return tabular(v, n, depth)
  elseif kind == "boolean" then
    buf[n + 1] = v and "\xc3" or "\xc2"
  elseif kind == "nil" then
    buf[n + 1] = "\xc0"
  elseif kind == "function" then
    return function_ref(v, n)
  else
    refuse(depth, "is a " .. kind .. ", which cannot cross between host and script")
  end
  return n + 1
end

local function finished(n)
  local whole = concat(buf, "", 1, n)
  if n > BIG_BUFFER then buf = {} end
  return whole
end

function P.encode(v) return finished(encode(v, 0, 0)) end

-- Arguments as one list.
function P.encode_all(count, ...)
  buf[1] = header(count, 0x90, 16, 0xdd)
  local n = 1
  if count == 1 then return finished(encode((...), 1, 0)) end
  local all = { ... }
  for i = 1, count do n = encode(all[i], n, 0) end
  return finished(n)
end

-- The same, but it raises an error for a string that is no text, which tells where it is.
function P.encode_strict(v)
  strict = true
  local ok, result = pcall(P.encode, v)
  strict = false
  if not ok then error(result, 0) end
  return result
end
function P.find_bad_text(count, ...)
  for i = 1, count do P.encode_strict((select(i, ...))) end
  error(P.failure("invalid", "A value cannot cross between host and script."), 0)
end

local decode

local function items(s, i, count)
  local t, holes = {}, false
  for k = 1, count do
    t[k], i = decode(s, i)
    if t[k] == nil then holes = true end
  end
  if not holes then return setmetatable(t, List), i end
  nulls[t] = count
  return setmetatable(t, Holed), i
end

local function pairs_(s, i, count)
  local t, empty = {}, nil
  for _ = 1, count do
    local key, value
    local size = byte(s, i) - 0xa0
    if size >= 0 and size < 32 then -- a short name, as most are
      key = sub(s, i + 1, i + size)
      i = i + size + 1
    else
      key, i = decode(s, i)
    end
    value, i = decode(s, i)
    if value == nil then
      empty = empty or {}
      empty[key] = true
    else
      t[key] = value
    end
  end
  if empty then
    nulls[t] = empty
    some_nulls = true
  end
  return t, i
end

local function string_(s, i, size) return sub(s, i, i + size - 1), i + size end
local function binary(s, i, size)
  return setmetatable({ data = sub(s, i, i + size - 1) }, Bytes), i + size
end

local extensions = {
  function(s, i)
    local id = decode(s, i)
    return functions[id] or error(P.failure("not_found", "There is no such function any more."), 0)
  end,
  function(s, i)
    local id, name
    id, i = decode(s, i + 1)
    name = decode(s, i)
    return P.handle(id, name)
  end,
  function(s, i)
    local name, fields
    name, i = decode(s, i + 1)
    fields = decode(s, i)
    return setmetatable(fields, P.record(name))
  end,
}
local function ext(s, i, size)
  local code = byte(s, i)
  return extensions[code](s, i + 1), i + 1 + size
end

local function sized(form, step, read)
  return function(s, i) return read(s, i + step, (unpack(form, s, i))) end
end
local function scalar(form)
  return function(s, i) return unpack(form, s, i) end
end
local by_code = {
  [0xc0] = function(_, i) return nil, i end,
  [0xc2] = function(_, i) return false, i end,
  [0xc3] = function(_, i) return true, i end,
  [0xc4] = sized("B", 1, binary), [0xc5] = sized(">I2", 2, binary), [0xc6] = sized(">I4", 4, binary),
  [0xc7] = sized("B", 1, ext), [0xc8] = sized(">I2", 2, ext), [0xc9] = sized(">I4", 4, ext),
  [0xca] = scalar(">f"), [0xcb] = scalar(">d"),
  [0xcc] = scalar("B"), [0xcd] = scalar(">I2"), [0xce] = scalar(">I4"), [0xcf] = scalar(">j"),
  [0xd0] = scalar("b"), [0xd1] = scalar(">i2"), [0xd2] = scalar(">i4"), [0xd3] = scalar(">j"),
  [0xd9] = sized("B", 1, string_), [0xda] = sized(">I2", 2, string_), [0xdb] = sized(">I4", 4, string_),
  [0xdc] = sized(">I2", 2, items), [0xdd] = sized(">I4", 4, items),
  [0xde] = sized(">I2", 2, pairs_), [0xdf] = sized(">I4", 4, pairs_),
}
for i = 0, 4 do
  by_code[0xd4 + i] = function(s, at) return ext(s, at, 1 << i) end
end

function decode(s, i)
  local b = byte(s, i)
  if b < 0x80 then return b, i + 1 end
  if b < 0x90 then return pairs_(s, i + 1, b & 15) end
  if b < 0xa0 then return items(s, i + 1, b & 15) end
  if b < 0xc0 then return string_(s, i + 1, b & 31) end
  if b >= 0xe0 then return b - 256, i + 1 end
  return by_code[b](s, i + 1)
end

function P.decode(s) return (decode(s, 1)) end
