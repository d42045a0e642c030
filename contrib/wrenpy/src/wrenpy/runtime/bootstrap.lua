-- The first file: the runtime's table, and what differs between Lua versions.
local R = {}
R.unpack = unpack or table.unpack
if bit then
  R.bits = {
    band = bit.band, bor = bit.bor, bxor = bit.bxor, bnot = bit.bnot,
    lshift = function(a, b) return b < 32 and bit.lshift(a, b) or 0 end,
    rshift = function(a, b) return b < 32 and bit.rshift(a, b) or 0 end,
  }
else
  R.bits = load([[
    local to = math.tointeger
    local function float(f) return function(a, b) return f(to(a), to(b or 0)) % 4294967296.0 end end
    return {
      band = float(function(a, b) return a & b end), bor = float(function(a, b) return a | b end),
      bxor = function(a, ...)
        a = to(a)
        for i = 1, select("#", ...) do a = a ~ to((select(i, ...))) end
        return a % 4294967296.0
      end,
      bnot = float(function(a) return ~a end),
      lshift = float(function(a, b) return a << b end),
      rshift = float(function(a, b) return (a & 0xffffffff) >> b end),
    }
  ]])()
end
R.atan2 = math.atan2 or math.atan
math.frexp = math.frexp or function(x) -- enough for log2: is x a power of two?
  local e = math.floor(math.log(x, 2) + 0.5)
  return x == 2.0 ^ e and 0.5 or 0.75, e + 1
end
-- Garbage is collected in fewer, longer rounds than Lua's own: it is what small objects cost.
collectgarbage("stop")
collectgarbage("setpause", 400)
collectgarbage("setstepmul", 4000)
if jit then
  jit.opt.start("maxtrace=4000", "maxmcode=8192", "tryside=2")
end
return R
