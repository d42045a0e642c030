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

-- Functions of the script that the host knows, by number; the same function keeps its number, and is
-- kept until the host has given it back as often as it has crossed.
local functions, numbers, crossed, last = {}, {}, {}, 0
P.functions = functions
function P.number_of(fn)
  local id = numbers[fn]
  if not id then
    last = last + 1
    id = last
    functions[id], numbers[fn], crossed[id] = fn, id, 0
  end
  crossed[id] = crossed[id] + 1
  return id
end
function P.release(id)
  local fn = functions[id]
  if not fn then return end
  crossed[id] = crossed[id] - 1
  if crossed[id] == 0 then functions[id], numbers[fn], crossed[id] = nil, nil, nil end
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
