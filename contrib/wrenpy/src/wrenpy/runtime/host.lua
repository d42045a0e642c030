-- The border to the host: requests, modules, foreign methods, and values as the host sees them.
local R = ...
local core, raise, request = R.core, R.raise, R.request
local type, getmetatable, setmetatable, rawget = type, getmetatable, setmetatable, rawget
local select, unpack = select, R.unpack
local Fiber = core.Fiber.M

-- Ask the host; what it answers, or the error it answers with.
local function ask(...)
  local value, problem = request(...)
  if problem ~= nil then raise(problem) end
  return value
end

R.ask = ask

-- Modules: G holds variables, `far` reaches those that are Lua locals of a chunk.
local core_variables = {}
for name, class in pairs(core) do core_variables[name .. "_"] = class end

function R.module(name)
  return {
    name = name, known = {}, far = {}, G = setmetatable({}, { __index = core_variables }),
  }
end

function R.import(module, name)
  local found = ask("import", module.name, name)
  local chunk = found.chunk
  if chunk then
    found.chunk = nil
    chunk(R, found)()
  end
  return found
end

function R.variable(module, name)
  local far = module.far[name .. "_"]
  if far then return true, far() end
  if module.known[name] or core[name] then return true, module.G[name .. "_"] end
  return false
end
function R.set_variable(module, name, value)
  local far = module.far[name .. "_"]
  if far then
    far(true, value)
  else
    module.G[name .. "_"] = value
    module.known[name] = true
  end
end
function R.imported(module, name)
  local found, value = R.variable(module, name)
  if not found then
    raise("Could not find a variable named '" .. name .. "' in module '" .. module.name .. "'.")
  end
  return value
end

-- Foreign classes and methods. An instance keeps the host's object at `py`.
function R.bind_class(module, class)
  class.ref = ask("class", module.name, class.name, class)
end

function R.foreign(module, class, static, signature, arity)
  local ref = ask("bind", module.name, class, static, signature)
  if not ref then
    raise("Could not find foreign method '" .. signature .. "' for class " .. class
      .. " in module '" .. module.name .. "'.")
  end
  if type(ref) == "function" then return ref end -- one of the runtime's own
  return function(self, ...)
    R.F[1] = R.F[1] - 200
    local value, problem = request("call", ref, R.give(self), R.give_all(...))
    if problem ~= nil then raise(problem) end
    return value
  end
end

function R.allocate(class, ...)
  local self = setmetatable({}, class.M)
  if class.ref == nil then return self end
  R.F[1] = R.F[1] - 200
  self.py = ask("new", class.ref, R.give_all(...))
  if self.py ~= nil then R.remember(self) end
  return self
end

-- One wrapper for each host object, as long as Wren holds it.
local wrappers = setmetatable({}, { __mode = "v" })
function R.remember(wrapper) wrappers[R.identity(wrapper.py)] = wrapper end
function R.wrap(class, object, id)
  local wrapper = wrappers[id]
  if not wrapper then
    wrapper = setmetatable({ py = object }, class.M)
    wrappers[id] = wrapper
  end
  return wrapper
end

-- A value on its way out: the host's own object in place of its wrapper. Zero with a sign goes as an
-- object too: as a number it would lose it on the way.
local function give(value)
  if type(value) == "table" then
    local object = rawget(value, "py")
    if object ~= nil then return object end
  elseif value == 0 and 1 / value < 0 then
    return R.minus_zero
  end
  return value
end
R.give = give
local function give_some(a, ...)
  if select("#", ...) == 0 then return give(a) end
  return give(a), give_some(...)
end
function R.give_all(...)
  if select("#", ...) > 0 then return give_some(...) end
end

-- A module's variable, and whether there is one.
function R.read(module, name)
  local found, value = R.variable(module, name)
  return found, R.give(value)
end

-- What a table is to the host.
function R.kind(value)
  local M = getmetatable(value)
  if M == R.ListM then return "list" end
  if M == R.MapM then return "map" end
  if M == R.RangeM then return "range", value[1], value[2], value[3] end
  if M == Fiber then return "fiber" end
  if rawequal(value.S, M) then return "class" end
  return "instance"
end
-- Numbers that tell objects apart.
local numbers, last_number = setmetatable({}, { __mode = "k" }), 0
function R.number_of(value)
  local number = numbers[value]
  if not number then
    last_number = last_number + 1
    number = last_number
    numbers[value] = number
  end
  return number
end
function R.class_name(value) return R.class_of(value).name end

-- Contents of a list or map, a part at a time.
local PART = 100
function R.list_part(list, from)
  local to = math.min(from + PART, list[0])
  local part = {}
  for i = from + 1, to do part[i - from] = give(list[i]) end
  return unpack(part, 1, to - from)
end
function R.list_size(list) return list[0] end
function R.map_part(map, from)
  local part, n, slot = {}, 0, from
  while n < PART and slot < map[5] do
    slot = slot + 1
    local key = map[2][slot]
    if key ~= nil then
      part[n + 1] = R.wren_key(key)
      part[n + 2] = give(map[3][slot])
      n = n + 2
    end
  end
  return slot, slot >= map[5], unpack(part, 1, n)
end

-- Lists and maps from the host, a part at a time.
function R.list_add(list, ...)
  list = list or R.list { [0] = 0 }
  local n, count = list[0], select("#", ...)
  for i = 1, count do list[n + i] = (select(i, ...)) end
  list[0] = n + count
  return list
end
function R.map_add(map, ...)
  map = map or R.new_map()
  local values = { ... }
  for i = 1, select("#", ...), 2 do R.map_set(map, values[i], values[i + 1]) end
  return map
end

-- Calls from the host.
function R.call_task(budget, receiver, key, ...)
  local args, n = { ... }, select("#", ...)
  return R.task(function()
    local method = receiver[key]
    if not method then R.lacks(receiver, key) end
    return method(receiver, unpack(args, 1, n))
  end, budget)
end
function R.start_task(budget, chunk, module)
  return R.task(chunk(R, module), budget)
end
function R.make_function(chunk, module) return chunk(R, module) end

-- A function of the host as a Wren function.
function R.host_function(ref, arity)
  return function(given, ...)
    if given < arity then return R.short(given, arity) end
    R.F[1] = R.F[1] - 200
    local value, problem = request("apply", ref, R.give_all(R.first(arity, ...)))
    if problem ~= nil then raise(problem) end
    return value
  end
end
function R.first(n, ...)
  local values = { ... }
  return unpack(values, 1, n)
end
