-- The module `polyspell` as Lua sees it, made from the declaration: modules of functions, handles
-- with methods, records. Nothing here knows what any of them is for.

local P, host = ...
local type, select, error, rawget, rawset, next = type, select, error, rawget, rawset, next
local setmetatable, set_any, getinfo, isyieldable = setmetatable, debug.setmetatable, debug.getinfo, coroutine.isyieldable
local handle_id, handle_type, handles, futures = P.handle_id, P.handle_type, P.handles, P.futures
local call, concat, sub, lower = P.call, table.concat, string.sub, string.lower

-- How a function is declared: bits.
local WAITS, PROPERTY, STREAM, BATCHED = 1, 2, 4, 8

local api = P.decode(host.api)
local function table_of(group, name)
  local packed = group[name]
  return packed and P.decode(packed.data)
end

-- Streams come with what a `for` needs to close them when it is left. Where such a result is
-- handed on as the last argument, only the stream itself is meant.
local function is_stream(a, b, c, d) return a ~= nil and rawequal(a, d) and b == nil and c == nil and handle_id[a] ~= nil end
P.is_stream = is_stream
local function spread(h) return h, nil, nil, h end
local function counted(...)
  local count = select("#", ...)
  if count >= 4 and is_stream(select(count - 3, ...)) then return count - 3 end
  return count
end

-- Whether a call waits; nil for what even a batch wants at once.
local function waiting(flags)
  if flags & BATCHED ~= 0 then return flags & WAITS ~= 0 end
end

local function function_of(module, name, flags)
  local waits = waiting(flags)
  if flags & STREAM ~= 0 then
    return function(...) return spread(call(module, nil, name, waits, counted(...), ...)) end
  end
  return function(...) return call(module, nil, name, waits, counted(...), ...) end
end

-- Handles

local closed = setmetatable({}, { __mode = "k" })
local metatables = {}
P.gone = {}

local function method_of(kind, name, flags)
  local waits, stream = waiting(flags), flags & STREAM ~= 0
  return function(self, ...)
    local id = handle_id[self]
    if not id then error("call it with a colon, as in " .. lower(kind) .. ":" .. name .. "(...)", 2) end
    if name == "close" then closed[self] = true end
    if stream then return spread(call(id, kind, name, waits, counted(...), ...)) end
    return call(id, kind, name, waits, counted(...), ...)
  end
end

local function closer(kind, flags)
  return function(self)
    if not flags or closed[self] then return end
    closed[self] = true
    if flags & WAITS ~= 0 and not isyieldable() then return P.send(handle_id[self], kind, "close") end
    call(handle_id[self], kind, "close", waiting(flags), 0)
  end
end

local function iterator(kind, name, flags)
  return function(self)
    local item = call(handle_id[self], kind, name, waiting(flags), 0)
    if futures[item] then item = item:wait() end
    if P.nulls[item] then error("the stream gave nothing as an item, at which a for would end", 2) end
    return item[1]
  end
end

local function metatable(kind)
  local declared = table_of(api.handles, kind) or {}
  local iterates, calls, built = declared["for"], declared["()"], {}
  declared["for"], declared["()"] = nil, nil
  local mt = { __metatable = false, __name = kind }
  function mt.__index(self, key)
    if built[key] then return built[key] end
    local flags = declared[key]
    if not flags then return nil end
    if flags & PROPERTY ~= 0 then return call(handle_id[self], kind, key, nil, 0) end
    built[key] = method_of(kind, key, flags)
    return built[key]
  end
  function mt.__newindex() error("a " .. kind .. " belongs to the host: its fields cannot be set", 2) end
  function mt.__gc(self)
    local id = handle_id[self]
    if P.closing or handles[id] then return end
    P.gone[id] = true
    host.drop(id)
  end
  mt.__close = closer(kind, declared.close)
  if iterates then
    mt.__call = iterator(kind, iterates, declared[iterates] or 0)
  elseif calls then
    mt.__call = method_of(kind, calls, declared[calls] or 0)
  end
  metatables[kind] = mt
  return mt
end

function P.handle(id, kind)
  local known = handles[id]
  if known then return known end
  if P.gone[id] then
    P.gone[id] = nil
    host.keep(id)
  end
  local h = setmetatable({}, metatables[kind] or metatable(kind))
  handle_id[h], handle_type[h], handles[id] = id, kind, h
  return h
end

local record_marks = {}
function P.record(name)
  local mark = record_marks[name]
  if not mark then
    mark = { __metatable = false, __name = name }
    record_marks[name], P.records[mark] = mark, name
  end
  return mark
end

-- Marks

local function marked(t, mark)
  if type(t) ~= "table" then error("bad argument #1 (table expected, got " .. type(t) .. ")", 3) end
  local now = P.mark(t)
  if now and now ~= P.List and now ~= P.Object and now ~= P.Holed then
    error("the table has a metatable of its own", 3)
  end
  return set_any(t, mark)
end

function P.list(t, count)
  t = t or {}
  if count then
    for i = 1, count do
      if rawget(t, i) == nil then
        P.nulls[t] = count
        return marked(t, P.Holed)
      end
    end
  end
  return marked(t, P.List)
end

local Bytes = P.Bytes
local function bytes(data)
  if P.mark(data) == Bytes then return data end
  if type(data) ~= "string" then error("bad argument #1 to 'bytes' (string expected)", 2) end
  return setmetatable({ data = data }, Bytes)
end
local function data_of(value) return P.mark(value) == Bytes and rawget(value, "data") or value end
function Bytes.__len(b) return #data_of(b) end
function Bytes.__tostring(b) return data_of(b) end
function Bytes.__eq(a, b) return rawequal(P.mark(a), P.mark(b)) and data_of(a) == data_of(b) end
function Bytes.__concat(a, b) return bytes(data_of(a) .. data_of(b)) end

-- JSON, by the host's codec

local function converted(answer)
  if not answer then P.raise_last() end
  if P.limited then host.lower() end
  return answer
end
local json = {}
function json.encode(value)
  return converted(host.json_encode(P.encode_strict(value)))
end
function json.decode(text)
  if type(text) ~= "string" then error("bad argument #1 to 'decode' (string expected)", 2) end
  return P.decode(converted(host.json_decode(text)))
end

-- The module itself

local ps = {
  async = P.async, all = P.all, batch = P.batch, list = P.list, bytes = bytes,
  object = function(t) return marked(t or {}, P.Object) end,
  json = json,
}
for name, value in next, P.decode(host.values) do ps[name] = value end
P.ps = ps

local root = table_of(api.modules, "") or {}
setmetatable(ps, {
  __metatable = false,
  __name = "polyspell",
  __index = function(_, name)
    local declared = name ~= "" and table_of(api.modules, name)
    local built
    if declared then
      built = {}
      for inner, flags in next, declared do built[inner] = function_of(name, inner, flags) end
    elseif root[name] then
      built = function_of("", name, root[name])
    end
    if built then rawset(ps, name, built) end
    return built
  end,
})

function P.globals.warn(...)
  local text = concat({ ... })
  if sub(text, 1, 1) == "@" then return end
  if api.modules.log then return ps.log.warn(text) end
  P.write("stderr", text .. "\n")
end
