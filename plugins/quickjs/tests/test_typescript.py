"""TypeScript: types go, places stay, and what is more than types is named."""

from __future__ import annotations

from typing import Any

import pytest

PROGRAM = """\
import type { Missing } from "nowhere";
import { demo, type Counter } from "polyspell";
interface Shape { readonly a: number }
type Pair<T> = { left: T; right: T };
declare const outside: string;
export type { Missing };
abstract class Base<T> implements Shape {
  private readonly a: number = 1;
  declare y: string;
  z!: T;
  [key: string]: unknown;
  constructor(given: number, protected_?: string) { this.a = given }
  abstract foo?(this: Base<T>): void;
  get value(): T { return this.a! as any satisfies T }
}
class Made extends Base<number> {
  static override make<U>(this: void, u?: U): Made { return new Made(5) }
}
function f(a: number): number;
function f(a: any): any { return <any>a; }
const later = async <T,>(x: T): Promise<
  T
> => x;
const guard = (x: unknown): x is string => typeof x === "string";
let joined = [0] as any
[1].map((x: number): number => x)
for (const x of [1] as number[]) {}
const pair: Pair<number> = { left: 1, right: 2 };
export default [Made.make<string>("a").value, await later(4), f(<number>3), guard("s"), pair.right,
  demo.add(1, { b: 1 } as any), joined];
"""


def test_types_are_erased_wherever_they_stand(js: Any) -> None:
    assert js().value(PROGRAM, name="a.ts") == [5, 4, 3, True, 2, 2, [0]]


def test_lines_and_columns_are_those_of_the_typescript(js: Any) -> None:
    program = "type A = {\n  x: 1\n}\nconst é: string = '😀'; const v: A = null!, w: number = v.x;"
    context = js().error(program, name="a.ts")["context"]
    assert (context["line"], context["column"]) == (4, program.splitlines()[3].index("v.x") + 1)
    assert context["source"] == program.splitlines()[3]


@pytest.mark.parametrize(
    ("program", "what"),
    [
        ("enum A { B }", "an enum"),
        ("const enum A { B }", "an enum"),
        ("namespace N { export const a = 1 }", "a namespace"),
        ("class A { constructor(private x: number) {} }", "a parameter property"),
        ("class A { constructor(readonly x?: number) {} }", "a parameter property"),
        ("@dec class A {}", "a decorator"),
        ("import x = require('y')", "`import ... = require`"),
        ("export = 5", "`export =`"),
    ],
)
def test_what_is_more_than_types_is_named_with_its_line(js: Any, program: str, what: str) -> None:
    error = js().error(f"const a = 1;\n\n{program}", name="a.ts")
    assert error["code"] == "script_syntax"
    assert f"{what} in line 3" in error["message"]
    assert error["hint"]
    assert error["context"]["line"] == 3


def test_ambient_enums_and_namespaces_are_types(js: Any) -> None:
    program = "declare enum E { A }\ndeclare namespace N { const a: E }\nexport default 1"
    assert js().value(program, name="a.ts") == 1


def test_a_program_without_an_ending_may_be_typescript(js: Any) -> None:
    assert js().value("const x: number = 1; export default x as any") == 1


def test_a_type_imported_as_a_value_is_an_error_with_a_hint(js: Any) -> None:
    files = {"lib.ts": "export interface Shape {}"}
    error = js(files=files).error("import { Shape } from './lib.ts'; export default 1", name="a.ts")
    assert "Shape" in error["message"]
    assert "import type" in error["hint"]


def test_syntax_errors_of_javascript_stay_in_javascript(js: Any) -> None:
    assert js().error("const x: number = 1", name="a.js")["code"] == "script_syntax"
