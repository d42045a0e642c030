-- The operators that emitted code calls when it does not know its operands to be numbers.
local R = ...
local type, getmetatable = type, getmetatable
local raise, is_a, ObjectM = R.raise, R.is_a, R.core.Object.M
local NumM, StringM, ListM, MapM, RangeM = R.core.Num.M, R.core.String.M, R.ListM, R.MapM, R.RangeM
local floor, fmod, fmt, huge = math.floor, math.fmod, string.format, math.huge
local setmetatable = setmetatable
local joined = R.joined

local function number_operand(value)
  if type(value) ~= "number" then raise("Right operand must be a number.") end
  return value
end

function NumM._add(a, b) return a + number_operand(b) end
function NumM._sub(a, b) return a - number_operand(b) end
function NumM._mul(a, b) return a * number_operand(b) end
function NumM._div(a, b) return a / number_operand(b) end
function NumM._lt(a, b) return a < number_operand(b) end
function NumM._gt(a, b) return a > number_operand(b) end
function NumM._le(a, b) return a <= number_operand(b) end
function NumM._ge(a, b) return a >= number_operand(b) end
function NumM._eq(a, b) return a == b end
function NumM._ne(a, b) return a ~= b end
function NumM._neg(a) return -a end

-- C's remainder has the sign of the dividend; Lua's has the divisor's.
local function remainder(a, b)
  if a >= 0 and b > 0 and a < 9007199254740992 then
    local r = a % b
    if r == floor(r) and b == floor(b) then return r end
  end
  if b == huge or b == -huge then
    return (a == a and a ~= huge and a ~= -huge) and a or 0 / 0
  end
  return fmod(a, b)
end
function NumM._mod(a, b) return remainder(a, number_operand(b)) end

function StringM._add(a, b)
  if type(b) ~= "string" then raise("Right operand must be a string.") end
  if #a + #b > 65536 then R.reserve(#a + #b) end
  return joined(a .. b)
end

function R.add(a, b)
  if type(a) == "number" and type(b) == "number" then return a + b end
  return (a:_add(b))
end
function R.sub(a, b)
  if type(a) == "number" and type(b) == "number" then return a - b end
  return (a:_sub(b))
end
function R.mul(a, b)
  if type(a) == "number" and type(b) == "number" then return a * b end
  return (a:_mul(b))
end
function R.div(a, b)
  if type(a) == "number" and type(b) == "number" then return a / b end
  return (a:_div(b))
end
function R.mod(a, b)
  if type(a) == "number" and type(b) == "number" then return remainder(a, b) end
  return (a:_mod(b))
end
function R.lt(a, b)
  if type(a) == "number" and type(b) == "number" then return a < b end
  return (a:_lt(b))
end
function R.gt(a, b)
  if type(a) == "number" and type(b) == "number" then return a > b end
  return (a:_gt(b))
end
function R.le(a, b)
  if type(a) == "number" and type(b) == "number" then return a <= b end
  return (a:_le(b))
end
function R.ge(a, b)
  if type(a) == "number" and type(b) == "number" then return a >= b end
  return (a:_ge(b))
end
-- As long as no class has its own equality, Lua's serves (ranges have a metamethod). The flag is
-- one load; a method call would be a look-up in whatever class the object is of.
local plain = true
function R.own_equality() plain = false end
function R.eq(a, b)
  if plain or type(a) ~= "table" then return a == b end
  return (a:_eq(b))
end
function R.ne(a, b)
  if plain or type(a) ~= "table" then return a ~= b end
  return (a:_ne(b))
end
function R.neg(a)
  if type(a) == "number" then return -a end
  return (a:_neg())
end
function R.lnot(a)
  if plain or type(a) ~= "table" then return not a end
  return (a:_not())
end
function R.is(a, class)
  if type(a) == "table" then
    local M = getmetatable(a)
    if plain and type(class) == "table" and M[class] then return true end
    if M._is ~= is_a then return (a:_is(class)) end
  end
  return is_a(a, class)
end

-- Bits: operands become unsigned 32-bit integers, as on the reference's usual machine.
local bits = R.bits
local function word(value)
  if value ~= value or value == huge or value == -huge then return 0 end
  if value < 0 then value = -floor(-value) else value = floor(value) end
  if value < -2147483648 or value > 4294967295 then value = value % 4294967296 end
  return value
end
local function bitwise(name, operate)
  NumM[name] = function(a, b)
    return operate(word(a), word(number_operand(b))) % 4294967296
  end
  return function(a, b)
    if type(a) == "number" and type(b) == "number" then
      return operate(word(a), word(b)) % 4294967296
    end
    local method = a[name]
    if not method then R.lacks(a, name) end
    return (method(a, b))
  end
end
R.band = bitwise("_band", bits.band)
R.bor = bitwise("_bor", bits.bor)
R.bxor = bitwise("_bxor", bits.bxor)
R.shl = bitwise("_shl", bits.lshift)
R.shr = bitwise("_shr", bits.rshift)
function NumM._bnot(a) return bits.bnot(word(a)) % 4294967296 end
function R.bnot(a) return (a:_bnot()) end

-- Ranges.
local function range(from, to, inclusive)
  if type(to) ~= "number" then raise("Right hand side of range must be a number.") end
  return setmetatable({ from, to, inclusive }, RangeM)
end
R.new_range = range
function NumM._range(a, b) return range(a, b, true) end
function NumM._xrange(a, b) return range(a, b, false) end
function R.range(a, b) return (a:_range(b)) end
function R.xrange(a, b) return (a:_xrange(b)) end

-- Start, stop and step of a Lua loop over the range.
function R.bounds(inclusive, from, to)
  if type(to) ~= "number" then raise("Right hand side of range must be a number.") end
  local step = from < to and 1 or -1
  if inclusive then return from, to, step end
  if from == to then return 1, 0, 1 end
  if from == floor(from) and to == floor(to) then return from, to - step, step end
  -- The last value short of the end.
  local steps = math.ceil((to - from) * step) - 1
  return from, from + (steps + 0.5) * step, step
end

-- Subscripts: the common cases here, the rest in the class's method.
function R.get(object, key)
  local M = getmetatable(object)
  if M == ListM then
    if type(key) == "number" and key >= 0 then
      local value = object[key + 1]
      if value ~= nil then return value end
    end
  elseif M == MapM and (type(key) == "string" or type(key) == "number") then
    local slot = object[1][key]
    if slot then return object[3][slot] end
  end
  return (object:_get1(key))
end

function R.set(object, key, value)
  local M = getmetatable(object)
  if M == ListM then
    if type(key) == "number" and key >= 0 and object[key + 1] ~= nil then
      object[key + 1] = value
      return value
    end
  elseif M == MapM and (type(key) == "string" or type(key) == "number") then
    local slot = object[1][key]
    if slot then
      object[3][slot] = value
      return value
    end
  end
  return (object:_set1(key, value))
end

-- Strings of values.
local function number_text(value)
  if value ~= value then return "nan" end
  if value == huge then return "infinity" end
  if value == -huge then return "-infinity" end
  return fmt("%.14g", value)
end
NumM.toString_g = number_text
function StringM.toString_g(self) return self end

local function str(value)
  local kind = type(value)
  if kind == "number" then return number_text(value) end
  if kind ~= "string" then
    value = value:toString_g()
    if type(value) ~= "string" then raise("Right operand must be a string.") end
  end
  if #value > 65536 then R.announce(value) end
  return value
end
R.str = str
