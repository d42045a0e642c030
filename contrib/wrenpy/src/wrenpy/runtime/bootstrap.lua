-- The first file: the runtime's table, and what differs between Lua versions.
local R = {}
R.unpack = unpack or table.unpack
if bit then
  R.bits = {
    band = bit.band, bor = bit.bor, bxor = bit.bxor, bnot = bit.bnot,
    lshift = bit.lshift, rshift = bit.rshift, -- by the lowest five bits, as processors do
  }
else
  R.bits = load([[
    local to = math.tointeger
    local function float(f) return function(a, b) return (f(to(a), to(b or 0)) & 0xffffffff) + 0.0 end end
    return {
      band = float(function(a, b) return a & b end), bor = float(function(a, b) return a | b end),
      bxor = function(a, ...)
        a = to(a)
        for i = 1, select("#", ...) do a = a ~ to((select(i, ...))) end
        return a % 4294967296.0
      end,
      bnot = float(function(a) return ~a & 0xffffffff end),
      lshift = float(function(a, b) return a << (b & 31) end),
      rshift = float(function(a, b) return (a & 0xffffffff) >> (b & 31) end),
    }
  ]])()
end
if math.type then -- integers would overflow where Wren's numbers do not
  for _, name in ipairs { "floor", "ceil" } do
    local whole = math[name]
    math[name] = function(x)
      local result = whole(x) + 0.0
      if result == 0 and (x < 0 or 1 / x < 0) then return -0.0 end
      return result
    end
  end
end
R.atan2 = math.atan2 or math.atan
math.frexp = math.frexp or function(x) -- enough for log2: is x a power of two?
  local e = math.floor(math.log(x, 2) + 0.5)
  return x == 2.0 ^ e and 0.5 or 0.75, e + 1
end
-- Garbage is collected in fewer, longer rounds than Lua's own: it is what small objects cost. The
-- first round waits until the heap has some size (see fuel.lua).
collectgarbage("stop")
if jit then
  collectgarbage("setpause", 400)
  collectgarbage("setstepmul", 4000)
  -- Few attempts at side traces: programs are short, and what is tried in vain is lost.
  jit.opt.start("maxtrace=4000", "maxmcode=8192", "tryside=2")
else
  collectgarbage("generational")
end
return R
