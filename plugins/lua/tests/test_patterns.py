"""Patterns matched by our own matcher give what C gives."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polyspell_lua.runtime import new_state, source

_BOTH = """
function(parts, host)
  local P = { check = function() end }
  for i = 1, #parts do load(parts[i])(P, {}) end
  local function outcome(f, ...)
    local all = table.pack(pcall(f, ...))
    if not all[1] then return "error" end
    for i = 1, all.n do all[i] = (math.type(all[i]) or "") .. tostring(all[i]) end
    return table.concat(all, "|", 1, all.n)
  end
  local function every(gmatch, text, pattern, init)
    local found = {}
    for a, b in gmatch(text, pattern, init) do
      found[#found + 1] = tostring(a) .. "," .. tostring(b)
    end
    return table.concat(found, ";")
  end
  local function search(text, pattern, at)
    local m, first, after = P.search(text, pattern, at)
    if not m then return nil end
    return first, after - 1, P.captures(m, first, after)
  end
  local function first_match(text, pattern, at)
    local m, first, after = P.search(text, pattern, at)
    if not m then return nil end
    return P.captures(m, first, after, true)
  end
  return function(text, pattern, init, replacement)
    local C = {
      outcome(string.find, text, pattern, init), outcome(string.match, text, pattern, init),
      outcome(every, string.gmatch, text, pattern, init),
      outcome(string.gsub, text, pattern, replacement),
      outcome(string.gsub, text, pattern, "<%0>", 2),
    }
    local ours = {
      outcome(search, text, pattern, init), outcome(first_match, text, pattern, init),
      outcome(every, P.gmatch, text, pattern, init),
      outcome(P.gsub, text, pattern, replacement), outcome(P.gsub, text, pattern, "<%0>", 2),
    }
    return table.concat(C, "\\n"), table.concat(ours, "\\n")
  end
end
"""


@pytest.fixture(scope="module")
def both() -> Any:
    lua = new_state()
    return lua.eval(_BOTH.encode())(lua.table_from([source("patterns").encode()]), None)


_CLASSES = st.sampled_from(
    ["a", "b", ".", "%a", "%d", "%s", "%W", "[ab]", "[^a]", "[a-c]", "[%d_]", "[]]", "[^]]", "-"]
)
_ITEMS = st.builds(str.__add__, _CLASSES, st.sampled_from(["", "", "*", "+", "-", "?"]))
_PARTS = _ITEMS | st.sampled_from(["()", "%bab", "%f[%a]", "%1", "$", "^"])
_GROUPS = st.lists(_PARTS, max_size=3).map(lambda parts: "(" + "".join(parts) + ")") | _PARTS
PATTERNS = st.builds(
    lambda start, parts, end: start + "".join(parts) + end,
    st.sampled_from(["", "", "^"]),
    st.lists(_GROUPS, max_size=5),
    st.sampled_from(["", "", "$"]),
)


@settings(max_examples=600, database=None, derandomize=True)
@given(
    st.text("ab1 _-]c", max_size=12),
    PATTERNS,
    st.integers(1, 4),
    st.sampled_from(["x", "%0%0", "[%1]", "%%", ""]),
)
def test_our_matcher_gives_what_the_one_in_c_gives(
    both: Any, text: str, pattern: str, init: int, replacement: str
) -> None:
    c, ours = both(text.encode(), pattern.encode(), init, replacement.encode())
    assert c == ours


@pytest.mark.parametrize("pattern", ["[a", "%", "(a", "a).*", "%b", "%f", "%2", "[%"])
def test_a_malformed_pattern_is_an_error_in_both(both: Any, pattern: str) -> None:
    c, ours = both(b"aaa", pattern.encode(), 1, b"")
    assert c.split(b"\n")[0] == ours.split(b"\n")[0]
