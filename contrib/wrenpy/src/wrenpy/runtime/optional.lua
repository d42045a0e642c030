-- The optional modules `meta` and `random`.
local R = ...
local core, raise, ask = R.core, R.raise, R.ask
local getinfo, match, type, floor = debug.getinfo, string.match, type, math.floor
local bits = R.bits
local bxor, band, lshift, rshift = bits.bxor, bits.band, bits.lshift, bits.rshift

local function module(name, class_name)
  local record = R.module(name)
  local class = R.class(record, class_name, nil, true, 0)
  record.known[class_name] = true
  record.G[class_name .. "_"] = class
  return record, class
end

-- The unit of the innermost Wren frame: code is compiled into its module.
local function calling_unit()
  local level = 2
  while true do
    local info = getinfo(level, "S")
    if not info then return nil end
    local unit = match(info.source, "^@wren:(%d+)$")
    if unit then return unit + 0 end
    level = level + 1
  end
end

local function meta()
  local record, Meta = module("meta", "Meta")
  local S = Meta.S
  local function compile(source, is_expression, report)
    if type(source) ~= "string" then raise("Source code must be a string.") end
    R.charge(#source * 20)
    return R.ask("compile", calling_unit(), source, is_expression, report)
  end
  function S.compile_1(_, source) return (compile(source, false, true)) end
  function S.compileExpression_1(_, source) return (compile(source, true, true)) end
  function S.eval_1(_, source)
    local fn = compile(source, false, false)
    if not fn then raise("Could not compile source code.") end
    fn(0)
  end
  function S.getModuleVariables_1(_, name)
    if type(name) ~= "string" then raise("Module name must be a string.") end
    local names = R.ask("variables", name)
    if names == nil then raise("Could not find a module named '" .. name .. "'.") end
    return names
  end
  return record
end

-- WELL512a (Panneton, L'Ecuyer, Matsumoto 2006), whose state of 16 words is at 1..16.
local function next_word(s)
  local i = s.at
  local a = s[i + 1]
  local c = s[band(i + 13, 15) + 1]
  local b = bxor(a, c, lshift(a, 16), lshift(c, 15))
  c = s[band(i + 9, 15) + 1]
  c = bxor(c, rshift(c, 11))
  a = bxor(b, c)
  s[i + 1] = a
  local d = bxor(a, band(lshift(a, 5), 0xda442d24))
  i = band(i + 15, 15)
  s.at = i
  a = s[i + 1]
  s[i + 1] = bxor(a, b, d, lshift(a, 2), lshift(b, 18), lshift(c, 28))
  return s[i + 1] % 4294967296
end
local function seed(s, value)
  -- Spread one number over the state with a linear congruential generator.
  s.at = 0
  local x = floor(value * 2654435769) % 4294967296
  for i = 1, 16 do
    x = (x * 1664525 + 1013904223) % 4294967296
    s[i] = bxor(x, rshift(x, 15)) % 4294967296
  end
  for _ = 1, 32 do next_word(s) end
  return s
end

local function random()
  local record, Random = module("random", "Random")
  local M, S = Random.M, Random.S
  Random.fields = -1 -- a foreign class: none may inherit from it
  function S.new_0() return setmetatable(seed({}, R.entropy()), M) end
  function S.new_1(_, value)
    local self = setmetatable({}, M)
    if type(value) == "number" then return seed(self, value == value and value % 2 ^ 40 or 0) end
    if not R.is_a(value, core.Sequence) then
      raise("Seed must be a number or a sequence of numbers.")
    end
    local n = 0
    for _, element in R.iter(value) do
      if type(element) ~= "number" then raise("Sequence elements must all be numbers.") end
      n = n + 1
      self[n] = floor(element) % 4294967296
      if n == 16 then break end
    end
    if n == 0 then raise("Sequence cannot be empty.") end
    for i = n + 1, 16 do self[i] = self[i - n] end
    self.at = 0
    return self
  end

  local function float(self)
    return (next_word(self) * 2097152 + next_word(self) % 2097152) / 9007199254740992
  end
  local function int(self, low, high)
    return floor(float(self) * (R.number(high, "Right operand") - R.number(low, "Right operand"))) + low
  end
  M.float_0 = float
  function M.float_1(self, high) return float(self) * R.number(high, "Right operand") end
  function M.float_2(self, low, high)
    return float(self) * (R.number(high, "Right operand") - R.number(low, "Right operand")) + low
  end
  M.int_0 = next_word
  function M.int_1(self, high) return int(self, 0, high) end
  M.int_2 = int
  function M.sample_1(self, list)
    local count = list:count_g()
    if count == 0 then raise("Not enough elements to sample.") end
    return R.get(list, int(self, 0, count))
  end
  -- Floyd's algorithm: each step draws from one more element, and takes that one on a repeat.
  function M.sample_2(self, list, count)
    local size = list:count_g()
    if R.number(count, "Right operand") > size then raise("Not enough elements to sample.") end
    local picked, result = {}, { [0] = 0 }
    for i = size - count, size - 1 do
      local at = int(self, 0, i + 1)
      if picked[at] then at = i end
      picked[at] = true
      R.charge(2)
      result[0] = result[0] + 1
      result[result[0]] = R.get(list, at)
    end
    return R.list(result)
  end
  function M.shuffle_1(self, list)
    for i = 0, list:count_g() - 2 do
      local from = int(self, i, list:count_g())
      local held = R.get(list, from)
      R.set(list, from, R.get(list, i))
      R.set(list, i, held)
      R.charge(4)
    end
  end
  return record
end

local makers = { meta = meta, random = random }
function R.optional(name)
  local make = makers[name]
  return make and make()
end
