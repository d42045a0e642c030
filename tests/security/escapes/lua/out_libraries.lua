-- expect: value []
local found = require("polyspell").list {}
for _, name in ipairs {
  "package", "debug", "python", "dofile", "loadfile", "collectgarbage", "loadstring", "ffi", "jit",
} do
  if _G[name] ~= nil then found[#found + 1] = name end
end
for library, names in pairs {
  os = { "execute", "exit", "getenv", "remove", "rename", "tmpname", "setlocale" },
  io = { "open", "popen", "lines", "read", "input", "output", "close", "tmpfile" },
  string = { "dump" },
} do
  for _, name in ipairs(names) do
    if _G[library][name] ~= nil then found[#found + 1] = library .. "." .. name end
  end
end
return found
