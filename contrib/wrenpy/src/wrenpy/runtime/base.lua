-- The ground: fuel, errors, classes, and the metatables that give every Lua value Wren methods.
--
-- How Wren values stand in Lua: null is nil, numbers, booleans and strings are Lua's own, a
-- function is a Lua function whose hidden first parameter is the number of arguments given.
-- An object is a table whose metatable is its class's method table M (M.__index is M).
-- A class is a table whose metatable is its metaclass's method table S.
local R = ...
local type, getmetatable, setmetatable, rawequal, pairs = type, getmetatable, setmetatable, rawequal, pairs
local error, getinfo, setmeta = error, debug.getinfo, debug.setmetatable
local match, gsub, rep, sub = string.match, string.gsub, string.rep, string.sub

R.setmetatable = setmetatable
R.NULL = setmetatable({}, {}) -- stands for null where Lua's nil cannot

-- Errors: a table with the Wren value, or with the limit that was met.
local Failure = {}
R.Failure = Failure

local function raise(value) error(setmetatable({ value = value }, Failure), 0) end
R.raise = raise
function R.limit(kind) error(setmetatable({ limit = kind }, Failure), 0) end

local UNMANGLED = {
  _add = "+(_)", _sub = "-(_)", _mul = "*(_)", _div = "/(_)", _mod = "%(_)", _lt = "<(_)",
  _gt = ">(_)", _le = "<=(_)", _ge = ">=(_)", _eq = "==(_)", _ne = "!=(_)", _band = "&(_)",
  _bor = "|(_)", _bxor = "^(_)", _shl = "<<(_)", _shr = ">>(_)", _range = "..(_)",
  _xrange = "...(_)", _is = "is(_)", _neg = "-", _not = "!", _bnot = "~",
}
local function params(n) return n == 0 and "" or rep("_,", n - 1) .. "_" end

-- The signature behind a method's Lua key.
local function signature(key)
  if UNMANGLED[key] then return UNMANGLED[key] end
  local kind, count = match(key, "^_([gs]et)(%d+)$")
  if kind == "get" then return "[" .. params(count + 0) .. "]" end
  if kind == "set" then return "[" .. params(count + 0) .. "]=(_)" end
  local name, arity = match(key, "^(.*)_(%d+)_i$")
  if name then return "init " .. name .. "(" .. params(arity + 0) .. ")" end
  name, kind = match(key, "^(.*)_([^_]*)$")
  if kind == "g" then return name end
  if kind == "s" then return name .. "=(_)" end
  return name .. "(" .. params(kind + 0) .. ")"
end
R.signature = signature

-- Classes.
local core = {} -- the core module's variables
R.core = core
local ObjectM, ClassM = {}, {}
ObjectM.__index, ClassM.__index = ObjectM, ClassM

local UNSHARED = { __index = true, __eq = true, _class = true }
local function copy(from, into)
  for key, value in pairs(from) do
    if not UNSHARED[key] then into[key] = value end
  end
end

local function new_class(name, super, fields)
  local M, S = {}, {}
  M.__index, S.__index = M, S
  if super then copy(super.M, M) end
  copy(ClassM, S)
  local class = setmetatable({ name = name, super = super, M = M, S = S, fields = fields }, S)
  M._class = class
  M[class] = true -- and, copied, of every superclass
  return class
end

-- The metaclass of a class is made when someone asks for it.
local function metaclass(class)
  local S = class.S
  if not S._class then
    S._class = setmetatable(
      { name = class.name .. " metaclass", super = core.Class, M = S, S = ClassM }, ClassM)
  end
  return S._class
end

local function class_of(value)
  local kind = type(value)
  if kind == "table" then
    local M = getmetatable(value)
    if rawequal(value.S, M) and M ~= ClassM then return metaclass(value) end
    return M._class
  end
  return R.primitive[kind]
end
R.class_of = class_of

-- Core classes are made here; the files that follow give them methods.
local function define(name, super)
  local class = new_class(name, super, 0)
  core[name] = class
  return class.M, class.S
end
R.define = define

core.Object = setmetatable({ name = "Object", M = ObjectM, S = {}, fields = 0 }, nil)
core.Class = setmetatable({ name = "Class", super = core.Object, M = ClassM, S = ClassM, fields = 0 }, ClassM)
ObjectM._class, ClassM._class = core.Object, core.Class
ObjectM[core.Object], ClassM[core.Class] = true, true

