"""What stands in scripts so that they see their end changes nothing that they do or tell."""

from __future__ import annotations

from typing import Any

import pytest
from polyspell_quickjs.guards import Guards
from polyspell_quickjs.syntax import read


def guarded(source: str, name: str = "a.js") -> str:
    return read(source, name).linked("a", [], Guards("_x", True)).text()


@pytest.mark.parametrize(
    ("source", "value"),
    [
        ("const f = a => b => c => a + b + c; export default f(1)(2)(3)", 6),
        ("const f = () => ({ a: 1 }); export default f()", {"a": 1}),
        ("const f = async x => await x; export default await f(4)", 4),
        ("let n = 0; for (let i = 0; i < 5; i++) n += i\nexport default n", 10),
        ("let n = 0; for (;;) if (++n > 3) break; else continue; export default n", 4),
        ("let n = 0; while (n < 3) n++\nexport default n", 3),
        ("let n = 0; while (n < 3) n++ // a\n// b\nexport default n", 3),
        ("let n = 0; while (n < 3) if (n < 9) n++ /* a */ // b\n /* c */ export default n", 3),
        ("const f = () => { for (;;) return 3 // a\n }\nexport default f() // b", 3),
        ("let n = 0; do n++; while (n < 3); export default n", 3),
        ("let n = 0; do n++\nwhile (n < 3)\nexport default n", 3),
        ("let n = 0; for (const i of [1, 2]) for (const j in [1]) n += i; export default n", 3),
        ("let n = 0; for (let i = 0; i < 3; i++); export default n", 0),
        (
            "let n = 0; a: for (;;) b: for (;;) { if (n++ > 2) break a; continue b }"
            "export default n",
            4,
        ),
        ("let n = 0; for (;;) a: { n++; if (n < 3) break a; break }\nexport default n", 3),
        ("let f; for (const i of [1]) f = x => x + i\nexport default f(1)", 2),
        ("function* f() { yield* [1, 2]; return 3 } export default [...f()]", [1, 2]),
        (
            "class A { static n = 1; static { A.n++; } x = () => this; get y() { return 5; } "
            "set y(v) {} constructor(z = (() => 2)()) { this.z = z; } } "
            "class B extends A { constructor() { super(); } } "
            "export default [A.n, new B().y, new B().z, new B().x() instanceof B]",
            [2, 5, 2, True],
        ),
        ("const f = () => {}; export default [f.name, f() === undefined]", ["f", True]),
        ("const f = x => x ? y => y : z => z * 2; export default f(0)(4)", 8),
        ("const f = ({ a = () => 1 }) => a(); export default f({})", 1),
        ("let n = 0n; while (n < 9n) n = n + 1n\nexport default n + 1n", 10),
        ("const o = { n: null }; export default [2n, o.n?.f(-1n).g(1), `${-1n}${!1n}`]",
         [2, None, "-1false"]),
        ("let s = ''\n" + "s += 'a'\n" * 20 + "export default s", "a" * 20),
        ("let n = 0\n" + "if (n < 0) n--\nelse n++\n;[n].map(x => x)\n" * 9 + "export default n",
         9),
        ("export default " + "1+" * 30 + "1 * 2", 32),
        ("export default (() => import.meta.url)()", "main.js"),
        ("export default [1, 2].map(x => { try { throw x } catch (e) { return e * 2 } })", [2, 4]),
        ("#!/usr/bin/env polyspell\nexport default (x => x)(3)", 3),
        ("function f() { 'use strict'; return this }\nexport default f() === undefined", True),
        ("const __left = 1, __beat = () => 2; export default [__left, __beat()]", [1, 2]),
    ],
)  # fmt: skip
def test_a_guarded_script_gives_what_it_would_give(js: Any, source: str, value: Any) -> None:
    assert js().value(source, name="main.js") == value


def test_types_are_erased_around_guards(js: Any) -> None:
    source = (
        "function f(x: string): string; function f(x: any): any { return x as string }\n"
        "const g = <T,>(x: T) => x as T; const h = (x: number) => x satisfies number;\n"
        "export default [f('a'), g(1), h(2)]"
    )
    assert js().value(source, name="main.ts") == ["a", 1, 2]


