"""What is Lua's own: how the API, values and waiting look in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from polyspell.scripting.engine import Call, ContextOptions, Outcome, Reply, Source
from polyspell.scripting.limits import Limits
from polyspell.testing.demo import API
from polyspell.testing.port import Driver, value_of
from polyspell_lua.engine import LuaEngine, warm

PS = 'local ps = require("polyspell") local demo = ps.demo '


@pytest.fixture
def lua() -> Iterator[Driver]:
    with Driver(LuaEngine()) as driver:
        yield driver


def test_warnings_go_to_the_log(lua: Driver) -> None:
    lua.value('warn("@on") warn("care", "ful")')
    assert lua.port.logged == [("warn", "careful")]


def test_modules_of_polyspell_can_be_required_by_name(lua: Driver) -> None:
    assert lua.value('return require("polyspell.demo").add(1, {b = 2})') == 3
    assert "no module 'nothing'" in lua.error('require("polyspell.nothing")')["message"]


def test_several_results_are_a_list(lua: Driver) -> None:
    assert lua.value("return 1, nil, 'x'") == [1, None, "x"]


def test_a_method_without_its_colon_says_so(lua: Driver) -> None:
    assert "counter:add(...)" in lua.error(PS + "demo.counter().add(2)")["message"]


def test_a_handle_cannot_be_written_to(lua: Driver) -> None:
    assert "belongs to the host" in lua.error(PS + "demo.counter().x = 1")["message"]


def test_a_handle_is_the_same_object_each_time(lua: Driver) -> None:
    assert lua.value(PS + "local c = demo.counter() return demo.echo(c) == c") is True


def test_a_stream_can_be_handed_on_as_the_last_argument(lua: Driver) -> None:
    assert lua.value(PS + "return demo.kind(demo.count(3))") == "HandleRef"


def test_a_handle_is_closed_once(lua: Driver) -> None:
    lua.value(PS + "do local c <close> = demo.counter() c:close() end")
    assert lua.port.closed == ["Counter"]


# -- lists, objects, bytes


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ("return {}", {}),
        ("return ps.list()", []),
        ("return ps.list({1, nil, 3, nil}, 4)", [1, None, 3, None]),
        ("return {1, nil, nil, 4}", [1, None, None, 4]),
        ("local t = demo.echo({1}) t[1] = nil return t", []),
        ("local t = demo.echo(ps.list {}) t[1] = 'x' return t", ["x"]),
        ("return setmetatable({a = 1}, {__index = {b = 2}})", {"a": 1}),
        ("return 2^53", 2.0**53),
        ("return math.mininteger", -(2**63)),
        ("return 3 // 1", 3),
        ("return 3.0", 3.0),
        ("return ps.bytes('a') .. 'b' .. ps.bytes('c')", b"abc"),
        ("return #ps.bytes('abc')", 3),
        ("return ps.bytes('a') == ps.bytes('a')", True),
        ("return tostring(ps.bytes('a')) .. ps.bytes('b').data", "ab"),
    ],
)
def test_a_table_is_what_it_says(lua: Driver, program: str, value: Any) -> None:
    got = lua.value(PS + program)
    assert (got, type(got)) == (value, type(value))


@pytest.mark.parametrize(
    ("program", "problem"),
    [
        ("return {1, a = 2}", 'the name "a" beside positions'),
        ("return {[1] = 1, [100] = 2}", "the position 100"),
        ("return {[1.5] = 1}", "the key 1.5"),
        ("return ps.object {1}", "the key 1"),
        ("return ps.async(function() end)", "still being waited for"),
        ("return '\\xff'", "is a string that is not UTF-8"),
        ("demo.echo({a = {'\\xff'}})", "a[0] is a string that is not UTF-8"),
    ],
)
def test_a_table_that_is_neither_is_an_error(lua: Driver, program: str, problem: str) -> None:
    error = lua.error(PS + program)
    assert error["code"] == "invalid"
    assert problem in error["message"]


def test_a_list_with_holes_counts_them_and_can_be_changed(lua: Driver) -> None:
    functions = lua.value("""
      return {
        count = function(t) return #t end,
        append = function(t) t[#t + 1] = "x" return t end,
        insert = function(t) table.insert(t, 1, "x") return t end,
        remove = function(t) table.remove(t) return t end,
      }""")
    results = {name: value_of(lua.call(f, [1, None, 3, None])) for name, f in functions.items()}
    assert results == {
        "count": 4,
        "append": [1, None, 3, None, "x"],
        "insert": ["x", 1, None, 3, None],
        "remove": [1, None, 3],
    }


def test_json_is_read_and_written(lua: Driver) -> None:
    program = PS + "return ps.json.encode(ps.json.decode(ps.input))"
    text = '{"a":[1,2.5,null,true,{}],"é":"\\n"}'
    with Driver(LuaEngine(), values={"input": text}) as driver:
        again = driver.value(program)
    assert sorted(again) == sorted(text)
    assert lua.value(PS + "return {ps.json.encode({}), ps.json.encode(ps.list {})}") == ["{}", "[]"]


@pytest.mark.parametrize(
    "program",
    ["ps.json.encode(0/0)", "ps.json.encode({a = {1/0}})", "ps.json.encode(print)",
     "ps.json.encode(ps.bytes(''))", "ps.json.encode('\\xff')", "ps.json.decode('{')",
     "ps.json.decode('9223372036854775808')"],
)  # fmt: skip
def test_what_json_cannot_say_is_an_error(lua: Driver, program: str) -> None:
    assert lua.error(PS + program)["code"] == "invalid"


# -- waiting


def test_a_coroutine_of_the_script_may_wait(lua: Driver) -> None:
    program = """
      local co = coroutine.wrap(function()
        for i = 1, 3 do coroutine.yield(demo.later(i)) end
      end)
      return {co(), demo.later("between"), co(), co()}"""
    assert lua.value(PS + program) == [1, "between", 2, 3]


def test_waiting_in_a_function_that_c_calls_is_an_error_that_says_so(lua: Driver) -> None:
    error = lua.error(PS + "table.sort({2, 1}, function() return demo.later(true) end)")
    assert "cannot wait here" in error["message"]
    assert lua.port.calls == []


def test_a_batch_starts_its_calls_at_once(lua: Driver) -> None:
    program = """
      local result = ps.batch(function()
        local first = demo.later(1)
        return {first, demo.later(2), "plain"}
      end)
      return result"""
    assert lua.value(PS + program) == [1, 2, "plain"]
    assert lua.port.peak == 2


def test_the_error_of_an_async_function_that_nobody_waits_for_is_printed(lua: Driver) -> None:
    lua.value(PS + 'ps.async(function() error("lost") end) demo.later(1)')
    assert "lost" in lua.port.printed_to("stderr")


def test_an_async_function_gives_its_result_to_who_waits(lua: Driver) -> None:
    assert lua.value(PS + "return ps.async(demo.later, 7):wait()") == 7
    error = lua.error(PS + 'ps.async(function() error("lost") end):wait()')
    assert (error["message"], error["context"]["line"]) == ("lost", 1)
    assert lua.port.printed_to("stderr") == ""


def test_cancelling_closes_the_variables_of_a_task(lua: Driver) -> None:
    task = lua.start(PS + "local c <close> = demo.counter() demo.later(1)")
    lua.context.cancel(task)
    assert lua.port.closed == ["Counter"]


def test_modules_that_require_each_other_are_an_error_and_no_hang() -> None:
    files = {
        "a.lua": 'require("polyspell").sleep(1) require("b")',
        "b.lua": 'require("polyspell").sleep(1) require("a")',
    }
    both = PS + 'ps.all {function() require("a") end, function() require("b") end}'
    for program in ('require("a")', both):
        with Driver(LuaEngine(), files=files) as driver:
            assert "requires itself" in driver.error(program)["message"]


def test_two_fibers_that_require_a_module_share_it() -> None:
    files = {"slow.lua": 'local ps = require("polyspell") ps.sleep(1) return {ps.demo.tick()}'}
    program = (
        PS
        + """
      local function get() return require("slow") end
      local both = ps.all {get, get}
      return {both[1] == both[2], both[1][1]}"""
    )
    with Driver(LuaEngine(), files=files) as driver:
        assert driver.value(program) == [True, 1]


# -- limits


def test_the_error_of_the_memory_limit_tells_about_where() -> None:
    program = "local t = {}\nwhile true do t[#t + 1] = ('x'):rep(1000) .. #t end"
    with Driver(LuaEngine(), limits=Limits(memory=16 * 2**20)) as driver:
        assert driver.error(program)["context"]["line"] == 2


def test_a_shallow_limit_of_depth_is_kept() -> None:
    program = "local function f() return 1 + f() end return f()"
    with Driver(LuaEngine(), limits=Limits(depth=1000)) as driver:
        assert driver.error(program)["context"]["limit"] == "depth"


def test_after_a_limit_everything_else_is_refused_with_the_same_error() -> None:
    with Driver(LuaEngine(), limits=Limits(cpu=0.05)) as driver:
        error = driver.error("while true do end")
        assert driver.error("return 1") == error
        driver.context.release([1])
        driver.context.cancel(1)
        driver.context.answer(Reply(1))


class _Interrupting:
    """A port at which somebody presses Ctrl-C."""

    def ask(self, call: Call) -> Reply | None:
        raise KeyboardInterrupt

    def finish(self, outcome: Outcome) -> None:
        raise AssertionError("an interrupt is no outcome")

    def output(self, stream: str, text: str) -> None: ...

    def drop(self, handles: Any) -> None: ...


def test_an_interrupt_cannot_be_caught_by_the_script() -> None:
    context = LuaEngine().open(ContextOptions(API), _Interrupting())
    with pytest.raises(KeyboardInterrupt):
        context.run(1, Source(PS + "while true do pcall(demo.add, 1) end"))
    context.close()


def test_a_trusted_script_without_limits_has_the_whole_library() -> None:
    limits = Limits(*[None] * len(Limits.__struct_fields__))
    with Driver(LuaEngine(), limits=limits, trusted=True) as driver:
        assert driver.value("return type(io.open) .. type(os.getenv) .. type(debug.sethook)") == (
            "functionfunctionfunction"
        )


def test_the_warm_up_runs() -> None:
    warm()


EVERYTHING = (
    PS
    + """
local keep = {}
for i = 1, 20 do
  keep[#keep + 1] = demo.echo({a = ("x"):rep(50) .. i, b = {1, {c = i}}, f = function() end})
  keep[#keep + 1] = {demo.later("y" .. i), demo.result("t"), demo.counter(i)}
  pcall(demo.fail, "teapot", "text " .. i, "hint")
  pcall(error, "boom" .. i)
  keep[#keep + 1] = ps.json.decode(ps.json.encode({a = {i, "z"}}))
  keep[#keep + 1] = ps.all {function() return demo.later(i) end, function() return {i} end}
  keep[#keep + 1] = demo.apply(function(v) return {v, demo.later(v)} end, i)
  for x in demo.count(2) do keep[#keep + 1] = x end
  print("line", i, ("p"):rep(20))
end
"""
)


def test_wherever_memory_ends_the_end_is_clean() -> None:
    """An allocation that failed inside Python's part of a call would jump over its frames."""
    limits = set()
    for memory in range(0, 120_000, 1_499):
        with Driver(LuaEngine(), limits=Limits(wall=60.0, cpu=30.0, memory=memory)) as driver:
            error = driver.run(EVERYTHING).error
            limits.add(error and error["context"]["limit"])
    assert limits == {None, "memory"}


def test_json_is_weighed_only_where_memory_has_a_limit() -> None:
    with Driver(LuaEngine(), limits=Limits(memory=None)) as driver:
        program = "return #require('polyspell').json.decode('[' .. ('[],'):rep(20000) .. '1]')"
        assert driver.value(program) == 20001
