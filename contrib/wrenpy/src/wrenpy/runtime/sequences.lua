-- Sequence: what everything with `iterate` and `iteratorValue` can do. Loops here that call no
-- Wren code charge fuel themselves.
local R = ...
local core, raise, iter, F, slice = R.core, R.raise, R.iter, R.F, R.slice
local Sequence = core.Sequence.M
local setmetatable, concat, charge = setmetatable, table.concat, R.charge

function Sequence.all_1(self, f)
  local result = true
  for _, value in iter(self) do
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    result = f:call_1(value)
    if R.lnot(result) then return result end -- by the value's own `!`, as the reference does
  end
  return result
end
function Sequence.any_1(self, f)
  local result = false
  for _, value in iter(self) do
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    result = f:call_1(value)
    if result then return result end
  end
  return result
end
function Sequence.contains_1(self, element)
  for _, value in iter(self) do
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    if R.eq(element, value) then return true end
  end
  return false
end
function Sequence.count_g(self)
  local n = 0
  for _ in iter(self) do
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    n = n + 1
  end
  return n
end
function Sequence.count_1(self, f)
  local n = 0
  for _, value in iter(self) do
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    if f:call_1(value) then n = n + 1 end
  end
  return n
end
function Sequence.each_1(self, f)
  for _, value in iter(self) do
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    f:call_1(value)
  end
end
function Sequence.isEmpty_g(self) return not self:iterate_1(nil) end
function Sequence.reduce_2(self, result, f)
  for _, value in iter(self) do
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    result = f:call_2(result, value)
  end
  return result
end
function Sequence.reduce_1(self, f)
  local iterator = self:iterate_1(nil)
  if not iterator then raise("Can't reduce an empty sequence.") end
  local result = self:iteratorValue_1(iterator)
  iterator = self:iterate_1(iterator)
  while iterator do
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    result = f:call_2(result, self:iteratorValue_1(iterator))
    iterator = self:iterate_1(iterator)
  end
  return result
end
local function join(self, separator)
  local pieces, n, size = {}, 0, 0
  for _, value in iter(self) do
    if n > 0 and type(separator) ~= "string" then raise("Right operand must be a string.") end
    n = n + 1
    local text = R.str(value)
    pieces[n] = text
    size = size + #text
    F[1] = F[1] - 3 - #text / 16
    if F[1] < 0 then slice() end
  end
  if n == 0 then return "" end
  if n == 1 then return pieces[1] end
  R.reserve(size + n * #separator)
  return concat(pieces, separator)
end
function Sequence.join_0(self) return join(self, "") end
Sequence.join_1 = join
function Sequence.toList_g(self)
  local result, n = { [0] = 0 }, 0
  for _, value in iter(self) do
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    n = n + 1
    result[n] = value
  end
  result[0] = n
  return R.list(result)
end

-- Lazy sequences: [1] is what they draw from, [2] their function or count.
local function lazy(name)
  local M, S = R.define(name, core.Sequence)
  function S.new_2(_, sequence, argument) return setmetatable({ sequence, argument }, M) end
  function M.new_2_i(self, sequence, argument) self[1], self[2] = sequence, argument end
  function M.iterate_1(self, iterator) return (self[1]:iterate_1(iterator)) end
  function M.iteratorValue_1(self, iterator) return (self[1]:iteratorValue_1(iterator)) end
  return M
end
local Mapped, Skipped, Taken, Filtered =
  lazy("MapSequence"), lazy("SkipSequence"), lazy("TakeSequence"), lazy("WhereSequence")

function Sequence.map_1(self, f) return setmetatable({ self, f }, Mapped) end
function Mapped.iteratorValue_1(self, iterator)
  return (self[2]:call_1(self[1]:iteratorValue_1(iterator)))
end

function Sequence.skip_1(self, count) return setmetatable({ self, R.repeat_count(count) }, Skipped) end
function Skipped.iterate_1(self, iterator)
  local inner = self[1]
  if iterator then return (inner:iterate_1(iterator)) end
  iterator = inner:iterate_1(iterator)
  local left = self[2]
  while left > 0 and iterator do
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    iterator = inner:iterate_1(iterator)
    left = left - 1
  end
  return iterator
end

function Sequence.take_1(self, count) return setmetatable({ self, R.repeat_count(count) }, Taken) end
function Taken.iterate_1(self, iterator)
  self[3] = iterator and self[3] + 1 or 1
  if self[3] > self[2] then return nil end
  return (self[1]:iterate_1(iterator))
end

function Sequence.where_1(self, f) return setmetatable({ self, f }, Filtered) end
function Filtered.iterate_1(self, iterator)
  local inner, f = self[1], self[2]
  repeat
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    iterator = inner:iterate_1(iterator)
  until not iterator or f:call_1(inner:iteratorValue_1(iterator))
  return iterator
end

-- The classes under Sequence copied its methods before it had any.
for _, name in ipairs {
  "String", "List", "Map", "Range", "StringByteSequence", "StringCodePointSequence",
  "MapKeySequence", "MapValueSequence", "MapSequence", "SkipSequence", "TakeSequence", "WhereSequence",
} do
  local M = core[name].M
  for key, method in pairs(Sequence) do
    if M[key] == nil then M[key] = method end
  end
end

-- Attributes of a class, as the compiler wrote them: groups and keys alternate with their values.
local Attributes = R.define("ClassAttributes", core.Object)
core.ClassAttributes.S.new_2 = function(_, own, methods)
  return setmetatable({ own, methods }, Attributes)
end
function Attributes.self_g(self) return self[1] end
function Attributes.methods_g(self) return self[2] end
function Attributes.toString_g(self)
  return "attributes:" .. R.str(self[1]) .. " methods:" .. R.str(self[2])
end

local function attribute_map(flat)
  if #flat == 0 then return nil end
  local map = R.new_map()
  for i = 1, #flat, 2 do
    local group = R.new_map()
    local keys = flat[i + 1]
    for k = 1, #keys, 2 do R.map_set(group, keys[k], R.list(keys[k + 1])) end
    local key = flat[i]
    if key == R.NULL then key = nil end
    R.map_set(map, key, group)
  end
  return map
end
function R.attributes(M, own, methods)
  local map
  if #methods > 0 then
    map = R.new_map()
    for i = 1, #methods, 2 do R.map_set(map, methods[i], attribute_map(methods[i + 1])) end
  end
  M._class.attributes = setmetatable({ attribute_map(own), map }, Attributes)
end
