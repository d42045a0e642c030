"""What programs find without importing it: console, timers, clones, URLs, text."""

# ruff: noqa: E501 -- programs read best on one line

from __future__ import annotations

from typing import Any

import pytest


def printed(driver: Any, program: str) -> str:
    driver.value(program)
    text: str = driver.port.printed_to()
    return text


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ("'a', 1, null, undefined, true, 5n, -0", "a 1 null undefined true 5n -0"),
        ("['a', [1], {}]", "[ 'a', [ 1 ], {} ]"),
        ("{ a: 'x', 'b-c': [1, , 2] }", "{ a: 'x', 'b-c': [ 1, <empty>, 2 ] }"),
        ("new Map([['k', new Set([1])]])", "Map(1) { 'k' => Set(1) { 1 } }"),
        ("new Uint8Array([1, 2])", "Uint8Array(2) [ 1, 2 ]"),
        ("new Date(0), /x/g, Symbol('s')", "1970-01-01T00:00:00.000Z /x/g Symbol(s)"),
        ("function f() {}, class A {}, () => 1", "[Function: f] [class: A] [Function (anonymous)]"),
        ("(() => { const a = {}; a.self = a; return a })()", "{ self: [Circular] }"),
        ("{ get a() { throw 1 } }", "{ a: [Getter] }"),
        ("'%s is %d, %j%%', 'x', 4.5, { a: 1 }, 'more'", 'x is 4.5, {"a":1}% more'),
        ("demo.counter(), demo.result('hi').usage", "[Counter] Usage { total_tokens: 3 }"),
    ],
)
def test_the_console_shows_values(js: Any, values: str, shown: str) -> None:
    program = f"import {{ demo }} from 'polyspell'; console.log({values})"
    assert printed(js(), program) == shown + "\n"


def test_warnings_and_errors_go_to_the_error_output(js: Any) -> None:
    driver = js()
    driver.value(
        "console.warn('w'); console.error(new TypeError('bad')); console.assert(1 > 2, 'no')"
    )
    lines = driver.port.printed_to("stderr").splitlines()
    assert lines[0] == "w"
    assert lines[1] == "TypeError: bad"
    assert "(main:1:" in lines[2]
    assert lines[-1] == "Assertion failed: no"


def test_the_console_groups_counts_and_tabulates(js: Any) -> None:
    program = (
        "console.group('g'); console.log('in\\nside'); console.groupEnd(); console.count();"
        "console.count(); console.time('t'); console.timeEnd('t');"
        "console.table([{ a: 1, b: 'x' }, { a: 2 }])"
    )
    lines = printed(js(), program).splitlines()
    assert lines[:5] == ["g", "  in", "  side", "default: 1", "default: 2"]
    assert lines[5].startswith("t: ") and lines[5].endswith("ms")
    assert lines[7].split() == ["│", "(index)", "│", "a", "│", "b", "│"]
    assert lines[9].split() == ["│", "0", "│", "1", "│", "'x'", "│"]


def test_timers_fire_in_order_and_the_program_waits_for_them(js: Any) -> None:
    program = (
        "setTimeout((x) => console.log(x), 30, 'c'); setTimeout(() => console.log('b'), 10);"
        "const never = setTimeout(() => console.log('never'), 20); clearTimeout(never);"
        "setTimeout(() => console.log('a')); queueMicrotask(() => console.log('micro'));"
        "let n = 0; const t = setInterval(() => { if (++n === 3) clearInterval(t) }, 5);"
        "process: console.log('now')"
    )
    assert printed(js(), program) == "now\nmicro\na\nb\nc\n"


def test_an_error_in_a_timer_fails_the_program(js: Any) -> None:
    error = js().error("setTimeout(() => {\n  null.x }, 5)")
    assert error["context"]["line"] == 2
    assert "boom" in js().error("setTimeout(async () => { throw new Error('boom') }, 5)")["message"]


def test_a_program_waits_for_a_main_function_that_it_does_not_await(js: Any) -> None:
    head = "import { demo } from 'polyspell'; "
    driver = js()
    assert (
        printed(driver, head + "async function main() { console.log(await demo.later(1)) }\nmain()")
        == "1\n"
    )
    error = driver.error(
        head + "(async () => {\n  await demo.later(1);\n  throw new Error('lost') })()"
    )
    assert "lost" in error["message"]
    assert error["context"]["line"] == 3


