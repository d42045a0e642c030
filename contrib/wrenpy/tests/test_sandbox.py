"""No Wren program reaches Python, Lua, or another VM."""

from __future__ import annotations

import pytest
import wrenpy


@pytest.mark.parametrize(
    "name",
    ["os", "io", "require", "load", "print", "python", "debug", "jit", "R", "G", "X", "F"],
)
def test_lua_names_are_no_variables(mistakes, name):
    assert any("not defined" in message for _, message in mistakes(f"System.print({name})"))


@pytest.mark.parametrize(
    "expression",
    [
        '"x".len', '"x".rep(3)', '"x".format', "1.M", "Num.M", "Num.S", "Num.name_g", "[].n",
        "Fiber.current.fn", "Object.super", "{}.py", "Fn.new {}.upvalue", "Num.module",
        "null.value",
        '"x".__index', "Num.__call",
    ],
)  # fmt: skip
def test_the_runtimes_own_keys_are_no_methods(output, expression):
    try:
        output(f"System.print({expression})")
    except wrenpy.RuntimeError as error:
        assert "does not implement" in error.message
    except wrenpy.CompileError:
        pass
    else:
        pytest.fail("it is reachable")


@pytest.mark.parametrize(
    "text",
    ['"]] os.exit() --[["', '"\\n\\r\\0 end os.exit()"', '"\\\\"', '"%("]]")"', '"\\"..x.."'],
)
def test_no_string_breaks_out_of_its_literal(output, text):
    assert output(f"System.write({text}.count > 0)") == "true"


def test_a_module_name_is_only_text():
    vm = wrenpy.VM(import_module=lambda name: "var A = 1")
    vm.interpret('import "]] os.exit() --" for A\nimport "a\\"\\n" for A as B')
    assert vm.variable("main", "B") == 1


def test_compiled_code_sees_no_lua_globals():
    vm = wrenpy.VM()
    chunk = vm.bridge.load("return os, require, print, load, _G, python", 0)
    assert chunk() == (None,) * 6


def test_lua_gets_no_attributes_of_python_objects():
    class Secret:
        token = "secret"

    vm = wrenpy.VM()
    read = vm.bridge.lua.eval(b"function(o) return o.token end")
    with pytest.raises(Exception, match="no access"):
        read(vm.bridge.as_object(Secret()))


def test_machines_share_nothing():
    one, two = wrenpy.VM(), wrenpy.VM()
    one.interpret('import "meta" for Meta\nvar a = 1')
    assert not two.has_variable("main", "a")
    two.interpret("var a = 2")
    assert one.variable("main", "a") == 1


def test_fields_are_private_to_their_class(output):
    program = """
    class A {
      construct new() { _secret = 1 }
    }
    class B is A {
      construct new() { super() }
      peek { _secret }
      poke { _secret = 2 }
    }
    var b = B.new()
    System.print(b.peek)
    b.poke
    System.print(b.peek)
    """
    assert output(program) == "null\n2\n"
