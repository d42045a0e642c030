-- String functions that could run for ever inside C.

local P = ...
local rep, find, match, gmatch, gsub, sub = string.rep, string.find, string.match, string.gmatch, string.gsub, string.sub
local type, tostring, mtype, pcall = type, tostring, math.type, pcall
local check, charge, careful = P.check, P.charge, P.careful

local strings = {}
P.strings = strings

-- Without text to repeat, C would still count.
function strings.rep(s, n, sep)
  if s == "" and (sep == nil or sep == "") then return "" end
  return rep(s, n, sep)
end

-- How a pattern's work grows with the text: the exponent, and a factor. Each part that can take
-- more or less of the text multiplies it, but for one at the end, which is content with what it
-- has. C does what takes at most MOST steps; our own matcher does the rest.
local MOST, LITTLE = 2e7, 1e4
local GROWS = { star = 1, plus = 1, shortest = 1, back = 1, balance = 1 }
local function growth(pattern, at)
  local items = P.pattern(pattern, at)
  local power, factor, last = at == 1 and 1 or 0, 1 + #pattern, #items
  while last > 0 and items[last].name == "close" do last = last - 1 end
  for i = 1, #items do
    local name = items[i].name
    if name == "optional" then
      factor = factor * 2
    elseif GROWS[name] and (i < last or name == "back" or name == "balance") then
      power = power + 1
    end
  end
  return { power, factor }
end

local known, size = {}, 0
local function cheap(text, pattern, at, weight)
  local key = at .. pattern
  local g = known[key]
  if not g then
    if size > 200 then known, size = {}, 0 end
    local ok, grows = pcall(growth, pattern, at)
    if not ok then return true end -- malformed: C says so
    known[key], size, g = grows, size + 1, grows
  end
  local steps = (#text + 1.0) ^ g[1] * g[2] * weight
  if steps > MOST then return false end
  if careful and steps > LITTLE then charge(steps) end
  return true, steps
end

-- The text, if it is not for C; else nil, and the steps that C may take, where it can be told. Of
-- arguments of another type C complains.
local function costly(text, pattern, anchors, weight)
  if type(text) == "number" then text = tostring(text) end
  if type(text) ~= "string" or type(pattern) ~= "string" then return nil end
  local at = anchors and sub(pattern, 1, 1) == "^" and 2 or 1
  local fine, steps = cheap(text, pattern, at, weight or 1)
  if fine then return nil, steps or 0 end
  return text
end

local function from(text, init)
  if mtype(init) ~= "integer" or init == 0 then return 1 end
  if init > 0 then return init end
  return init < -#text and 1 or #text + init + 1
end

-- Plain text is searched by C in slices, with a look at the time between them.
local function find_plain(text, part, at)
  local slice = MOST // #part | 0
  if slice < 1 then slice = 1 end
  while at <= #text do
    local first, last = find(sub(text, at, at + slice + #part - 2), part, 1, true)
    if first then return at + first - 1, at + last - 1 end
    at = at + slice
    check()
  end
end

local function found(m, first, after)
  if not m then return nil end
  return first, after - 1, P.captures(m, first, after)
end

function strings.find(s, p, init, plain)
  if type(s) == "string" and type(p) == "string" and (plain or not find(p, "[%^$*+?.(%[%%-]")) then
    if #s * #p <= MOST then
      if careful and #s > LITTLE then charge(#s) end
      return find(s, p, init, true)
    end
    return find_plain(s, p, from(s, init))
  end
  local text = costly(s, p, true)
  if not text then return find(s, p, init, plain) end
  return found(P.search(text, p, from(text, init)))
end

function strings.match(s, p, init)
  local text = costly(s, p, true)
  if not text then return match(s, p, init) end
  local m, first, after = P.search(text, p, from(text, init))
  if not m then return nil end
  return P.captures(m, first, after, true)
end

function strings.gmatch(s, p, init)
  local text, steps = costly(s, p, false)
  if not text then
    local step = gmatch(s, p, init)
    if not careful or not steps or steps <= LITTLE then return step end
    return function()
      charge(steps)
      return step()
    end
  end
  return P.gmatch(text, p, from(text, init))
end

function strings.gsub(s, p, replacement, most)
  local kind = type(replacement)
  -- C reads the replacement at each match, of which it may take nothing.
  local marked = kind == "string" and find(replacement, "%", 1, true)
  local text = costly(s, p, true, marked and 1 + #replacement // 8)
  if not text or kind ~= "string" and kind ~= "number" and kind ~= "table" and kind ~= "function" then
    return gsub(s, p, replacement, most)
  end
  return P.gsub(text, p, replacement, mtype(most) == "integer" and most or nil)
end

if P.trusted then P.strings = nil end
