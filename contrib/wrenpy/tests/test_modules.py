"""Modules: importing, cycles, names, Meta and random."""

from __future__ import annotations

import pytest
import wrenpy


def machine(sources, **options):
    printed = []
    vm = wrenpy.VM(import_module=sources.get, write=printed.append, **options)
    return vm, printed


def test_an_import_binds_what_it_names(output):
    sources = {"lib": 'var A = 1\nvar B = 2\nSystem.print("loaded")'}
    vm, printed = machine(sources)
    vm.interpret('import "lib" for A, B as Other\nimport "lib"\nSystem.print([A, Other])')
    assert "".join(printed) == "loaded\n[1, 2]\n"


def test_an_import_copies_the_value_of_the_moment():
    sources = {"lib": "var n = 1\nvar Bump = Fn.new { n = n + 1 }\nvar Get = Fn.new { n }"}
    vm, printed = machine(sources)
    vm.interpret(
        'import "lib" for n, Bump, Get\nBump.call()\nn = 10\nSystem.print([n, Get.call()])'
    )
    assert "".join(printed) == "[10, 2]\n"


def test_modules_may_import_each_other():
    sources = {
        "a": 'System.print("start a")\nimport "b" for B\nvar A = "A"\nSystem.print("end a")',
        "b": 'System.print("start b")\nimport "a"\nvar B = "B"\nSystem.print("end b")',
    }
    vm, printed = machine(sources)
    vm.interpret('import "a" for A\nSystem.print(A)')
    assert "".join(printed) == "start a\nstart b\nend b\nend a\nA\n"


def test_an_import_inside_a_function_binds_a_local():
    vm, printed = machine({"lib": "var A = 5"})
    vm.interpret('Fn.new {\n  import "lib" for A as X\n  System.print(X)\n}.call()')
    assert "".join(printed) == "5\n"


def test_the_host_resolves_names():
    asked = []

    def resolve(importer, name):
        asked.append((importer, name))
        return None if name == "none" else f"{importer}/{name}"

    vm, _ = machine({"main/x": "var X = 1"}, resolve_module=resolve)
    vm.interpret('import "x" for X')
    assert asked == [("main", "x")]
    with pytest.raises(wrenpy.RuntimeError, match="Could not resolve module 'none' imported from"):
        vm.interpret('import "none"')


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('import "nope"', "Could not load module 'nope'."),
        ('import "lib" for Nope', "Could not find a variable named 'Nope' in module 'lib'."),
        ('import "broken"', "Could not compile module 'broken'."),
        ('import "failing"', "Num does not implement 'x'."),
    ],
)
def test_a_failed_import_is_a_runtime_error(source, message):
    reported = []
    sources = {"lib": "var A = 1", "broken": "var = 1", "failing": "1.x"}
    vm, _ = machine(sources, report=reported.append)
    with pytest.raises(wrenpy.RuntimeError) as caught:
        vm.interpret(source)
    assert caught.value.message == message
    if "broken" in source:
        (error,) = reported
        assert error.errors[0][:2] == ("broken", 1)
        assert caught.value.__cause__ is error


def test_a_module_keeps_its_variables_between_calls():
    vm, printed = machine({})
    vm.interpret("var a = 1\nvar Get = Fn.new { a }\nvar l = []")
    vm.interpret("a = a + 1\nvar b = a\nl.add(b)")
    vm.interpret("System.print([a, b, l, Get.call()])")
    assert "".join(printed) == "[2, 2, [2], 2]\n"
    assert vm.variables("main") == ["a", "Get", "l", "b"]
    with pytest.raises(wrenpy.CompileError, match="already defined"):
        vm.interpret("var a = 3")
    vm.interpret("var c = a")
    assert vm.variable("main", "c") == 2


def test_meta_compiles_into_the_calling_module(output):
    program = """
    import "meta" for Meta
    var a = 1
    Meta.eval("a = a + 1\\nvar later = 5")
    var f = Meta.compile("a = 10\\nSystem.print(a)")
    System.print(a)
    f.call()
    System.print(Meta.compileExpression("a * 2").call())
    System.print([Meta.compile("1 +"), f is Fn])
    System.print(Meta.getModuleVariables("main").contains("later"))
    """
    assert output(program) == "2\n10\n20\n[null, true]\ntrue\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('Meta.eval("1 +")', "Could not compile source code."),
        ("Meta.eval(1)", "Source code must be a string."),
        ("Meta.getModuleVariables(1)", "Module name must be a string."),
        ('Meta.getModuleVariables("no")', "Could not find a module named 'no'."),
    ],
)
def test_meta_says_what_is_wrong(failure, source, message):
    assert failure('import "meta" for Meta\n' + source).message == message


