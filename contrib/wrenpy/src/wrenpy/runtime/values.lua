-- Bool, Null, Num, Range, Fn, System and the like: the small classes.
local R = ...
local core, raise = R.core, R.raise
local type, floor, ceil, huge = type, math.floor, math.ceil, math.huge
local Bool, Null, Num, Range = core.Bool.M, core.Null.M, core.Num.M, core.Range.M
local NumS = core.Num.S

function Bool._not(self) return not self end
function Bool.toString_g(self) return self and "true" or "false" end
function Null._not() return true end
function Null.toString_g() return "null" end

-- Num.
local function number(value, what)
  if type(value) ~= "number" then raise(what .. " must be a number.") end
  return value
end
local function integer(value, what)
  if number(value, what) ~= floor(value) then raise(what .. " must be an integer.") end
  return value
end
R.number, R.integer = number, integer

-- A zero-based index within [0, count); a negative one counts from the end.
local function index(value, count, what)
  integer(value, what)
  if value < 0 then value = count + value end
  if value >= 0 and value < count then return value end
  raise(what .. " out of bounds.")
end
R.index = index

-- Start, length and step of a slice of `count` elements.
function R.slice_of(range, count)
  local from, to, inclusive = range[1], range[2], range[3]
  if from == count and to == (inclusive and -1 or count) then return 0, 0, 0 end
  from = index(from, count, "Range start")
  integer(to, "Range end")
  if to < 0 then to = count + to end
  if not inclusive then
    if to == from then return from, 0, 0 end
    to = to + (to >= from and -1 or 1)
  end
  if to < 0 or to >= count then raise("Range end out of bounds.") end
  return from, math.abs(from - to) + 1, from < to and 1 or -1
end

local function truncate(x)
  if x < 0 then return -floor(-x) end
  return floor(x)
end
local function round(x)
  if x < 0 then return -round(-x) end
  local whole = floor(x)
  return x - whole >= 0.5 and whole + 1 or whole
end

function NumS.infinity_g() return huge end
function NumS.nan_g() return 0 / 0 end
function NumS.pi_g() return math.pi end
function NumS.tau_g() return 2 * math.pi end
function NumS.largest_g() return 1.7976931348623157e308 end
function NumS.smallest_g() return 2.2250738585072014e-308 end
function NumS.maxSafeInteger_g() return 9007199254740991 end
function NumS.minSafeInteger_g() return -9007199254740991 end

