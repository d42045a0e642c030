"""The programs that an engine writes in its language for the contract, and what each must do.

"Result" is a program's value (what a Lua chunk returns, a JavaScript module's default export, the
last expression of Python). `demo` is the module of `polyspell.testing.demo`; `input` the constant.
"""

# ruff: noqa: E501 -- a table reads best with a line for each

from __future__ import annotations

SNIPPETS: dict[str, str] = {
    # running
    "answer": "result is 42",
    "nothing": "does nothing, has no result",
    "text": "result is the text `hällo 🌍`",
    "input": "result is polyspell's `input`, as it came",
    "print": "prints `one` and `two` on a line each, by the language's own means",
    "set_global": "sets the global `shared` to 5",
    "get_global": "result is the global `shared`",
    "double": "defines a global function `double(x)` that gives `x * 2`",
    "session_1": "an entry of a REPL: `x = 20` (a variable)",
    "session_2": "the next entry: the expression `x + 22`",
    # calling the host
    "call": "result is `demo.add(2, b = 3)`, b by name",
    "wait": 'result is `demo.later("x")`',
    "root": 'waits `polyspell.sleep(5)`, result is "slept"',
    "naming": "result is `demo.two_words()`, in the language's way to write names",
    "missing_function": "calls `demo.nonsense()`",
    "missing_argument": "calls `demo.apply()` without arguments",
    "log": 'calls `polyspell.log.info("noted")`',
    "record": 'r = demo.result("hi"); result is "hi stop 3": r.text, r.finish_reason, r.usage.total_tokens',
    "record_back": 'result is `demo.result("hi")` itself',
    "handle": "c = demo.counter(5); c.add(2); result is c.value",
    "handle_waits": "result is `demo.counter(5).add_later(1)`",
    "handle_back": "result is `demo.kind(demo.counter())`",
    "handle_missing": "calls `demo.counter().nonsense()`",
    "handle_closes": "a counter in a scope that closes it (to-be-closed, using, with); result is 1",
    "handle_drop": "makes 100 counters in a function that keeps none, and gives the collector a chance",
    "stream": "result is the list of what iterating over `demo.count(3)` gives",
    "stream_break": "leaves an iteration over `demo.count(3)` at the first; result is that item",
    # callbacks
    "callback": "result is `demo.apply(f, 41)`, f adding 1",
    "callback_waits": "result is `demo.apply(f, 41)`, f giving `demo.later(x) + 1`",
    "callback_nested": "result is `demo.apply(f, 40)`, f giving `demo.apply(g, x) + 1`, g adding 1",
    "callback_fails": "result is the message of the error of `demo.apply(f, 1)`, f throwing `boom`",
    "callbacks": "result is `demo.each(f, [0..99])`, f giving `demo.later(x) * 2`",
    "keep": "calls `demo.keep(f)`, f giving `demo.later(x) * 2`",
    # several at once
    "all": "result is `all` of 100 functions, the i-th (from 0) giving `demo.later(i, seconds = 100 - i)`",
    "all_pending": "result is `all` of 3 things already started: `demo.later(i)` for i in 1, 2, 3",
    "all_fails": "result is the code of the error of `all` of [demo.later(1), demo.fail_later(`teapot`, `no`)]",
    "all_empty": "result is `all` of nothing: an empty list",
    "batch": "result is what `batch(f)` gives, f giving `demo.add(1, b = 2)`",
    # modules
    "import": "imports `lib` of the own folder; result is lib's `value`",
    "lib": "a module with `value` 7, which calls `demo.tick()` when it is loaded",
    "import_twice": "imports `lib` twice (or in two ways); result is 14: the sum of both values",
    "import_nested": "imports `nested`; result is its `value`",
    "nested": "a module that imports `lib`; its `value` is lib's plus 1",
    "import_missing": "imports `absent`",
    "import_broken": "imports `broken`",
    "broken": "a module whose second line throws `boom`",
    "import_cycle": 'imports `cycle_a`; result is its `name`, "a"',
    "cycle_a": 'a module that imports `cycle_b`, with `name` "a"',
    "cycle_b": 'a module that imports `cycle_a`, with `name` "b"',
    # errors
    "throw": "function `inner` throws `boom` in line 2, called by function `outer`, called by the program",
    "throw_after_wait": "line 1 waits `demo.later(1)`, line 2 throws `boom`",
    "syntax": "a syntax error in line 2",
    "catch_own": "throws `boom` and catches it; result is its message or a text that contains it",
    "catch_host": "catches `demo.fail(`teapot`, `no coffee`, `brew tea`)`; result is [code, message, hint]",
    "catch_host_later": "the same with `demo.fail_later`",
    "uncaught_host": "line 2 calls `demo.forbidden()`, in nothing that catches",
    "rethrow": "catches `demo.fail(`teapot`, `no coffee`, `brew tea`)` and throws the same error again",
    "catch_exhausted": "catches `demo.exhaust(input)`; result is its code",
    # values
    "functions": "result is a dict of functions: `identity(x)`; `echo(x)` gives demo.echo(x); `later(x)`"
    " gives demo.later(x); `kind(x)` gives demo.kind(x); `fail(x)` throws `boom`",
    "empties": "result is `[[], {}]`: an empty list and an empty dict, told apart",
    "big": "result is the integer 2^53 + 1, written out",
    "bytes": "result is the bytes 0, 255, 10",
    "holes": "result is the list [1, nothing, 3]",
    "nan_key": "result is a dict with the key NaN",
    "odd_key": "result is a dict with one key that is neither text nor a position in a list",
    "cycle": "result is a list that contains itself",
    "deep": "result is a list nested 100 deep",
    "lone_surrogate": "result is a text that no UTF-8 can hold: a surrogate alone",
    "unsendable": "result is {tools: [1, {parameters: X}]}, X of a kind that cannot cross",
    "shared_bomb": "result is a list of twice a list of twice ... 60 deep (each shared, not copied)",
    # limits
    "endless": "loops for ever",
    "endless_caught": "catches all errors of an endless loop, for ever",
    "endless_callback": "result is `demo.apply(f, 1)`, f looping for ever",
    "endless_waiting": "calls `demo.later(1)` for ever",
    "memory": "keeps making and holding larger texts or lists, for ever",
    "memory_caught": "the same, catching all errors, for ever",
    "moment": "makes 10 texts of 1 MiB, each another (or as many bytes in one value), and drops them; result is 1",
    "recursion": "calls itself for ever, not as a tail call",
    "flood": "prints for ever",
    "flood_caught": "prints for ever, catching all errors",
    # tasks
    "wait_caught": 'catches all errors of `demo.later("x")` and then has the result "swallowed"',
}
"""Name of a program: what it does."""