@pytest.mark.parametrize(
    "source",
    [
        "const f = a => b => { for (;;) while (true) throw new Error('x' + a + b) }; f(1)(2)",
        "const f = a => { try { throw 1 } catch { throw new Error('a') } }; for (;;) f(1)",
        "let a\nfor (;;)\n  while (1) nothing()",
    ],
)
def test_an_error_names_the_place_as_it_was_written(js: Any, source: str) -> None:
    guarded, plain = (js(trusted=trusted).error(source)["context"] for trusted in (False, True))
    for key in ("file", "line", "column", "source"):
        assert guarded[key] == plain[key]
    assert guarded["source"] == source.splitlines()[guarded["line"] - 1]


def test_each_loop_and_function_looks_up() -> None:
    text = guarded("for (;;) (a => { while (1) b(() => c) })(function* () { do d(); while (1) });")
    assert text.count("__beat_x()") == 6


def test_many_statements_and_operations_look_up_now_and_then() -> None:
    assert guarded("f()\n" * 100).count("__beat_x()") == 12
    assert guarded("g([" + "f()," * 100 + "])").count("__beat_x()") == 12
    assert guarded("x = a" + " + b" * 100).count("__beat_x()") == 12
    assert guarded("x = 1n" + " + b" * 100).count("__beat_x(") == 101


def test_where_a_process_ends_nothing_looks_up() -> None:
    source = "for (;;) x => y;"
    assert read(source, "a.js").linked("a", [], Guards("_x", False)).text() == source


def test_names_have_an_ending_that_no_script_knows(js: Any) -> None:
    names = "Object.getOwnPropertyNames(globalThis).filter(n => n.startsWith('__beat'))"
    first, second = (js().value(f"export default {names}") for _ in range(2))
    assert len(first) == len(second) == 1 and first != second


@pytest.mark.parametrize(
    "source",
    [
        "const __beat_x7f = () => 9; for (;;) ;",
        r"var \u{5f}_left\u005Fx\u{37}f = Infinity; for (;;) ;",
    ],
)
def test_a_file_that_has_the_names_of_guards_is_refused(source: str) -> None:
    script = read(source, "a.js")
    assert Guards("_x7f", True).refuse(script.root, script.source, script.patterns)
    assert not Guards("_y7f", True).refuse(script.root, script.source, script.patterns)


