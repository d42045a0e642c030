"""The contract of scripting engines, in Lua."""

from __future__ import annotations

from typing import ClassVar

from polyspell.testing import EngineContract
from polyspell_lua.engine import LuaEngine

PS = 'local ps = require("polyspell") local demo = ps.demo '

SNIPPETS = {
    "answer": "return 42",
    "nothing": "local x = 1",
    "text": 'return "hällo 🌍"',
    "input": "return require('polyspell').input",
    "print": 'print("one") io.write("two", "\\n")',
    "set_global": "shared = 5",
    "get_global": "return shared",
    "double": "function double(x) return x * 2 end",
    "session_1": "x = 20",
    "session_2": "x + 22",
    "call": PS + "return demo.add(2, {b = 3})",
    "wait": PS + 'return demo.later("x")',
    "root": PS + 'ps.sleep(5) return "slept"',
    "naming": PS + "return demo.two_words()",
    "missing_function": PS + "demo.nonsense()",
    "missing_argument": PS + "demo.apply()",
    "log": PS + 'ps.log.info("noted")',
    "record": PS + 'local r = demo.result("hi") '
    'return r.text .. " " .. r.finish_reason .. " " .. r.usage.total_tokens',
    "record_back": PS + 'return demo.result("hi")',
    "handle": PS + "local c = demo.counter(5) c:add(2) return c.value",
    "handle_waits": PS + "return demo.counter(5):add_later(1)",
    "handle_back": PS + "return demo.kind(demo.counter())",
    "handle_missing": PS + "demo.counter():nonsense()",
    "handle_closes": PS + "do local c <close> = demo.counter(1) return c.value end",
    "handle_drop": PS
    + """
        local function make() for i = 1, 100 do demo.counter(i) end end
        make()
        for i = 1, 20000 do local t = {{}, {}} end""",
    "stream": PS + "local t = {} for x in demo.count(3) do t[#t + 1] = x end return t",
    "stream_break": PS + "for x in demo.count(3) do return x end",
    "callback": PS + "return demo.apply(function(x) return x + 1 end, 41)",
    "callback_waits": PS + "return demo.apply(function(x) return demo.later(x) + 1 end, 41)",
    "callback_nested": PS
    + """
        local function g(x) return x + 1 end
        return demo.apply(function(x) return demo.apply(g, x) + 1 end, 40)""",
    "callback_fails": PS
    + """
        local ok, e = pcall(demo.apply, function() error("boom") end, 1)
        return e.message""",
    "callbacks": PS
    + """
        local t = {} for i = 0, 99 do t[i + 1] = i end
        return demo.each(function(x) return demo.later(x) * 2 end, t)""",
    "keep": PS + "demo.keep(function(x) return demo.later(x) * 2 end)",
    "all": PS
    + """
        local t = {}
        for i = 0, 99 do
          t[i + 1] = function() return demo.later(i, {seconds = 100 - i}) end
        end
        return ps.all(t)""",
    "all_pending": PS
    + """
        local t = {}
        for i = 1, 3 do t[i] = ps.async(demo.later, i) end
        return ps.all(t)""",
    "all_fails": PS
    + """
        local ok, e = pcall(ps.all, {
          function() return demo.later(1) end,
          function() return demo.fail_later("teapot", "no") end,
        })
        return e.code""",
    "all_empty": PS + "return ps.all {}",
    "batch": PS + "return ps.batch(function() return demo.add(1, {b = 2}) end)",
    "import": 'return require("lib").value',
    "lib": 'local demo = require("polyspell").demo demo.tick() return {value = 7}',
    "import_twice": 'return require("lib").value + require("./lib").value',
    "import_nested": 'return require("nested").value',
    "nested": 'return {value = require("lib").value + 1}',
    "import_missing": 'require("absent")',
    "import_broken": 'require("broken")',
    "broken": '\nerror("boom")',
    "throw": """local function inner()
  error("boom")
end
local function outer()
  inner()
end
outer()
""",
    "throw_after_wait": PS + 'demo.later(1)\nerror("boom")',
    "syntax": "local x = 1\nlocal = 2",
    "catch_own": 'local ok, e = pcall(error, "boom") return e',
    "catch_host": PS
    + """
        local ok, e = pcall(demo.fail, "teapot", "no coffee", "brew tea")
        return {e.code, e.message, e.hint}""",
    "catch_host_later": PS
    + """
        local ok, e = pcall(demo.fail_later, "teapot", "no coffee", "brew tea")
        return {e.code, e.message, e.hint}""",
    "uncaught_host": PS + "\ndemo.forbidden()",
    "rethrow": PS
    + """
        local ok, e = pcall(demo.fail, "teapot", "no coffee", "brew tea")
        error(e)""",
    "catch_exhausted": PS + "local ok, e = pcall(demo.exhaust, ps.input) return e.code",
    "functions": PS
    + """
        return {
          identity = function(x) return x end,
          echo = function(x) return demo.echo(x) end,
          later = function(x) return demo.later(x) end,
          kind = function(x) return demo.kind(x) end,
          fail = function(x) error("boom") end,
        }""",
    "empties": PS + "return {ps.list {}, ps.object {}}",
    "big": "return 9007199254740993",
    "bytes": PS + 'return ps.bytes("\\0\\255\\n")',
    "holes": "return {1, nil, 3}",
    "nan_key": "return {[0/0] = 1}",
    "odd_key": "return {[true] = 1}",
    "cycle": "local t = {} t[1] = t return t",
    "deep": "local t = {} for i = 1, 100 do t = {t} end return t",
    "lone_surrogate": 'return "a\\xed\\xa0\\x80"',
    "unsendable": "return {tools = {1, {parameters = coroutine.create(print)}}}",
    "shared_bomb": "local t = {} for i = 1, 60 do t = {t, t} end return t",
    "endless": "while true do end",
    "endless_caught": "while true do pcall(function() while true do end end) end",
    "endless_callback": PS + "return demo.apply(function() while true do end end, 1)",
    "endless_waiting": PS + "while true do demo.later(1) end",
    "moment": "local t = {} for i = 1, 10 do t[i] = ('x'):rep(2^20) .. i end t = nil return 1",
    "memory": 'local t = {} while true do t[#t + 1] = ("x"):rep(1000) .. #t end',
    "memory_caught": """
        local t = {}
        local function fill() while true do t[#t + 1] = ("x"):rep(1000) .. #t end end
        while true do pcall(fill) end""",
    "recursion": "local function f() return 1 + f() end return f()",
    "flood": 'while true do print("x") end',
    "flood_caught": 'while true do pcall(print, "x") end',
    "wait_caught": PS + 'pcall(demo.later, "x") return "swallowed"',
}


class TestLua(EngineContract):
    engine = LuaEngine()
    extension = "lua"
    snippets: ClassVar = SNIPPETS
    lacks: ClassVar = {
        "order": "the keys of a table have no order",
        "import_cycle": "a module is the value that it returns: there is none before its end",
        "cycle_a": "see import_cycle",
        "cycle_b": "see import_cycle",
    }
