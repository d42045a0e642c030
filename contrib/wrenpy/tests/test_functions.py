"""Variables, closures and functions."""

from __future__ import annotations


def test_inner_scopes_shadow_and_end(output):
    program = """
    var a = "module"
    {
      var a = "block"
      {
        var a = a + " inner"
        System.print(a)
      }
      System.print(a)
    }
    System.print(a)
    """
    assert output(program) == "block inner\nblock\nmodule\n"


def test_names_that_lua_reserves_are_plain_names(output):
    program = """
    var end = 1
    var nil = 2
    var local = Fn.new {|function, not| function + not }
    class repeat {
      static then { 3 }
      static goto(until) { until }
    }
    System.print([end, nil, local.call(1, 2), repeat.then, repeat.goto(4)])
    """
    assert output(program) == "[1, 2, 3, 3, 4]\n"


def test_no_name_collides_with_the_compilers_own(output):
    names = ["n", "m", "t", "w", "p", "L", "c", "self", "cls", "R", "F", "X", "G", "M", "S", "P"]
    names += ["t_1", "n_", "add", "list", "add_0", "slice"]
    program = "\n".join(f"var {name} = {i}" for i, name in enumerate(names))
    program += f"""
    {{
      var t = 100
      var x = (t = t + 1) + (true ? t : 0)
      System.print([x, t])
    }}
    var f = Fn.new {{ [{", ".join(names)}] }}
    System.print(f.call())
    """
    assert output(program) == f"[202, 101]\n{list(range(len(names)))}\n"


def test_closures_share_the_variable_not_its_value(output):
    program = """
    var make = Fn.new {
      var n = 0
      return [Fn.new { n = n + 1 }, Fn.new { n }]
    }
    var a = make.call()
    var b = make.call()
    a[0].call()
    a[0].call()
    b[0].call()
    System.print([a[1].call(), b[1].call()])
    """
    assert output(program) == "[2, 1]\n"


def test_a_function_takes_more_arguments_than_it_needs_but_not_fewer(output, failure):
    program = """
    var f = Fn.new {|a, b| [a, b] }
    System.print(f.call(1, 2, 3))
    System.print([f.arity, Fn.new {}.arity, Fn.new {}.call()])
    System.print(f)
    """
    assert output(program) == "[1, 2]\n[2, 0, null]\n<fn>\n"
    error = failure("Fn.new {|a, b| 1 }.call(1)")
    assert error.message == "Function expects more arguments."
    assert failure("Fn.new(1)").message == "Argument must be a function."


def test_sixteen_arguments_arrive_in_order(output):
    names = ", ".join(f"a{i}" for i in range(16))
    numbers = ", ".join(str(i) for i in range(16))
    assert output(f"System.print(Fn.new {{|{names}| [{names}] }}.call({numbers}))") == (
        f"[{numbers}]\n"
    )


def test_a_body_on_one_line_is_its_value_and_others_return(output):
    program = """
    var one = Fn.new { 1 }
    var none = Fn.new {
      1
    }
    var early = Fn.new {|x|
      if (x) return "early"
      return
    }
    System.print([one.call(), none.call(), early.call(true), early.call(false)])
    """
    assert output(program) == "[1, null, early, null]\n"


def test_more_locals_and_captures_than_lua_allows(output):
    names = [f"v{i}" for i in range(240)]
    lines = "\n".join(f"  var {name} = {i}" for i, name in enumerate(names))
    total = " + ".join(names)
    program = f"""
    var f = Fn.new {{
    {lines}
      var g = Fn.new {{ {total} }}
      v0 = 1000
      return g
    }}
    System.print(f.call().call())
    """
    assert output(program) == f"{sum(range(240)) + 1000}\n"


def test_more_module_variables_than_lua_allows(output):
    count = 700
    lines = "\n".join(f"var M{i} = {i}" for i in range(count))
    total = " + ".join(f"M{i}" for i in range(count))
    methods = "\n".join(f"  static get{i} {{ M{i} }}" for i in range(count))
    program = f"{lines}\nclass All {{\n  static sum {{ {total} }}\n{methods}\n}}\n"
    program += f"M5 = 50\nSystem.print([All.sum, All.get5, All.get{count - 1}])"
    assert output(program) == f"[{sum(range(count)) + 45}, 50, {count - 1}]\n"


def test_a_variable_that_changes_its_kind_is_no_number(output, failure):
    program = """
    var a = 1
    var add = Fn.new { a + 1 }
    System.print(add.call())
    a = "x"
    System.print(Fiber.new { add.call() }.try())
    """
    assert output(program) == "2\nRight operand must be a string.\n"
    assert failure('var s = "1"\ns + 2').message == "Right operand must be a string."
    assert failure('1 + "2"').message == "Right operand must be a number."
    assert failure('"1" < "2"').message == "String does not implement '<(_)'."
    assert failure('var i = 0\ni < "2"').message == "Right operand must be a number."