@pytest.mark.parametrize(
    ("source", "loops"),
    [
        ("#!a\rfor (;;) ;\n1", 1),
        ("#!a\u2028for (;;) ;\n1", 1),
        ("let n = 1;\n<any> while (n) n = 2;", 1),
        ("type A = 1\nfor (;;) ;", 1),
    ],
)
def test_no_loop_is_hidden_by_what_the_engine_reads_otherwise(source: str, loops: int) -> None:
    assert guarded(source, "a.ts").count("__beat_x()") == loops


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("[text.indexOf(long), text.indexOf(long, 7), text.indexOf(long, 1e9)]", [6, 30012, -1]),
        ("[text.lastIndexOf(long), text.lastIndexOf(long, 30011)]", [30012, 6]),
        ("[text.includes(long), text.includes(long + 'y')]", [True, False]),
        ("text.split(long).map(s => s.length)", [6, 6, 1]),
        ("text.split(long, 1).length", 1),
        ("text.replace(long, '$$1').slice(0, 14)", "before$1middle"),
        ("text.replaceAll(long, (m, at, all) => `<${at},${all.length}>`)",
         "before<6,60013>middle<30012,60013>z"),
        ("text.replaceAll(long, '[$`$$]').slice(0, 20)", "before[before$]middl"),
        ("'é e\u0301'.repeat(9000).normalize('NFC') === 'é é'.repeat(9000)", True),
        ("'ab'.repeat(9000).localeCompare('ab'.repeat(9000) + 'c')", -1),
        ("JSON.stringify({ a: [undefined, () => 1, 1n < 2], b: undefined }, null, 1)",
         '{\n "a": [\n  null,\n  null,\n  true\n ]\n}'),
        ("JSON.stringify({ a: 1, b: [{ a: 2, c: 3 }] }, ['b', 'a'])", '{"b":[{"a":2}],"a":1}'),
        ("JSON.stringify({ a: 1, b: 'x' }, (k, v) => (v === 1 ? 2 : v))", '{"a":2,"b":"x"}'),
        ("JSON.stringify(new Date(0))", '"1970-01-01T00:00:00.000Z"'),
        ("[JSON.stringify(undefined) === undefined, JSON.stringify('a')]", [True, '"a"']),
        ("[[1, 2, 3].splice(1, 1), [1].concat([2], 3, 'ab'), [0].unshift(1, 2)]",
         [[2], [1, 2, 3, "ab"], 3]),
        ("[new RegExp(/a/g, 'i').flags, RegExp('[b]').test('b'), new RegExp().source, "
         "new RegExp(/x/y).flags, /a/ instanceof RegExp, /a/.constructor === RegExp]",
         ["i", True, "(?:)", "y", True, True]),
        ("[''.indexOf.name, ''.indexOf.length]", ["indexOf", 1]),
        ("[[3, 1, , 2].sort().length, [10, 9, 'b'].toSorted(), [2, 1].sort((a, b) => a - b)]",
         [4, [10, 9, "b"], [1, 2]]),
        ("[[1, [2, null]].join('-'), [1, undefined].toLocaleString(), ['1', '2'].map(Number)]",
         ["1-2,", "1,", [1, 2]]),
        ("[[1n, 2n].indexOf(2n), [1n].includes(1n), [long].lastIndexOf(long, -1)]", [1, True, 0]),
        ("[new Set([1, 1]).size, new (class extends Map {})([[1, 2]]).get(1), Set.length]",
         [1, 2, 0]),
        ("[[...new Set([1, 2]).union(new Map([[3, 4]]))], new Set([1]).isSubsetOf(new Set([1]))]",
         [[1, 2, 3], True]),
        ("[Uint8Array.from([1, '2'], x => x * 2).join(), new Float64Array({ length: 1, 0: 4 })[0], "
         "new Uint8Array(new ArrayBuffer(4), 2).length, new Int8Array([1]) instanceof Int8Array]",
         ["2,4", 4, 2, True]),
        ("[Math.max(...Array(20).keys(), '30'), String.raw`a\\n${1}`, "
         "Object.fromEntries([['a', 1]])]",
         [30, "a\\n1", {"a": 1}]),
        ("[Math.max.bind(null, 5).name, new (Date.bind(null, 0))().getTime(), "
         "[].slice.call({ length: 2, 1: 'b' }, 1)]", ["bound max", 0, ["b"]]),
        ("[Object.keys(new Proxy({ a: 1 }, { ownKeys: () => ['a'] })), "
         "Array.isArray(new Proxy([], {})), new Proxy({}, { get: (t, k) => k }).x]",
         [["a"], True, "x"]),
        ("[[1, 2, 3].values().drop(1).toArray(), [1].values().map(String).toArray()]",
         [[2, 3], ["1"]]),
        ("[Object.assign({}, { a: 1 }, null), atob('YQ=='), 2n ** 70n, -(2n ** 70n)]",
         [{"a": 1}, "a", 2**70, -(2**70)]),
        ("await Promise.all([Promise.resolve('1').then(Number), Promise.reject(1).catch(String)])",
         [1, "1"]),
    ],
)  # fmt: skip
def test_built_ins_that_look_up_do_what_they_do(js: Any, expression: str, value: Any) -> None:
    head = "const long = '.*a'.repeat(10000), text = 'before' + long + 'middle' + long + 'z';"
    assert js().value(f"{head} export default {expression}") == value


def test_a_source_that_is_no_syntax_is_left_to_the_engine() -> None:
    script = read("(" * 100_000, "a.js")
    assert script.root.has_error and not script.notes


def test_a_pattern_so_long_that_nothing_would_end_it_is_refused(js: Any) -> None:
    source = f"export default /{'a' * 5000}/.test('a')"
    assert js().error(source)["code"] == "script_syntax"
    assert js(trusted=True).value(source) is False
