-- Lua's patterns matched in Lua, where limits hold at every step: for patterns that could keep the
-- matcher in C for longer than anyone waits. The classes are asked of C, so that they are the same.

local P = ...
local byte, char, sub, find, match, error = string.byte, string.char, string.sub, string.find, string.match, error
local concat, type, tostring, unpack, select = table.concat, type, tostring, table.unpack, select

local OPEN, POSITION = -1, -2 -- lengths of captures that have none
local MAX_CAPTURES = 32

local step -- (m, index of an item, position) gives the end of the match, or nothing

local ops = {}

function ops.one(m, i, at)
  if at <= m.size and m[i].set[byte(m.text, at)] then return step(m, i + 1, at + 1) end
end

function ops.optional(m, i, at)
  return at <= m.size and m[i].set[byte(m.text, at)] and step(m, i + 1, at + 1) or step(m, i + 1, at)
end

local function longest(m, i, at, least)
  local set, text, last = m[i].set, m.text, at
  while last <= m.size and set[byte(text, last)] do last = last + 1 end
  for stop = last, at + least, -1 do
    local e = step(m, i + 1, stop)
    if e then return e end
  end
end
function ops.star(m, i, at) return longest(m, i, at, 0) end
function ops.plus(m, i, at) return longest(m, i, at, 1) end

function ops.shortest(m, i, at)
  local set, text = m[i].set, m.text
  while true do
    local e = step(m, i + 1, at)
    if e then return e end
    if at > m.size or not set[byte(text, at)] then return nil end
    at = at + 1
  end
end

function ops.open(m, i, at)
  local level = m.level + 1
  if level > MAX_CAPTURES then error("too many captures", 0) end
  m.level, m.starts[level], m.lengths[level] = level, at, m[i].position and POSITION or OPEN
  local e = step(m, i + 1, at)
  if not e then m.level = level - 1 end
  return e
end

function ops.close(m, i, at)
  local level = m.level
  while level > 0 and m.lengths[level] ~= OPEN do level = level - 1 end
  if level == 0 then error("invalid pattern capture", 0) end
  m.lengths[level] = at - m.starts[level]
  local e = step(m, i + 1, at)
  if not e then m.lengths[level] = OPEN end
  return e
end

function ops.back(m, i, at)
  local n = m[i].number
  local length = n <= m.level and m.lengths[n] or OPEN
  if length == OPEN then error("invalid capture index %" .. n, 0) end
  if length == POSITION then return nil end
  local start = m.starts[n]
  if sub(m.text, at, at + length - 1) ~= sub(m.text, start, start + length - 1) then return nil end
  return step(m, i + 1, at + length)
end

function ops.balance(m, i, at)
  local text, open, close = m.text, m[i].first, m[i].second
  if at > m.size or byte(text, at) ~= open then return nil end
  local depth = 1
  for stop = at + 1, m.size do
    local c = byte(text, stop)
    if c == close then
      depth = depth - 1
      if depth == 0 then return step(m, i + 1, stop + 1) end
    elseif c == open then
      depth = depth + 1
    end
  end
end

function ops.frontier(m, i, at)
  local set = m[i].set
  local before = at > 1 and byte(m.text, at - 1) or 0
  local here = at <= m.size and byte(m.text, at) or 0
  if not set[before] and set[here] then return step(m, i + 1, at) end
end

function ops.finish(m, i, at)
  if at == m.size + 1 then return at end
end

function step(m, i, at)
  local item = m[i]
  if not item then return at end
  return item.run(m, i, at)
end

-- Reading a pattern

local QUANTIFIERS = { ["*"] = "star", ["+"] = "plus", ["-"] = "shortest", ["?"] = "optional" }

-- The end of a set that begins at `at` with its bracket.
local function set_end(pattern, at)
  at = at + 1
  if sub(pattern, at, at) == "^" then at = at + 1 end
  repeat
    local c = sub(pattern, at, at)
    if c == "" then error("malformed pattern (missing ']')", 0) end
    at = at + (c == "%" and 2 or 1)
  until sub(pattern, at, at) == "]"
  return at
end

local function set_of(class)
  local set = {}
  for b = 0, 255 do set[b] = find(char(b), "^" .. class) ~= nil end
  return set
end

local function special(pattern, at, c)
  if c == "(" then
    local position = sub(pattern, at + 1, at + 1) == ")"
    return { run = ops.open, name = "open", position = position }, at + (position and 2 or 1)
  elseif c == ")" then
    return { run = ops.close, name = "close" }, at + 1
  elseif c == "$" and at == #pattern then
    return { run = ops.finish }, at + 1
  end
  local escaped = c == "%" and sub(pattern, at + 1, at + 1)
  if not escaped then return nil end
  if escaped == "b" then
    local first, second = byte(pattern, at + 2, at + 3)
    if not second then error("malformed pattern (missing arguments to '%b')", 0) end
    return { run = ops.balance, name = "balance", first = first, second = second }, at + 4
  elseif escaped == "f" then
    if sub(pattern, at + 2, at + 2) ~= "[" then error("missing '[' after '%f' in pattern", 0) end
    local last = set_end(pattern, at + 2)
    return { run = ops.frontier, class = sub(pattern, at + 2, last) }, last + 1
  elseif match(escaped, "^%d$") then
    return { run = ops.back, name = "back", number = escaped + 0 }, at + 2
  end