def test_random_stays_in_its_bounds_and_repeats_with_its_seed(output):
    program = """
    import "random" for Random
    var r = Random.new(42)
    var s = Random.new(42)
    System.print((1..100).all {|i| r.float() == s.float() })
    System.print((1..1000).all {|i| (r.int(5, 10) >= 5) && (r.int(10) < 10) && (r.float(2) < 2) })
    System.print((1..1000).map {|i| r.int(3) }.toList.where {|n| n == 1 }.count > 250)
    var l = (1..20).toList
    r.shuffle(l)
    System.print([l.count, l.reduce {|a, b| a + b }, l[0..3] == [1, 2, 3, 4]])
    System.print([r.sample([7]), r.sample([1, 2, 3], 3).sort(), r.sample(l, 0)])
    var picked = r.sample((1..1000).toList, 10)
    System.print([picked.count, picked.all {|x| picked.indexOf(x) == picked.indexOf(x) }])
    System.print(Random.new([1, 2]).int() == Random.new([1, 2]).int())
    System.print(Random.new().float() < 1)
    """
    assert output(program).splitlines() == [
        "true", "true", "true", "[20, 210, false]", "[7, [1, 2, 3], []]", "[10, true]", "true",
        "true",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ('Random.new("")', "Sequence cannot be empty."),
        ("Random.new([true])", "Sequence elements must all be numbers."),
        ("Random.new(null)", "Seed must be a number or a sequence of numbers."),
        ("Random.new().sample([])", "Not enough elements to sample."),
        ("Random.new().sample([1], 2)", "Not enough elements to sample."),
        ("class R is Random {}", "Class 'R' cannot inherit from foreign class 'Random'."),
    ],
)
def test_random_says_what_is_wrong(failure, source, message):
    assert failure('import "random" for Random\n' + source).message == message


def test_the_host_may_replace_an_optional_module():
    vm, printed = machine({"random": "var Random = 4"})
    vm.interpret('import "random" for Random\nSystem.print(Random)')
    assert "".join(printed) == "4\n"


def test_system_prints_and_writes(output):
    program = """
    class Odd {
      construct new() {}
      toString { 3 }
    }
    System.print()
    System.print(System.print("x"))
    System.write(1)
    System.writeAll([2, "b"])
    System.printAll([3, null])
    System.print(Odd.new())
    System.gc()
    System.print(System.clock is Num)
    """
    assert output(program) == "\nx\nx\n12b3null\n[invalid toString]\ntrue\n"


def test_a_later_chunk_may_give_a_variable_another_kind_of_value():
    vm, printed = machine({})
    vm.interpret("var a = 1\nvar More = Fn.new { a + 1 }\nSystem.print(More.call())")
    vm.interpret('a = "5"')
    with pytest.raises(wrenpy.RuntimeError, match="Right operand must be a string"):
        vm.interpret("More.call()")
    vm.interpret(
        'import "meta" for Meta\nvar n = 1\nMeta.eval("n = \\"7\\"")\n'
        "System.print(Fiber.new { n + 1 }.try())\nSystem.print(n is String)",
        "other",
    )
    assert "".join(printed) == "2\nRight operand must be a string.\ntrue\n"


def test_the_host_sets_variables():
    vm, printed = machine({})
    vm.set_variable("main", "config", {"size": 3})
    vm.set_variable("main", "Twice", lambda x: x * 2)
    vm.interpret('var later = 1\nSystem.print([config["size"], Twice.call(4)])')
    vm.set_variable("main", "later", "changed")
    vm.set_variable("main", "config", None)
    vm.interpret("System.print([later, config])\nlater = config")
    assert "".join(printed) == "[3, 8]\n[changed, null]\n"
    assert vm.variable("main", "later") is None
    for name in ("1x", "_x", "class", "a b", ""):
        with pytest.raises(ValueError, match="name"):
            vm.set_variable("main", name, 1)
