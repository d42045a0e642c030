-- MessagePack to values: see encode.lua.

local P = ...
local byte, sub, unpack, setmetatable, error = string.byte, string.sub, string.unpack, setmetatable, error
local List, Holed, Bytes, nulls = P.List, P.Holed, P.Bytes, P.nulls

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
    P.some_nulls = true
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
    return P.functions[id] or error(P.failure("not_found", "There is no such function any more."), 0)
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
