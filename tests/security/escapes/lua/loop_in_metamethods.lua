-- expect: limit_exceeded cpu
local function loop() while true do end end
local t = setmetatable({}, {
  __index = loop, __newindex = loop, __call = loop, __eq = loop, __lt = loop, __len = loop,
  __concat = loop, __tostring = loop, __pairs = loop, __name = "loop",
})
for _, f in ipairs {
  function() return t.x end, function() t.x = 1 end, function() return #t end,
  function() return t .. "" end, function() return tostring(t) end, function() return pairs(t) end,
} do pcall(f) end