local function is_a(value, class)
  if type(class) ~= "table" or not class.M then raise("Right operand must be a class.") end
  if type(value) == "table" then
    local M = getmetatable(value)
    if M[class] then return true end
    if not rawequal(value.S, M) then return false end
  end
  local own = class_of(value)
  repeat
    if own == class then return true end
    own = own.super
  until not own
  return false
end
R.is_a = is_a

function ObjectM._not() return false end
function ObjectM._eq(a, b) return rawequal(a, b) end
function ObjectM._ne(a, b) return not rawequal(a, b) end
ObjectM._is = is_a
function ObjectM.toString_g(self) return "instance of " .. class_of(self).name end
function ObjectM.type_g(self) return class_of(self) end
copy(ObjectM, ClassM)
ClassM._class = core.Class
function ClassM.name_g(self) return self.name end
function ClassM.supertype_g(self) return self.super end
function ClassM.toString_g(self) return self.name end
function ClassM.attributes_g(self) return self.attributes end

do
  local S = core.Object.S
  S.__index = S
  copy(ClassM, S)
  setmetatable(core.Object, S)
  function S.same_2(_, a, b)
    if type(a) == "table" and getmetatable(a) == R.RangeM then return (a:_eq(b)) end
    return a == b
  end
end

define("Bool", core.Object)
define("Fiber", core.Object)
define("Fn", core.Object)
define("Null", core.Object)
define("Num", core.Object)
define("Sequence", core.Object)
define("String", core.Sequence)
define("List", core.Sequence)
define("Map", core.Sequence)
define("Range", core.Sequence)
define("System", core.Object)
R.ListM, R.MapM, R.RangeM = core.List.M, core.Map.M, core.Range.M
R.primitive = {
  ["nil"] = core.Null, boolean = core.Bool, number = core.Num, string = core.String,
  ["function"] = core.Fn,
}

function R.lacks(receiver, key)
  raise(class_of(receiver).name .. " does not implement '" .. signature(key) .. "'.")
end

-- A method that a class lacks is nil, and calling nil ends here.
local function missing(_, receiver)
  local info = getinfo(1, "n")
  if not info.name then error("internal error: call of a nil value", 0) end
  R.lacks(receiver, info.name)
end

-- A superclass's method, found by its key. (A function that makes a closure is never compiled, so
-- that is done in another.)
local function lacking(P, key)
  return function()
    raise(P._class.name .. " does not implement '" .. signature(key) .. "'.")
  end
end
R.ClassM = ClassM
function R.super(P, key)
  local method = P[key]
  if method then return method end
  return lacking(P, key)
end

function R.install()
  setmeta(nil, { __index = core.Null.M, __call = missing })
  setmeta(true, { __index = core.Bool.M })
  setmeta(0, { __index = core.Num.M })
  setmeta(missing, { __index = core.Fn.M })
  getmetatable("").__index = core.String.M
end

-- Class definitions in Wren.
local SEALED = {}
for _, name in ipairs { "Class", "Fiber", "Fn", "List", "Map", "Range", "String", "Bool", "Null", "Num" } do
  SEALED[core[name]] = true
end

function R.class(module, name, super, default, fields)
  if default then super = core.Object end
  local start = "Class '" .. name .. "' "
  if type(super) ~= "table" or not super.M then
    raise(start .. "cannot inherit from a non-class object.")
  end
  if SEALED[super] then
    raise(start .. "cannot inherit from built-in class '" .. super.name .. "'.")
  end
  if super.fields == -1 then
    raise(start .. "cannot inherit from foreign class '" .. super.name .. "'.")
  end
  if fields == -1 and super.fields > 0 then
    raise("Foreign class '" .. name .. "' may not inherit from a class with fields.")
  end
  if fields >= 0 then fields = fields + (super.fields or 0) end
  if fields > 255 then
    raise(start .. "may not have more than 255 fields, including inherited ones.")
  end
  local class = new_class(name, super, fields)
  class.module = module
  if fields == -1 then R.bind_class(module, class) end
  return class
end

function R.parts(class) return class.M, class.S, class.super.M end

-- Arity: a function given fewer arguments than parameters, or asked (with -1) for its arity.
function R.short(given, arity)
  if given < 0 then return arity end
  raise("Function expects more arguments.")
end