-- Whether a text is a number: each part is read once, since a pattern of several would try them all.
local find = string.find
local function is_numeral(s)
  if find(s, "^[+-]?0[xX]%x+$") then return true end
  local first = find(s, "^[+-]") and 2 or 1
  local _, last = find(s, "^%d*", first)
  local digits = last + 1 - first
  if string.byte(s, last + 1) == 46 then
    local point = last + 1
    _, last = find(s, "^%d*", point + 1)
    digits = digits + last - point
  end
  return digits > 0 and (last == #s or find(s, "^[eE][+-]?%d+$", last + 1) ~= nil)
end
function NumS.fromString_1(_, text)
  if type(text) ~= "string" then raise("Argument must be a string.") end
  local trimmed = R.trim(text, " \t\r\n\v\f", true, true)
  R.charge(#trimmed / 4)
  if is_numeral(trimmed) then
    local value = tonumber((string.gsub(trimmed, "^%+", "")))
    if value == huge or value == -huge then raise("Number literal is too large.") end
    return value and value + 0.0
  end
  local word = string.lower(trimmed)
  if word == "nan" then return 0 / 0 end
  if word == "inf" or word == "infinity" or word == "+inf" or word == "+infinity" then return huge end
  if word == "-inf" or word == "-infinity" then return -huge end
  return nil
end

function Num.abs_g(x) return math.abs(x) end
function Num.acos_g(x) return math.acos(x) end
function Num.asin_g(x) return math.asin(x) end
function Num.atan_g(x) return math.atan(x) end
function Num.cbrt_g(x)
  if x == 0 or x ~= x or x == huge or x == -huge then return x end
  local root = math.abs(x) ^ (1 / 3)
  root = root - (root * root * root - math.abs(x)) / (3 * root * root)
  return x < 0 and -root or root
end
function Num.ceil_g(x) return ceil(x) end
function Num.cos_g(x) return math.cos(x) end
function Num.floor_g(x) return floor(x) end
Num.round_g = round
function Num.sin_g(x) return math.sin(x) end
function Num.sqrt_g(x) return math.sqrt(x) end
function Num.tan_g(x) return math.tan(x) end
function Num.log_g(x) return math.log(x) end
local LN2 = math.log(2)
function Num.log2_g(x)
  local mantissa, exponent = math.frexp(x)
  if mantissa == 0.5 then return exponent - 1 end -- a power of two, exactly
  return math.log(x) / LN2
end
function Num.exp_g(x) return math.exp(x) end
function Num.min_1(a, b) return a <= number(b, "Other value") and a or b end
function Num.max_1(a, b) return a > number(b, "Other value") and a or b end
function Num.clamp_2(x, low, high)
  number(low, "Min value")
  number(high, "Max value")
  if x < low then return low end
  return x > high and high or x
end
function Num.atan_1(y, x) return R.atan2(y, number(x, "x value")) end
function Num.pow_1(a, b) return a ^ number(b, "Power value") end
function Num.fraction_g(x)
  if x == 0 then return x end
  if x < 0 then return -Num.fraction_g(-x) end -- the sign stays, on a zero too
  return x == huge and 0 or x - floor(x)
end
function Num.isInfinity_g(x) return x == huge or x == -huge end
function Num.isInteger_g(x) return x == floor(x) and x ~= huge and x ~= -huge end
function Num.isNan_g(x) return x ~= x end
function Num.sign_g(x) return x > 0 and 1 or x < 0 and -1 or 0 end
Num.truncate_g = truncate

-- Range.
function Range._eq(a, b)
  return type(b) == "table" and getmetatable(b) == Range and a[1] == b[1] and a[2] == b[2]
    and a[3] == b[3]
end
Range.__eq = Range._eq
function Range._ne(a, b) return not Range._eq(a, b) end
function Range.from_g(self) return self[1] end
function Range.to_g(self) return self[2] end
function Range.min_g(self) return math.min(self[1], self[2]) end
function Range.max_g(self) return math.max(self[1], self[2]) end
function Range.isInclusive_g(self) return self[3] end
function Range.toString_g(self)
  return R.str(self[1]) .. (self[3] and ".." or "...") .. R.str(self[2])
end
local function range_next(range, current)
  local from, to, inclusive = range[1], range[2], range[3]
  if from == to and not inclusive then return nil end
  if current == nil then return from, from end
  if from < to then
    current = current + 1
    if current > to then return nil end
  else
    current = current - 1
    if current < to then return nil end
  end
  if current == to and not inclusive then return nil end
  return current, current
end
R.range_next = range_next
function Range.iterate_1(self, iterator)
  if iterator ~= nil then number(iterator, "Iterator") end
  return (range_next(self, iterator)) or false
end
function Range.iteratorValue_1(_, iterator) return iterator end

-- Fn.
local Fn, FnS = core.Fn.M, core.Fn.S
function FnS.new_1(_, fn)
  if type(fn) ~= "function" then raise("Argument must be a function.") end
  return fn
end
function Fn.arity_g(self) return self(-1) end
function Fn.toString_g() return "<fn>" end
function Fn.call_0(f) return f(0) end
function Fn.call_1(f, a) return f(1, a) end
function Fn.call_2(f, a, b) return f(2, a, b) end
function Fn.call_3(f, a, b, c) return f(3, a, b, c) end
for n = 4, 16 do
  Fn["call_" .. n] = function(f, ...) return f(n, ...) end
end

-- System.
local S = core.System.S
local emit = R.emit
local function write(value)
  local text = value
  if type(value) ~= "string" then text = value:toString_g() end
  emit(type(text) == "string" and text or "[invalid toString]")
end
function S.print_0() emit("\n") end
function S.print_1(_, value)
  write(value)
  emit("\n")
  return value
end
function S.printAll_1(_, sequence)
  for _, value in R.iter(sequence) do write(value) end
  emit("\n")
end
function S.write_1(_, value)
  write(value)
  return value
end
function S.writeAll_1(_, sequence)
  for _, value in R.iter(sequence) do write(value) end
end
function S.clock_g() return os.clock() end
-- The collector needs no help, and a full collection would be long; it only costs.
function S.gc_0() R.charge(1000) end
