"""Classes: methods of every kind, inheritance, fields, attributes."""

from __future__ import annotations

import pytest


def test_every_kind_of_method(output):
    program = """
    class All {
      construct new() { _m = {} }
      construct named(v) { _m = {"v": v} }
      getter { "getter" }
      method() { "method" }
      method(a) { "method " + a }
      value=(v) { _m["v"] = v }
      value { _m["v"] }
      [k] { _m[k] }
      [k]=(v) { _m[k] = v }
      [a, b] { a + b }
      [a, b]=(v) { a + b + v }
      - { "neg" }
      ! { "not" }
      ~ { "inv" }
      +(o) { "+%(o)" }
      -(o) { "-%(o)" }
      *(o) { "*%(o)" }
      /(o) { "/%(o)" }
      %(o) { "mod %(o)" }
      <(o) { "<%(o)" }
      >(o) { ">%(o)" }
      <=(o) { "<=%(o)" }
      >=(o) { ">=%(o)" }
      ==(o) { "==%(o)" }
      !=(o) { "!=%(o)" }
      &(o) { "&%(o)" }
      |(o) { "|%(o)" }
      ^(o) { "^%(o)" }
      <<(o) { "<<%(o)" }
      >>(o) { ">>%(o)" }
      ..(o) { "..%(o)" }
      ...(o) { "...%(o)" }
      is(o) { "is %(o)" }
      static make(v) { All.named(v) }
    }
    var a = All.new()
    System.print([a.getter, a.method(), a.method("x"), a.value = 1, a.value, a["v"]])
    System.print([a["k"] = 2, a["k"], a[1, 2], a[1, 2] = 3, -a, !a, ~a])
    System.print([a + 1, a - 1, a * 1, a / 1, a % 1, a < 1, a > 1, a <= 1, a >= 1])
    System.print([a == 1, a != 1, a & 1, a | 1, a ^ 1, a << 1, a >> 1, a..1, a...1, a is 1])
    System.print(All.make(5).value)
    System.print([a == null, null == a, 1 == a])
    """
    assert output(program).splitlines() == [
        "[getter, method, method x, 1, 1, 1]",
        "[2, 2, 3, 6, neg, not, inv]",
        "[+1, -1, *1, /1, mod 1, <1, >1, <=1, >=1]",
        "[==1, !=1, &1, |1, ^1, <<1, >>1, ..1, ...1, is 1]",
        "5",
        "[==null, false, false]",
    ]


def test_inheritance_and_super(output):
    program = """
    class A {
      construct new(x) { _x = x }
      x { _x }
      hello(n) { "A%(n)" }
      static who { "A" }
    }
    class B is A {
      construct new(x, y) {
        super(x)
        _x = y
      }
      y { _x }
      hello(n) { super(n) + "B" + super.hello(n + 1) }
      deep { Fn.new { super.hello(9) }.call() }
    }
    class C is B {
      construct new() { super(1, 2) }
      hello(n) { super.hello(n) + "C" }
    }
    var c = C.new()
    System.print([c.x, c.y, c.hello(3), c.deep])
    System.print([c is A, c is C, A is Class, c.type, C.supertype, c.type.type, c is Num])
    System.print(c)
    """
    assert output(program).splitlines() == [
        "[1, 2, A3BA4C, A9]",
        "[true, true, true, C, B, C metaclass, false]",
        "instance of C",
    ]


def test_statics_are_not_inherited_but_constructors_reach_super(failure):
    error = failure("class A {\n static m { 1 }\n}\nclass B is A {}\nB.m")
    assert error.message == "B metaclass does not implement 'm'."


def test_fields_of_a_superclass_from_another_module_stay_apart(output):
    base = "class Base {\n construct new() { _v = 1 }\n v { _v }\n}"
    program = """
    import "base" for Base
    class Sub is Base {
      construct new() {
        super()
        _v = 2
      }
      own { _v }
    }
    class SubSub is Sub {
      construct new() {
        super()
        _v = 3
      }
      third { _v }
    }
    var s = SubSub.new()
    System.print([s.v, s.own, s.third])
    """
    assert output(program, import_module=lambda name: base) == "[1, 2, 3]\n"


def test_static_fields_belong_to_the_class_definition(output):
    program = """
    class Counter {
      static next() {
        if (__count == null) __count = 0
        __count = __count + 1
        return __count
      }
      seen { __count }
      construct new() {}
    }
    Counter.next()
    System.print([Counter.next(), Counter.new().seen])
    """
    assert output(program) == "[2, 2]\n"


def test_a_class_in_a_block_and_methods_do_not_see_its_locals(output):
    program = """
    {
      var local = 1
      class Inner {
        construct new() {}
        local { "self send" }
        test { local }
      }
      System.print(Inner.new().test)
    }
    """
    assert output(program) == "self send\n"


def test_attributes_are_kept_where_marked(output):
    program = """
    #hidden = 1
    #!flag
    #!name = "text"
    #!group(a = 1, b, a = true)
    class A {
      #!doc = method
      static m(x) { x }
      plain {}
    }
    class B {}
    var own = A.attributes.self
    System.print([own[null]["flag"], own[null]["name"], own["group"]["a"], own["group"]["b"]])
    System.print(A.attributes.methods["static m(_)"][null]["doc"])
    System.print([own[null].containsKey("hidden"), B.attributes])
    """
    assert output(program) == "[[null], [text], [1, true], [null]]\n[method]\n[false, null]\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("class A is 1 {}", "Class 'A' cannot inherit from a non-class object."),
        ("class A is List {}", "Class 'A' cannot inherit from built-in class 'List'."),
        ("var x = 1\nx.foo(1, 2)", "Num does not implement 'foo(_,_)'."),
        ("null.foo = 1", "Null does not implement 'foo=(_)'."),
        ("Object[1]", "Object metaclass does not implement '[_]'."),
        ("true[1] = 2", "Bool does not implement '[_]=(_)'."),
        ("-true", "Bool does not implement '-'."),
        ("class A {\n construct new() { super.nope() }\n}\nA.new()",
         "Object does not implement 'nope()'."),
        ("1 is 2", "Right operand must be a class."),
    ],
)  # fmt: skip
def test_wrong_uses_fail_as_the_reference_words_them(failure, source, message):
    assert failure(source).message == message


def test_equality_is_identity_for_objects_and_value_for_the_rest(output):
    program = """
    class A {
      construct new() {}
    }
    var a = A.new()
    System.print([a == a, a == A.new(), a != a, [1] == [1], 1..2 == 1..2, 1..2 != 1...2])
    System.print([Object.same(a, a), Object.same(1..2, 1..2), 0 == -0, Num.nan == Num.nan])
    System.print([A == A, A == null, "a" == "a", "1" == 1, null == false])
    """
    assert output(program).splitlines() == [
        "[true, false, false, false, true, true]",
        "[true, true, true, false]",
        "[true, false, true, false, false]",
    ]
