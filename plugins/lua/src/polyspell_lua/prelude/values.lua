-- What stands for what: marks of tables, numbers of functions, handles.

local P = ...
local rawget, rawset, rawlen, tostring, mtype, setmetatable = rawget, rawset, rawlen, tostring, math.type, setmetatable

-- Marks: what a table is. `holes` says which keys of a table are there and nothing.
local List = { __metatable = false, __name = "list" }
local Object = { __metatable = false, __name = "object" }
local Bytes = { __metatable = false, __name = "bytes" }
local Error = { __metatable = false, __name = "error" }
local nulls = setmetatable({}, { __mode = "k" }) -- dict: set of keys; list with holes: its length
local Holed = { __metatable = false, __name = "list" }
Holed.__len = function(list) return nulls[list] or rawlen(list) end
Holed.__newindex = function(list, key, value)
  if mtype(key) == "integer" and key > nulls[list] then nulls[list] = key end
  rawset(list, key, value)
end
P.List, P.Object, P.Bytes, P.Error, P.Holed, P.nulls = List, Object, Bytes, Error, Holed, nulls

-- Functions of the script that the host knows, by number; the same function keeps its number.
local functions, numbers, last = {}, {}, 0
P.functions = functions
function P.number_of(fn)
  local id = numbers[fn]
  if not id then
    last = last + 1
    id = last
    functions[id], numbers[fn] = fn, id
  end
  return id
end
function P.release(id)
  local fn = functions[id]
  if fn then functions[id], numbers[fn] = nil, nil end
end

-- Handles of the host by number, while the script holds them. Their identity is kept aside, so
-- that a script cannot make one up.
local handle_id = setmetatable({}, { __mode = "k" })
local handle_type = setmetatable({}, { __mode = "k" })
local handles = setmetatable({}, { __mode = "v" })
P.handle_id, P.handle_type, P.handles = handle_id, handle_type, handles
local records = {} -- metatable of a record: its type's name
P.records = records

-- An error as scripts see it: a table that reads as its message.
Error.__tostring = function(e) return tostring(rawget(e, "message")) end
function P.failure(code, message, hint)
  return setmetatable({ code = code, message = message, hint = hint }, Error)
end
