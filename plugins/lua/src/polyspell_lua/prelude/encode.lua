-- Values to MessagePack, in which they cross to Python. Extensions: 1 a function, 2 a handle, 3 a
-- record, their content MessagePack again. Reads are raw, so that no code of the script runs here.

local P = ...
local pack, concat, format, utf8len, mtype = string.pack, table.concat, string.format, utf8.len, math.type
local next, type, rawget, tostring, getmetatable = next, type, rawget, tostring, debug.getmetatable
local error, pcall, select = error, pcall, select
local List, Object, Bytes, Error, Holed = P.List, P.Object, P.Bytes, P.Error, P.Holed
local nulls, handle_id, handle_type, records = P.nulls, P.handle_id, P.handle_type, P.records

local MAX_DEPTH, MAX_PIECES = 64, 16000000
local BIG_BUFFER = 512
local MOST_TABLES = P.most_tables or math.huge -- one that is packed in a byte is an object over there

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
local buf, strict, tables = {}, false, 0
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
  if n > MAX_PIECES or count > MAX_PIECES then refuse(0, "is too large to cross") end
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
  local empty = P.some_nulls and nulls[t]
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
  buf[n + 1] = pack(">BBbBj", 0xc7, 9, 1, 0xd3, P.number_of(fn))
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
  tables = tables + 1
  if tables > MOST_TABLES then P.stop("memory") end
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

function P.encode(v)
  tables = 0
  return finished(encode(v, 0, 0))
end

-- Arguments as one list.
function P.encode_all(count, ...)
  tables = 0
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