end

local function single(pattern, at, c)
  local last = at
  if c == "[" then
    last = set_end(pattern, at)
  elseif c == "%" then
    last = at + 1
    if last > #pattern then error("malformed pattern (ends with '%')", 0) end
  end
  local class = sub(pattern, at, last)
  if match(class, "^[%^$*+?()%-%]]$") then class = "%" .. class end
  local name = QUANTIFIERS[sub(pattern, last + 1, last + 1)]
  return { run = ops[name or "one"], name = name, class = class }, last + (name and 2 or 1)
end

local function read(pattern, at)
  local items = {}
  while at <= #pattern do
    local c = sub(pattern, at, at)
    local item, after = special(pattern, at, c)
    if not item then item, after = single(pattern, at, c) end
    items[#items + 1], at = item, after
  end
  return items
end

-- A pattern ready to match: its items, and a memo of the last few patterns.
local memo, size = {}, 0
function P.pattern(pattern, at)
  local key = at .. pattern
  if not memo[key] then
    if size > 50 then memo, size = {}, 0 end
    memo[key], size = read(pattern, at), size + 1
  end
  return memo[key]
end

-- What can be done with it

local function begin(items, text)
  local m = { text = text, size = #text, starts = {}, lengths = {}, level = 0 }
  for i = 1, #items do
    local item = items[i]
    if item.class and not item.set then item.set = set_of(item.class) end
    m[i] = item
  end
  return m
end

local function try(m, at)
  m.level = 0
  return step(m, 1, at)
end

local function capture(m, i)
  local start, length = m.starts[i], m.lengths[i]
  if length == POSITION then return start end
  if length == OPEN then error("unfinished capture", 0) end
  return sub(m.text, start, start + length - 1)
end

-- The captures, or the whole match where there are none and it is asked for.
local function captures(m, first, after, whole)
  if m.level == 0 then
    if whole then return sub(m.text, first, after - 1) end
    return
  end
  local all = {}
  for i = 1, m.level do all[i] = capture(m, i) end
  return unpack(all, 1, m.level)
end

-- The first match from `at` on: its machine, first position, and the position after it.
function P.search(text, pattern, at)
  if at > #text + 1 then return nil end
  local anchored = sub(pattern, 1, 1) == "^"
  local m = begin(P.pattern(pattern, anchored and 2 or 1), text)
  for first = at, anchored and at or m.size + 1 do
    local after = try(m, first)
    if after then return m, first, after end
  end
end
P.captures = captures

function P.gmatch(text, pattern, at)
  local m, last = begin(P.pattern(pattern, 1), text), nil
  return function()
    for first = at, m.size + 1 do
      local after = try(m, first)
      if after and after ~= last then
        at, last = after, after
        return captures(m, first, after, true)
      end
    end
    at = m.size + 2
  end
end

local function expanded(m, template, first, after)
  local pieces, at = {}, 1
  while true do
    local mark = find(template, "%", at, true)
    pieces[#pieces + 1] = sub(template, at, (mark or 0) - 1)
    if not mark then return concat(pieces) end
    local c = sub(template, mark + 1, mark + 1)
    if c == "%" then
      pieces[#pieces + 1] = "%"
    elseif c == "0" or c == "1" and m.level == 0 then
      pieces[#pieces + 1] = sub(m.text, first, after - 1)
    elseif match(c, "^%d$") then
      if c + 0 > m.level then error("invalid capture index %" .. c .. " in replacement string", 0) end
      pieces[#pieces + 1] = capture(m, c + 0)
    else
      error("invalid use of '%' in replacement string", 0)
    end
    at = mark + 2
  end
end

local function replaced(m, replacement, first, after)
  local kind, value = type(replacement), nil
  if kind == "string" or kind == "number" then return expanded(m, tostring(replacement), first, after) end
  if kind == "table" then
    value = replacement[(captures(m, first, after, true))]
  else
    value = replacement(captures(m, first, after, true))
  end
  if not value then return sub(m.text, first, after - 1) end
  if type(value) ~= "string" and type(value) ~= "number" then
    error("invalid replacement value (a " .. type(value) .. ")", 0)
  end
  return value
end

function P.gsub(text, pattern, replacement, most)
  local anchored = sub(pattern, 1, 1) == "^"
  local m = begin(P.pattern(pattern, anchored and 2 or 1), text)
  local pieces, count, at, last = {}, 0, 1, nil
  while not most or count < most do
    local after = try(m, at)
    if after and after ~= last then
      count = count + 1
      pieces[#pieces + 1] = replaced(m, replacement, at, after)
      at, last = after, after
    elseif at <= m.size then
      pieces[#pieces + 1] = sub(text, at, at)
      at = at + 1
    else
      break
    end
    if anchored then break end
  end
  pieces[#pieces + 1] = sub(text, at)
  return concat(pieces), count
end
