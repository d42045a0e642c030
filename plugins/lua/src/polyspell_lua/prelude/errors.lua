-- Errors of scripts, as the host gets them: code, message, hint, and where.

local P = ...
local type, tostring, rawget, tonumber, pcall = type, tostring, rawget, tonumber, pcall
local sub, match, gsub, utf8len, getmetatable = string.sub, string.match, string.gsub, utf8.len, debug.getmetatable

local LONGEST, LONGEST_NAME = 65536, 1024

-- The metatable of any value, ours included.
function P.mark(value)
  return type(value) == "table" and getmetatable(value) or nil
end

local function clean(text, longest)
  longest = longest or LONGEST
  if #text > longest then text = sub(text, 1, longest) .. " ..." end
  if not utf8len(text) then text = gsub(text, "[\x80-\xff]", "?") end
  return text
end

-- What a raised value says. Calls nothing of the script's.
function P.message(e)
  if type(e) == "table" then
    local message = rawget(e, "message")
    return clean(type(message) == "string" and message or "The script raised a table without a message.")
  end
  if type(e) == "string" or type(e) == "number" then return clean(tostring(e)) end
  return "The script raised a " .. type(e) .. "."
end

-- A message without the position that Lua puts before it, and that position.
local function located(message, frames)
  for _, frame in ipairs(frames) do
    local prefix = frame.short .. ":" .. frame.line .. ": "
    if sub(message, 1, #prefix) == prefix then
      return sub(message, #prefix + 1), sub(frame.source, 2), frame.line
    end
  end
  local short, line, rest = match(message, "^(.-):(%d+): (.*)$")
  if short and P.shorts[short] then return rest, sub(P.shorts[short], 2), tonumber(line) end
  local at = frames[1]
  if at then return message, sub(at.source, 2), at.line end
  return message
end

local function placed(context, frames, file, line)
  local t = {}
  for key, value in next, context do t[key] = value end
  -- Scripts choose names of chunks and functions: any bytes.
  t.file, t.line, t.frames = file and clean(file, LONGEST_NAME), line, P.list({})
  for i, frame in ipairs(frames) do
    local name, source = clean(frame.name, LONGEST_NAME), clean(sub(frame.source, 2), LONGEST_NAME)
    t.frames[i] = { ["function"] = name, file = source, line = frame.line }
  end
  return t
end

-- An error as packed data. One that already tells where a script failed keeps it.
function P.describe(e, frames)
  local message, file, line = located(P.message(e), frames)
  local ours = P.mark(e) == P.Error
  local context = ours and type(rawget(e, "context")) == "table" and rawget(e, "context") or {}
  if rawget(context, "frames") == nil then context = placed(context, frames, file, line) end
  local data = { code = "script", message = message, context = context }
  if ours then
    local code, hint = rawget(e, "code"), rawget(e, "hint")
    if type(code) == "string" then data.code = clean(code) end
    if type(hint) == "string" then data.hint = clean(hint) end
  end
  local ok, packed = pcall(P.encode_strict, data)
  if ok then return packed end
  data.context = placed({}, frames, file, line) -- the script has put something else into it
  return P.encode(data)
end

-- What `load` says of a chunk, as an error.
function P.syntax_error(text, name)
  local message, file, line = located(text, {})
  local short, at, rest = match(text, "^(.-):(%d+): (.*)$")
  if not line and short then message, file, line = rest, sub(name, 2), tonumber(at) end
  local e = P.failure("script_syntax", message)
  e.context = { file = file or sub(name, 2), line = line, frames = P.list({}) }
  return e
end
