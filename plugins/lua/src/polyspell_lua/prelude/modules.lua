-- `require` of ours: `polyspell`, its modules, and files that the host finds.

local P = ...
local type, error, setmetatable, getinfo, match = type, error, setmetatable, debug.getinfo, string.match

P.files = {} -- source of a chunk: the file that its modules are relative to
local loaded, loading = {}, {}

-- The file of the script code that calls us.
local function importer()
  for level = 3, 40 do
    local info = getinfo(level, "S")
    if not info then return nil end
    if P.sources[info.source] then return P.files[info.source] end
  end
end

local function cycle(file)
  error(P.failure("script", "The module " .. file .. " requires itself while it is being loaded.",
    "Let one of the modules require the other inside a function."), 0)
end

-- Another fiber may be loading the same file, and may wait for us to load another.
local function wait_while_loading(file)
  local seen = {}
  local at = file
  while at and loading[at] do
    if loading[at].fiber == P.current or seen[at] then cycle(file) end
    seen[at] = true
    at = loading[at].fiber.requires
  end
  P.current.requires = file
  loading[file].future:wait()
  P.current.requires = nil
end

local function compile(found)
  local source = "@" .. found.name
  local f, e = P.load(found.source, source, P.globals)
  if not f then error(P.syntax_error(e, source), 0) end
  P.files[source] = found.file
  return f
end

local Load = {}
function Load.__close(load, e)
  loading[load.file] = nil
  load.settle(e == nil, e)
end

local function load_file(found)
  local file = found.file or found.name
  if loading[file] then wait_while_loading(file) end
  if loaded[file] then return loaded[file].value, file end
  local future, settle = P.promise()
  local load <close> = setmetatable({ file = file, settle = settle }, Load)
  loading[file] = { fiber = P.current, future = future }
  local value = compile(found)(found.name, found.file)
  loaded[file] = { value = value == nil and true or value }
  return value, file
end

function P.globals.require(name)
  if type(name) ~= "string" then error("bad argument #1 to 'require' (string expected)", 2) end
  if name == "polyspell" then return P.ps end
  local part = match(name, "^polyspell%.(.+)$")
  if part then
    return P.ps[part] or error("polyspell has no module '" .. part .. "'", 2)
  end
  return load_file(P.call("host", nil, "load", nil, 2, name, importer()))
end
