-- List: elements at 1.., their count at 0. What lies past the count is nil, so that a non-nil
-- element proves its index; null elements are nil.
local R = ...
local core, raise, index, integer = R.core, R.raise, R.index, R.integer
local List, ListS = core.List.M, core.List.S
local type, getmetatable, setmetatable = type, getmetatable, setmetatable
local charge, reserve, F, slice = R.charge, R.reserve, R.F, R.slice
local insert, remove = table.insert, table.remove

local function list(elements) return setmetatable(elements, List) end
R.list = list

local function list_next(l, i)
  i = i + 1
  if i < l[0] then return i, l[i + 1] end
end
R.list_next = list_next

local function any_next(sequence, iterator)
  iterator = sequence:iterate_1(iterator)
  if iterator then return iterator, sequence:iteratorValue_1(iterator) end
end

-- What Lua's `for` needs to walk a sequence: iterator and value at each step.
local function iter(sequence)
  local kind = type(sequence)
  if kind == "table" then
    local M = getmetatable(sequence)
    if M == List then return list_next, sequence, -1 end
    if M == R.RangeM then return R.range_next, sequence, nil end
  elseif kind == "string" then
    return R.string_next, sequence, nil
  end
  return any_next, sequence, nil
end
R.iter = iter

function ListS.new_0() return list { [0] = 0 } end
function ListS.filled_2(_, size, value)
  integer(size, "Size")
  if size < 0 then raise("Size cannot be negative.") end
  if size > 2 ^ 27 then R.limit("memory") end
  reserve(size * 16)
  local result = { [0] = size }
  for i = 1, size do result[i] = value end
  return list(result)
end

function List.add_1(self, value)
  local n = self[0] + 1
  self[n] = value
  self[0] = n
  return value
end
function List.addCore__1(self, value)
  List.add_1(self, value)
  return self
end
function List.clear_0(self)
  charge(self[0] / 16)
  for i = self[0], 1, -1 do self[i] = nil end
  self[0] = 0
end
function List.count_g(self) return self[0] end
function List.isEmpty_g(self) return self[0] == 0 end

function List.insert_2(self, at, value)
  local n = self[0]
  at = index(at, n + 1, "Index")
  charge((n - at) / 8)
  for i = n, at + 1, -1 do self[i + 1] = self[i] end
  self[at + 1] = value
  self[0] = n + 1
  return value
end

local function remove_at(self, at)
  local n, value = self[0], self[at + 1]
  charge((n - at) / 8)
  for i = at + 1, n - 1 do self[i] = self[i + 1] end
  self[n] = nil
  self[0] = n - 1
  return value
end
function List.removeAt_1(self, at) return remove_at(self, index(at, self[0], "Index")) end

-- Primitive values and ranges are equal by value, all else by identity: no operator is called.
local function index_of(self, value)
  charge(self[0] / 8)
  if type(value) == "table" and getmetatable(value) == R.RangeM then
    for i = 1, self[0] do if value:_eq(self[i]) then return i - 1 end end
  else
    for i = 1, self[0] do if rawequal(self[i], value) then return i - 1 end end
  end
  return -1
end
List.indexOf_1 = index_of
function List.remove_1(self, value)
  local at = index_of(self, value)
  if at >= 0 then return remove_at(self, at) end
end
function List.swap_2(self, a, b)
  a = index(a, self[0], "Index 0") + 1
  b = index(b, self[0], "Index 1") + 1
  self[a], self[b] = self[b], self[a]
end

function List._get1(self, key)
  if type(key) == "number" then return self[index(key, self[0], "Subscript") + 1] end
  if type(key) ~= "table" or getmetatable(key) ~= R.RangeM then
    raise("Subscript must be a number or a range.")
  end
  local from, count, step = R.slice_of(key, self[0])
  reserve(count * 16)
  local result = { [0] = count }
  for i = 0, count - 1 do result[i + 1] = self[from + i * step + 1] end
  return list(result)
end
function List._set1(self, key, value)
  self[index(key, self[0], "Subscript") + 1] = value
  return value
end

function List.iterate_1(self, iterator)
  if iterator == nil then return self[0] > 0 and 0 or false end
  integer(iterator, "Iterator")
  if iterator < 0 or iterator >= self[0] - 1 then return false end
  return iterator + 1
end
function List.iteratorValue_1(self, iterator)
  return self[index(iterator, self[0], "Iterator") + 1]
end

local function append(into, other)
  local n = into[0]
  for _, value in iter(other) do
    F[1] = F[1] - 1
    if F[1] < 0 then slice() end
    n = n + 1
    into[n] = value
    into[0] = n
  end
end
function List.addAll_1(self, other)
  if other == self then other = List._get1(self, R.new_range(0, -1, true)) end
  append(self, other)
  return other
end
function List._add(self, other)
  local result = List._get1(self, R.new_range(0, -1, true))
  append(result, other)
  return result
end
function List._mul(self, count)
  R.repeat_count(count)
  local n = self[0]
  if n == 0 then count = 0 end
  if n * count > 2 ^ 27 then R.limit("memory") end
  reserve(n * count * 16)
  local result = { [0] = n * count }
  for k = 0, count - 1 do
    for i = 1, n do result[k * n + i] = self[i] end
  end
  return list(result)
end
function List.toString_g(self) return "[" .. self:join_1(", ") .. "]" end

-- Sorting: a merge sort, bottom up, whose comparer may do anything, yield included.
local function merge(from, into, low, middle, high, less)
  local i, j = low, middle
  for k = low, high - 1 do
    F[1] = F[1] - 2
    if F[1] < 0 then slice() end
    if i < middle and (j >= high or not less(2, from[j], from[i])) then
      into[k] = from[i]
      i = i + 1
    else
      into[k] = from[j]
      j = j + 1
    end
  end
end
local function sort(self, less)
  local n, width = self[0], 1
  reserve(n * 16)
  local from, into = {}, {}
  for i = 1, n do from[i] = self[i] end
  while width < n do
    for low = 1, n, width * 2 do
      merge(from, into, low, math.min(low + width, n + 1), math.min(low + width * 2, n + 1), less)
    end
    from, into = into, from
    width = width * 2
  end
  for i = 1, math.min(n, self[0]) do self[i] = from[i] end
  return self
end
local function ascending(_, a, b) return R.lt(a, b) end
function List.sort_0(self) return sort(self, ascending) end
function List.sort_1(self, comparer)
  if type(comparer) ~= "function" then raise("Comparer must be a function.") end
  return sort(self, comparer)
end