def test_waiting_for_nothing_is_an_error(js: Any) -> None:
    assert "never happens" in js().error("await new Promise(() => {})")["message"]


def test_an_error_in_a_microtask_fails_the_program(js: Any) -> None:
    program = "import { demo } from 'polyspell';\nqueueMicrotask(() => { throw new Error('micro') });\nawait demo.later(1)"
    assert "micro" in js().error(program)["message"]


def test_clones_are_deep_and_keep_cycles(js: Any) -> None:
    program = """
        const a = { d: new Date(5), m: new Map([[1, new Set([2])]]), b: new Uint8Array([1]), r: /x/g, l: [1, , 2] };
        a.self = a;
        const c = structuredClone(a);
        let refused; try { structuredClone(() => 1) } catch (e) { refused = e.name }
        export default [c !== a, c.self === c, +c.d, c.m.get(1).has(2), c.b[0], String(c.r), 1 in c.l, refused];
    """
    expected = [True, True, 5, True, 1, "/x/g", False, "DataCloneError"]
    assert js().value(program) == expected


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("new URL('HTTP://User:pw@Example.com:80/a/../b c?q=é#h').href", "http://User:pw@example.com/b%20c?q=%C3%A9#h"),
        ("new URL('../x?y', 'https://e.org/a/b/c').href", "https://e.org/a/x?y"),
        ("new URL('//o.org/p', 'https://e.org/a').href", "https://o.org/p"),
        ("new URL('?q', 'https://e.org/a?b#c').href", "https://e.org/a?q"),
        ("new URL('mailto:a@b.c').pathname", "a@b.c"),
        ("new URL('https://e.org:8443').host", "e.org:8443"),
        ("new URL('https://e.org').origin", "https://e.org"),
        ("new URL('file:///a/b').href", "file:///a/b"),
        ("URL.canParse('nonsense')", False),
        ("URL.canParse('http://:99')", False),
        ("(() => { const u = new URL('http://e.org/?a=1'); u.searchParams.append('b', 'x y'); return u.href })()", "http://e.org/?a=1&b=x+y"),
        ("(() => { const u = new URL('http://e.org/a'); u.port = 81; u.hash = 'z'; u.pathname = 'q'; return u.href })()", "http://e.org:81/q#z"),
        ("String(new URLSearchParams({ a: '1&2', é: '~*' }))", "a=1%262&%C3%A9=%7E*"),
        ("[...new URLSearchParams('?a=1&b=%20+&a=2')].join('|')", "a,1|b,  |a,2"),
        ("new URLSearchParams('a=1&a=2').getAll('a').join()", "1,2"),
        ("JSON.stringify(new URL('a:b'))", '"a:b"'),
        ("new TextDecoder().decode(new TextEncoder().encode('é🌍'))", "é🌍"),
        ("btoa('x')", "eA=="),
    ],
)  # fmt: skip
def test_urls_and_text(js: Any, expression: str, value: object) -> None:
    assert js().value(f"export default {expression};") == value


def test_globals_can_be_replaced(js: Any) -> None:
    program = "globalThis.console = { log: (x) => { globalThis.got = x } }; console.log(5); export default got"
    assert js().value(program) == 5


@pytest.mark.parametrize(
    "code",
    ["eval('1')", "new Function('return 1')()", "(() => 1).constructor('return 1')()",
     "(async () => 1).constructor('return 1')()", "Object.getPrototypeOf(function* () {}).constructor('')",
     "Reflect.construct(Function, ['return 1'])()", "(0, eval)('1')",
     "Object.getPrototypeOf((async () => 1).constructor)('return 1')()"],
)  # fmt: skip
def test_code_cannot_be_made_from_text_unless_the_script_is_trusted(js: Any, code: str) -> None:
    assert js().run(f"export default {code};").error is not None
    assert js(trusted=True).run(f"export default typeof {code};").error is None


def test_functions_are_still_functions(js: Any) -> None:
    assert js().value(
        "export default [(() => 1) instanceof Function, Function.prototype.call.name]"
    ) == [True, "call"]
