-- expect: value [false, false, false, false]
local function f() return ("x"):gsub("x", f) end
local t = setmetatable({}, {})
getmetatable(t).__tostring = function() return tostring(t) end
local function g() return pcall(g) and load(g) end
local function h() return coroutine.wrap(h)() end
local nested = load("return " .. ("("):rep(100000) .. (")"):rep(100000))
return { pcall(f) and true, (pcall(tostring, t)), nested ~= nil, (pcall(h)) }
