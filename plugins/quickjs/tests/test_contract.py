"""The contract of engines, kept by JavaScript."""

# ruff: noqa: E501 -- programs read best on one line

from __future__ import annotations

from typing import ClassVar

from polyspell.testing import EngineContract
from polyspell_quickjs.engine import JavaScriptEngine

HEAD = 'import ps, { demo, all, batch, sleep, log, input } from "polyspell"; '
SNIPPETS = {
    "answer": "export default 42;",
    "nothing": "const nothing = 1;",
    "text": "export default 'hällo 🌍';",
    "input": "export default input;",
    "print": "console.log('one'); console.log('two');",
    "set_global": "globalThis.shared = 5;",
    "get_global": "export default shared;",
    "double": "globalThis.double = (x) => x * 2;",
    "session_1": "const x = 20",
    "session_2": "x + 22",
    "call": "export default demo.add(2, { b: 3 });",
    "wait": "export default await demo.later('x');",
    "root": "await sleep(5); export default 'slept';",
    "naming": "export default demo.twoWords();",
    "missing_function": "demo.nonsense();",
    "missing_argument": "await demo.apply();",
    "log": "log.info('noted');",
    "record": "const r = demo.result('hi');"
    "export default `${r.text} ${r.finishReason} ${r.usage.totalTokens}`;",
    "record_back": "export default demo.result('hi');",
    "handle": "const c = demo.counter(5); c.add(2); export default c.value;",
    "handle_waits": "export default await demo.counter(5).addLater(1);",
    "handle_back": "export default demo.kind(demo.counter());",
    "handle_missing": "demo.counter().nonsense();",
    "handle_closes": "let value; { using c = demo.counter(); value = c.add(1); } export default value;",
    "handle_drop": "(() => { for (let i = 0; i < 100; i++) demo.counter(i); })(); await demo.later(1);",
    "stream": "const got = []; for await (const n of demo.count(3)) got.push(n); export default got;",
    "stream_break": "let first; for await (const n of demo.count(3)) { first = n; break; }"
    "export default first;",
    "callback": "export default await demo.apply((x) => x + 1, 41);",
    "callback_waits": "export default await demo.apply(async (x) => (await demo.later(x)) + 1, 41);",
    "callback_nested": "export default await demo.apply("
    "async (x) => (await demo.apply((y) => y + 1, x)) + 1, 40);",
    "callback_fails": "let text; try { await demo.apply(() => { throw new Error('boom'); }, 1); }"
    "catch (error) { text = error.message; } export default text;",
    "callbacks": "export default await demo.each("
    "async (x) => (await demo.later(x)) * 2, [...Array(100).keys()]);",
    "keep": "demo.keep(async (x) => (await demo.later(x)) * 2);",
    "all": "export default await all([...Array(100).keys()].map("
    "(i) => () => demo.later(i, { seconds: 100 - i })));",
    "all_pending": "export default await all([1, 2, 3].map((i) => demo.later(i)));",
    "all_fails": "let code; try { await all([demo.later(1), demo.failLater('teapot', 'no')]); }"
    "catch (error) { code = error.code; } export default code;",
    "all_empty": "export default await all([]);",
    "batch": "export default await batch(() => demo.add(1, { b: 2 }));",
    "import": "import { value } from './lib'; export default value;",
    "lib": "import { demo } from 'polyspell'; demo.tick(); export const value = 7;",
    "import_twice": "import { value } from './lib'; const again = await import('./lib.js');"
    "export default value + again.value;",
    "import_nested": "import { value } from './nested'; export default value;",
    "nested": "import { value as inner } from './lib'; export const value = inner + 1;",
    "import_missing": "import './absent';",
    "import_broken": "import './broken';",
    "broken": "const a = 1;\nthrow new Error('boom');",
    "import_cycle": "import { name } from './cycle_a'; export default name;",
    "cycle_a": "import { name as other } from './cycle_b'; export const name = 'a'; export { other };",
    "cycle_b": "import { name as other } from './cycle_a'; export const name = 'b';"
    "export const both = () => name + other;",
    "throw": "function inner() {\n  throw new Error('boom');\n}\n"
    "function outer() {\n  inner();\n}\nouter();",
    "throw_after_wait": "await demo.later(1);\nthrow new Error('boom');",
    "syntax": "const a = 1;\nconst b = = 2;",
    "catch_own": "let text; try { throw new Error('boom'); } catch (e) { text = e.message; }"
    "export default text;",
    "catch_host": "let got; try { demo.fail('teapot', 'no coffee', 'brew tea'); }"
    "catch (e) { got = [e.code, e.message, e.hint]; } export default got;",
    "catch_host_later": "let got; try { await demo.failLater('teapot', 'no coffee', 'brew tea'); }"
    "catch (e) { got = [e.code, e.message, e.hint]; } export default got;",
    "uncaught_host": "\ndemo.forbidden();",
    "rethrow": "try { demo.fail('teapot', 'no coffee', 'brew tea'); } catch (e) { throw e; }",
    "catch_exhausted": "let code; try { demo.exhaust(input); } catch (e) { code = e.code; }"
    "export default code;",
    "functions": "export default { identity: (x) => x, echo: (x) => demo.echo(x),"
    "later: (x) => demo.later(x), kind: (x) => demo.kind(x),"
    "fail: (x) => { throw new Error('boom'); } };",
    "empties": "export default [[], {}];",
    "big": "export default 9007199254740993n;",
    "bytes": "export default new Uint8Array([0, 255, 10]);",
    "holes": "export default [1, , 3];",
    "nan_key": "export default new Map([[NaN, 1]]);",
    "odd_key": "export default new Map([[{}, 1]]);",
    "cycle": "const a = []; a.push(a); export default a;",
    "deep": "let a = []; for (let i = 0; i < 100; i++) a = [a]; export default a;",
    "lone_surrogate": "export default '\\ud800';",
    "unsendable": "export default { tools: [1, { parameters: Symbol('x') }] };",
    "shared_bomb": "let a = []; for (let i = 0; i < 60; i++) a = [a, a]; export default a;",
    "endless": "for (;;) {}",
    "endless_caught": "for (;;) try { for (;;) {} } catch {}",
    "endless_callback": "export default await demo.apply(() => { for (;;) {} }, 1);",
    "endless_waiting": "for (;;) await demo.later(1);",
    "moment": "(() => new Uint8Array(10 * 2 ** 20).fill(1).length)(); export default 1;",
    "memory": "const held = []; for (;;) held.push('x'.repeat(1000) + held.length);",
    "memory_caught": "const held = []; for (;;) try {"
    "held.push('x'.repeat(1000) + held.length); } catch {}",
    "recursion": "function f() { return f() + 1; } f();",
    "flood": "for (;;) console.log('flood');",
    "flood_caught": "for (;;) try { console.log('flood'); } catch {}",
    "wait_caught": "let got; try { got = await demo.later('x'); } catch { got = 'swallowed'; }"
    "export default got;",
}
BARE = {
    "answer",
    "nothing",
    "session_1",
    "session_2",
    "lib",
    "nested",
    "broken",
    "cycle_a",
    "cycle_b",
}


class TestJavaScript(EngineContract):
    """JavaScript by QuickJS."""

    engine = JavaScriptEngine()
    extension = "js"
    snippets: ClassVar = {
        name: code if name in BARE else HEAD + code for name, code in SNIPPETS.items()
    }
    lacks: ClassVar = {
        "order": "an object has keys that are positions before the others",
        "memory_peak": "QuickJS keeps no trace of what was freed; of a worker the system tells",
        "integral_floats": "there is one kind of number, and 3.0 is 3",
    }
