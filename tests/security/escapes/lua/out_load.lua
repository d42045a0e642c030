-- Loaded code sees the globals of the script and no others.
-- expect: value [true, "nil", "nil", "nil"]
local env = load("return _G")()
return {
  env == _G, type(load("return debug")()), type(load("return package")()),
  type(load("return x", "c", "t", { debug = 1 })()),
}
