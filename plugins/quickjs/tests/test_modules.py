"""Modules beyond the contract: computed imports, re-exports, attributes, and files that change."""

from __future__ import annotations

from typing import Any

FILES = {
    "a.js": "export const name = 'a'; export default () => 1;",
    "b.js": "export * from './a'; export { default } from './a'; export const other = 'b';",
    "typed.ts": "export const two: number = 2;",
    "data.json": '{"n": [1, 2]}',
}


def test_what_others_export_is_exported_again(js: Any) -> None:
    program = "import f, { name, other } from './b'; export default [f(), name, other];"
    assert js(files=FILES).value(program, name="main.js") == [1, "a", "b"]


def test_an_import_may_be_computed(js: Any) -> None:
    program = "const n = 'a'; const m = await import('./' + n + '.js'); export default m.name;"
    assert js(files=FILES).value(program, name="main.js") == "a"


def test_a_missing_computed_import_can_be_caught(js: Any) -> None:
    program = "let c; try { await import('./none') } catch (e) { c = e.code } export default c;"
    assert js(files=FILES).value(program, name="main.js") == "not_found"


def test_a_missing_module_tells_the_line_of_its_import(js: Any) -> None:
    error = js(files={"x.js": "\nimport './none';"}).error("import './x';", name="main.js")
    assert (error["context"]["file"], error["context"]["line"]) == ("x.js", 2)


def test_javascript_and_typescript_import_each_other(js: Any) -> None:
    assert js(files=FILES).value("import { two } from './typed'; export default two;") == 2


def test_json_is_imported_as_its_value(js: Any) -> None:
    program = "import d from './data.json' with { type: 'json' };\nexport default d.n;"
    assert js(files=FILES).value(program, name="main.js") == [1, 2]


def test_a_module_knows_its_file(js: Any) -> None:
    assert js().value("export default import.meta.url;", name="main.js") == "main.js"


def test_polyspell_is_imported_by_name_as_a_whole_and_dynamically(js: Any) -> None:
    program = """
        import ps, * as all from "polyspell";
        const again = await import("polyspell");
        export default [ps.demo === all.demo, again.demo === ps.demo, typeof all.Counter];
    """
    assert js().value(program) == [True, True, "function"]


def test_a_syntax_error_in_a_module_names_the_module(js: Any) -> None:
    driver = js(files={"bad.js": "export const a = 1;\nconst b = ;"})
    for _ in range(2):  # the second time too
        error = driver.error("import { a } from './bad';", name="main.js")
        assert error["code"] == "script_syntax"
        assert (error["context"]["file"], error["context"]["line"]) == ("bad.js", 2)


def test_a_changed_file_is_new_for_the_next_run_and_others_keep_their_state(js: Any) -> None:
    files = {
        "state.js": "let n = 0; export const next = () => ++n;",
        "lib.js": "export const v = 1;",
        "middle.js": "export { v } from './lib';",
    }
    driver = js(files=files)
    program = (
        "import { next } from './state'; import { v } from './middle'; export default [next(), v];"
    )
    assert driver.value(program, name="main.js") == [1, 1]
    driver.port.files["lib.js"] = "export const v = 2;"
    assert driver.value(program, name="main.js") == [2, 2]
    driver.port.files["lib.js"] = "export const v = ;"
    assert driver.error(program, name="main.js")["context"]["file"] == "lib.js"
    driver.port.files["lib.js"] = "export const v = 3;"
    assert driver.value(program, name="main.js") == [3, 3]


def test_names_of_files_may_hold_any_sign(js: Any) -> None:
    for name in ("a b.js", "a?b#c.js", "../up.js", "./x:y.js", "(z).js", "polyspell"):
        context = js().error("\nnull.x", name=name)["context"]
        assert (context["file"], context["line"]) == (name, 2)
