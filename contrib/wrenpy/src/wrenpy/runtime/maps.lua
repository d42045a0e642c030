-- Map: [1] slot of each key, [2] keys and [3] values by slot, [4] count, [5] last slot used.
-- Slots keep the order of insertion. Removal leaves a hole, and `false` as the key's slot: where Lua's
-- table is full, a key that goes and one that comes would make it new each time. Insertion closes
-- the holes when many.
local R = ...
local core, raise = R.core, R.raise
local Map, MapS = core.Map.M, core.Map.S
local type, getmetatable, setmetatable = type, getmetatable, setmetatable
local charge, F, slice = R.charge, R.F, R.slice
local NULL, NAN = R.NULL, {}

local function new() return setmetatable({ {}, {}, {}, 0, 0 }, Map) end
R.new_map = new
function MapS.new_0() return new() end

-- The Lua key for a Wren key. Ranges are equal by value: one stands for all its equals.
local function lua_key(map, key)
  local kind = type(key)
  if kind == "string" or kind == "boolean" then return key end
  if kind == "number" then return key == key and key or NAN end
  if key == nil then return NULL end
  if kind == "table" then
    local M = getmetatable(key)
    if M == R.RangeM then
      local text = key:toString_g()
      local ranges = map[6]
      if not ranges then
        ranges = {}
        map[6] = ranges
      end
      if not ranges[text] then ranges[text] = key end
      return ranges[text]
    end
    if rawequal(key.S, M) then return key end -- a class
  end
  raise("Key must be a value type.")
end

local function wren_key(key)
  if key == NULL then return nil end
  if key == NAN then return 0 / 0 end
  return key
end
R.wren_key = wren_key

local function compact(map)
  local slots, keys, values, last = {}, {}, {}, 0
  charge(map[5] / 4)
  for slot = 1, map[5] do
    local key = map[2][slot]
    if key ~= nil then
      last = last + 1
      keys[last], values[last], slots[key] = key, map[3][slot], last
    end
  end
  map[1], map[2], map[3], map[5] = slots, keys, values, last
end

local function set(map, key, value)
  if type(key) ~= "string" then key = lua_key(map, key) end
  local slot = map[1][key]
  if not slot then
    slot = map[5] + 1
    if slot > 16 and slot > 2 * map[4] + 16 then
      compact(map)
      slot = map[5] + 1
    end
    map[1][key] = slot
    map[2][slot] = key
    map[4] = map[4] + 1
    map[5] = slot
  end
  map[3][slot] = value
  return value
end
R.map_set = set

-- A map literal: keys and values alternate.
function R.map(count, pairs)
  local map = new()
  for i = 1, count * 2, 2 do set(map, pairs[i], pairs[i + 1]) end
  return map
end

function Map._get1(self, key)
  local slot = self[1][lua_key(self, key)]
  if slot then return self[3][slot] end
end
Map._set1 = set
function Map.addCore__2(self, key, value)
  set(self, key, value)
  return self
end
function Map.clear_0(self)
  self[1], self[2], self[3], self[4], self[5], self[6] = {}, {}, {}, 0, 0, nil
end
function Map.containsKey_1(self, key) return self[1][lua_key(self, key)] and true or false end
function Map.count_g(self) return self[4] end
function Map.isEmpty_g(self) return self[4] == 0 end

function Map.remove_1(self, key)
  key = lua_key(self, key)
  local slot = self[1][key]
  if not slot then return nil end
  local value = self[3][slot]
  self[1][key], self[2][slot], self[3][slot] = false, nil, nil
  self[4] = self[4] - 1
  if self[4] == 0 then Map.clear_0(self) end
  return value
end

-- Iteration: iterators are slots counted from FIRST on. In the reference they are hash slots, so
-- no program may take the first for zero; nor here.
local FIRST = 4
function Map.iterate_1(self, iterator)
  if self[4] == 0 then return false end
  local slot = 0
  if iterator ~= nil then
    R.integer(iterator, "Iterator")
    if iterator < 0 or iterator >= self[5] + FIRST then return false end
    if iterator >= FIRST then slot = iterator - FIRST + 1 end
  end
  local keys = self[2]
  while slot < self[5] do
    if keys[slot + 1] ~= nil then return slot + FIRST end
    slot = slot + 1
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
  end
  return false
end
local function slot_of(self, iterator)
  local slot = R.index(iterator, self[5] + FIRST, "Iterator") - FIRST + 1
  if self[2][slot] == nil then raise("Invalid map iterator.") end
  return slot
end
function Map.keyIteratorValue__1(self, iterator) return wren_key(self[2][slot_of(self, iterator)]) end
function Map.valueIteratorValue__1(self, iterator) return self[3][slot_of(self, iterator)] end

local Entry, EntryS = R.define("MapEntry", core.Object)
function EntryS.new_2(_, key, value) return setmetatable({ key, value }, Entry) end
function Entry.new_2_i(self, key, value) self[1], self[2] = key, value end
function Entry.key_g(self) return self[1] end
function Entry.value_g(self) return self[2] end
function Entry.toString_g(self) return R.str(self[1]) .. ":" .. R.str(self[2]) end
function Map.iteratorValue_1(self, iterator)
  local slot = slot_of(self, iterator)
  return setmetatable({ wren_key(self[2][slot]), self[3][slot] }, Entry)
end

local function view(name, method)
  local M, S = R.define(name, core.Sequence)
  function S.new_1(_, map) return setmetatable({ map }, M) end
  function M.new_1_i(self, map) self[1] = map end
  function M.iterate_1(self, iterator) return (self[1]:iterate_1(iterator)) end
  function M.iteratorValue_1(self, iterator) return self[1][method](self[1], iterator) end
  function M.count_g(self) return (self[1]:count_g()) end
  return M
end
local Keys = view("MapKeySequence", "keyIteratorValue__1")
local Values = view("MapValueSequence", "valueIteratorValue__1")
function Map.keys_g(self) return setmetatable({ self }, Keys) end
function Map.values_g(self) return setmetatable({ self }, Values) end

function Map.toString_g(self)
  local pieces, n = {}, 0
  for slot = 1, self[5] do
    local key = self[2][slot]
    if key ~= nil then
      n = n + 1
      pieces[n] = R.str(wren_key(key)) .. ": " .. R.str(self[3][slot])
      charge(1 + #pieces[n] / 32)
    end
  end
  return "{" .. table.concat(pieces, ", ") .. "}"
end
