"""Operators, statements and what the compiler says of wrong ones."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("1 + 2 * 3 - 4 / 2", 5), ("(1 + 2) * 3", 9), ("7 % 3 * 2", 2), ("-7 % 3", -1),
        ("2 + 3 << 1", 10), ("6 & 3 | 8 ^ 1", 11), ("1 < 2 == true", True),
        ("!false && true", True),
        ("1 == 1 ? 2 : 3", 2), ("false ? 1 : true ? 2 : 3", 2), ("null || 5", 5), ("0 && 6", 6),
        ("false || null", None), ("~0", 4294967295), ("-(3)", -3), ("1 is Num == true", True),
        ("true ? null : 1", None), ("[1, 2][1]", 2), ("1..3 == 1..3", True), ("!null", True),
        ("1 - -1", 2), ("- -1", 1), ("3 > 2 && 2 > 1 || false", True),
    ],
)  # fmt: skip
def test_operators_bind_as_wren_says(value, source, expected):
    assert value(source) == expected


def test_parts_of_an_expression_run_from_left_to_right(output):
    program = """
    class Log {
      static say(x) {
        System.write(x)
        return x
      }
      static pick(a, b, c) { c }
    }
    var x = Log.say(1) + (Log.say(2) == 2 ? Log.say(3) : Log.say(4)) * Log.say(5)
    var y
    Log.pick(Log.say(6), y = Log.say(7), Log.say(8))
    Log.pick(y, y = 1, 2)
    var l = [Log.say(9), (y = 3) == 3 ? y : 0, y = 4, y]
    System.print(l)
    """
    assert output(program) == "12356789[9, 3, 4, 4]\n"


def test_an_assignment_is_an_expression(output):
    program = """
    var a
    var b = a = 3
    var i = 0
    var seen = []
    while ((i = i + 1) < 4) seen.add(i)
    class C {
      construct new() {}
      set(v) { _f = _g = v }
      both { [_f, _g] }
      p=(v) { _f = v }
    }
    var c = C.new()
    System.print([a, b, seen, c.set(7), c.both, c.p = 9])
    """
    assert output(program) == "[3, 3, [1, 2, 3], 7, [7, 7], 9]\n"


def test_logical_operators_give_an_operand_and_stop_early(output):
    program = """
    var count = 0
    var f = Fn.new {|v|
      count = count + 1
      return v
    }
    var x
    System.print(f.call(false) && f.call(1))
    System.print(f.call(null) || f.call(2))
    System.print(f.call(3) && (x = f.call(4)))
    System.print([count, x])
    """
    assert output(program) == "false\n2\n4\n[5, 4]\n"


def test_newlines_may_follow_operators_and_precede_dots(output):
    program = """
    var x = 1 +
      2
    var y = [3, 1, 2].toList
      .sort()
      .map {|n| n * x }
      .toList
    System.print(y)
    System.print(true &&
      false ||
      x == 3 ?
      "yes" : "no")
    """
    assert output(program) == "[3, 6, 9]\nyes\n"


def test_loops_break_and_continue_at_their_own_level(output):
    program = """
    for (i in 1..4) {
      if (i == 2) continue
      var j = 0
      while (true) {
        j = j + 1
        if (j > i) break
        if (j == 2) continue
        System.write("%(i)%(j) ")
      }
      if (i == 3) break
    }
    for (x in []) System.write("never")
    for (i in 3...0) System.write(i)
    for (i in 2..2) System.write(i)
    for (i in 2...2) System.write("never")
    for (i in 0.5..2) System.write(" %(i)")
    for (i in 0...2.5) System.write(" %(i)")
    """
    assert output(program) == "11 31 33 3212 0.5 1.5 0 1 2"


def test_a_loop_variable_is_fresh_in_each_round_and_may_be_assigned(output):
    program = """
    var fns = []
    for (i in 1..3) {
      i = i * 10
      fns.add(Fn.new { i = i + 1 })
    }
    System.print(fns.map {|f| f.call() }.toList)
    System.print(fns.map {|f| f.call() }.toList)
    """
    assert output(program) == "[11, 21, 31]\n[12, 22, 32]\n"


def test_a_long_chain_of_else_ifs_is_no_nesting(output):
    chain = " else ".join(f"if (x == {i}) {{\n System.print({i}) \n}}" for i in range(300))
    assert output(f"var x = 299\n{chain}") == "299\n"


def test_expressions_of_thousands_of_parts_compile(value):
    assert value(" + ".join(["1"] * 3000)) == 3000
    assert value("[" + ", ".join(map(str, range(5000))) + "].count") == 5000
    assert value('"a"' + ".toString" * 1000) == "a"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("var 1", 1, "Error at '1': Expect variable name."),
        ("\n1 +", 2, "Error at end of file: Expected expression."),
        ("foo.bar", 1, "Error at 'foo': Variable is used but not defined."),
        ("var a\nvar a", 2, "Error at 'a': Module variable is already defined."),
        ("var f = Fn.new { later }\nvar later", 2,
         "Error at 'later': Variable 'later' referenced before this definition "
         "(first use at line 1)."),
        ("{\n var a\n var a\n}", 3, "Error at 'a': Variable is already declared in this scope."),
        ("break", 1, "Error at 'break': Cannot use 'break' outside of a loop."),
        ("Fn.new { this }", 1, "Error at 'this': Cannot use 'this' outside of a method."),
        ("super.x", 1, "Error at 'super': Cannot use 'super' outside of a method."),
        ("_x", 1, "Error at '_x': Cannot reference a field outside of a class definition."),
        ("__x", 1, "Error at '__x': Cannot use a static field outside of a class definition."),
        ("class A {\n static m { _f }\n}", 2,
         "Error at '_f': Cannot use an instance field in a static method."),
        ("class A {\n m {}\n m {}\n}", 3, "Error at 'm': Class A already defines a method 'm'."),
        ("class A {\n construct new() {\n  return 1\n }\n}", 3,
         "Error at 'return': A constructor cannot return a value."),
        ("class A {\n construct new {}\n}", 2, "Error at 'new': A constructor cannot be a getter."),
        ("class A {\n static construct new() {}\n}", 2,
         "Error at ')': A constructor cannot be static."),
        ("foreign class A {\n m { _f }\n}", 2,
         "Error at '_f': Cannot define fields in a foreign class."),
        ("1 = 2", 1, "Error at '=': Expect end of file."),
        ("#!key\nvar a = 1", 1,
         "Error at newline: Attributes can only specified before a class or a method"),
        ("import 1", 1, "Error at '1': Expect a string after 'import'."),
        ("var " + "a" * 65 + " = 1", 1,
         "Error at '1': Variable name cannot be longer than 64 characters."),
    ],
)  # fmt: skip
def test_an_error_says_where_and_what(mistakes, source, line, message):
    assert (line, message) in mistakes(source)


def test_all_errors_are_found_not_only_the_first(mistakes):
    found = mistakes("var = 1\nvar ok = 1\nfoo(\nclass {\n}")
    assert [line for line, _ in found][:1] == [1]
    assert len(found) >= 2


def test_too_many_parameters_arguments_and_fields_are_errors(mistakes):
    names = ", ".join(f"p{i}" for i in range(17))
    text = "Methods cannot have more than 16 parameters."
    assert any(text in m for _, m in mistakes(f"Fn.new {{|{names}| 1 }}"))
    assert any(text in m for _, m in mistakes(f"System.x({', '.join('1' * 17)})"))
    fields = "\n".join(f" _f{i} = 1" for i in range(256))
    source = f"class A {{\n construct new() {{\n{fields}\n}}\n}}"
    assert any("A class can only have 255 fields." in m for _, m in mistakes(source))


def test_blocks_nest_deeply(output, mistakes):
    def nested(depth):
        opening = "".join(f"if (x > {i}) {{\nfor (i{i} in 1..1) {{\n" for i in range(depth))
        return "var x = 1000\n" + opening + "System.print(x)\n" + "}\n}\n" * depth

    assert output(nested(20)) == "1000\n"
    (_, message), *_ = mistakes(nested(200))
    assert "nested too deeply" in message or "beyond what Lua can compile" in message


def test_jumps_out_of_nested_blocks_and_conditions(output):
    program = """
    var f = Fn.new {|n|
      for (i in 0..n) {
        if (i == 1) continue
        while (true) {
          if (i > 2) return i
          if ((i = i + 1) == 2) break else continue
        }
      }
      return "end"
    }
    System.print([f.call(0), f.call(1), f.call(5)])
    if (true) if (false) System.print(1) else System.print(2)
    var x
    if (x = null) System.print("no") else if ((x = 3) && x > 2) System.print(x)
    """
    assert output(program) == "[end, end, 3]\n2\n3\n"
