"""List, Map, Range, and what all sequences share."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("List.filled(3, 0)", [0, 0, 0]), ("List.new()", []), ("[1, null, 3].count", 3),
        ("[1, 2, 3][-1]", 3), ("[1, 2, 3, 4][1..2]", [2, 3]), ("[1, 2, 3][2..0]", [3, 2, 1]),
        ("[1, 2][0...-1]", [1]), ("[][0..-1]", []), ("[1] + [2]", [1, 2]),
        ("[1] + (2..3)", [1, 2, 3]),
        ("[1, 2] * 2", [1, 2, 1, 2]), ("[1, 2, 3].indexOf(3)", 2), ("[null].indexOf(null)", 0),
        ("[1..2].indexOf(1..2)", 0), ("[3].indexOf(4)", -1), ("[3, 1, 2].sort()", [1, 2, 3]),
        ("[1, 2, 3].sort {|a, b| a > b }", [3, 2, 1]), ("[].isEmpty", True),
        ("[null].isEmpty", False),
        ("[1, 2].toString", "[1, 2]"), ("[1, [2, null]].toString", "[1, [2, null]]"),
        ("{}.count", 0), ('{"a": 1, "b": null}.count', 2), ('{"a": 1}["b"]', None),
        ('{"a": null}.containsKey("a")', True), ('{"b": 2, "a": 1}.keys.toList', ["b", "a"]),
        ('{"b": 2, "a": 1}.values.toList', [2, 1]), ('{"a": 1}.toString', "{a: 1}"),
        ('{"a": 1}.map {|e| e.key + "%(e.value)" }.toList', ["a1"]), ("{(1..2): 3}[1..2]", 3),
        ("{null: 1}[null]", 1), ("{true: 1}[true]", 1), ("{Num.nan: 1}[Num.nan]", 1),
        ("{Num: 1}[Num]", 1), ('{1: "n", "1": "s"}["1"]', "s"), ("{}.isEmpty", True),
        ("(1..3).toList", [1, 2, 3]), ("(3..1).toList", [3, 2, 1]), ("(1...1).toList", []),
        ("(1..3).min", 1), ("(3..1).from", 3), ("(3..1).to", 1), ("(3..1).max", 3),
        ("(1...3).isInclusive", False), ("(1...3).toString", "1...3"), ("(1..3).count", 3),
        ("(1..3).contains(2)", True), ("(1..3).all {|x| x > 0 }", True), ("[].all {|x| x }", True),
        ("[1, null].all {|x| x }", None), ("[null, 2].any {|x| x }", 2), ("[].any {|x| x }", False),
        ("(1..5).count {|x| x > 3 }", 2), ("(1..5).where {|x| x % 2 == 0 }.toList", [2, 4]),
        ("(1..5).map {|x| x * x }.toList", [1, 4, 9, 16, 25]), ("(1..5).skip(3).toList", [4, 5]),
        ("(1..5).take(2).toList", [1, 2]), ("(1..5).take(0).toList", []),
        ("[1].skip(5).toList", []),
        ("(1..4).reduce {|a, b| a + b }", 10), ('(1..3).reduce("") {|a, b| a + "%(b)" }', "123"),
        ('[1, "a", null].join("-")', "1-a-null"), ("[].join()", ""),
        ("(1..3).map {|x| x }.where {|x| x > 1 }.skip(1).take(1).toList", [3]),
    ],
)  # fmt: skip
def test_a_method_gives(value, source, expected):
    assert value(source) == expected


def test_lists_change_in_place(output):
    program = """
    var l = [1, 2]
    System.print([l.add(3), l.insert(0, 0), l.insert(-1, 9), l])
    System.print([l.removeAt(0), l.removeAt(-1), l.remove(2), l.remove(7), l])
    l.addAll([4, 5])
    l.addAll(l)
    l[0] = null
    l.swap(0, 1)
    System.print([l, l.count])
    l.clear()
    l.add(null)
    l.add(null)
    l[1] = 2
    System.print([l, l.count])
    for (x in l) System.write("%(x) ")
    """
    assert output(program).splitlines() == [
        "[3, 0, 9, [0, 1, 2, 3, 9]]",
        "[0, 9, 2, null, [1, 3]]",
        "[[3, null, 4, 5, 1, 3, 4, 5], 8]",
        "[[null, 2], 2]",
        "null 2 ",
    ]


def test_maps_keep_order_and_forget_what_is_removed(output):
    program = """
    var m = {}
    for (i in 0...100) m[i] = i * 2
    for (i in 0...100) if (i % 3 != 0) m.remove(i)
    m["x"] = null
    m[3] = "three"
    System.print([m.count, m.remove(6), m.remove(6), m[3], m.keys.take(4).toList])
    for (i in 100...200) m[i] = i
    System.print([m.count, m.keys.toList[-1], m.containsKey("x")])
    m.clear()
    System.print([m.count, m.keys.toList, m])
    """
    assert output(program).splitlines() == [
        "[35, 12, null, three, [0, 3, 9, 12]]",
        "[134, 199, true]",
        "[0, [], {}]",
    ]


def test_map_entries_are_snapshots(output):
    program = """
    var m = {"k": "v"}
    for (e in m) {
      m["k"] = "w"
      System.print([e is MapEntry, e.key, e.value, e])
    }
    """
    assert output(program) == "[true, k, v, k:v]\n"


def test_a_class_of_ones_own_is_a_sequence(output):
    program = """
    class Countdown is Sequence {
      construct new(n) { _n = n }
      iterate(i) { i == null ? _n : i > 1 ? i - 1 : false }
      iteratorValue(i) { i }
    }
    System.print(Countdown.new(3).map {|x| x * 2 }.toList)
    System.print([Countdown.new(4).count, Countdown.new(3).join("")])
    for (x in Countdown.new(2)) System.write("%(x) ")
    """
    assert output(program) == "[6, 4, 2]\n[4, 321]\n2 1 "


def test_sorting_ten_thousand_works_for_any_comparer(output):
    program = """
    var l = (0...10000).map {|i| (i * 7919) % 10007 }.toList
    l.sort()
    System.print((1...10000).all {|i| l[i - 1] <= l[i] })
    System.print([5, 3, 4].sort {|a, b| true }.count)
    """
    assert output(program) == "true\n3\n"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("[1][1]", "Subscript out of bounds."), ("[1][-2]", "Subscript out of bounds."),
        ('[1]["a"]', "Subscript must be a number or a range."),
        ("[1][0.5]", "Subscript must be an integer."), ("[1][1] = 2", "Subscript out of bounds."),
        ('[1]["a"] = 2', "Subscript must be a number."),
        ("[1].insert(3, 1)", "Index out of bounds."),
        ("[1].removeAt(1)", "Index out of bounds."), ("[1].swap(0, 1)", "Index 1 out of bounds."),
        ("List.filled(-1, 0)", "Size cannot be negative."),
        ("List.filled(1.5, 0)", "Size must be an integer."), ("[1] * -1",
         "Count must be a non-negative integer."), ("[1].sort(1)", "Comparer must be a function."),
        ("var m = {[]: 1}", "Key must be a value type."),
        ("var m = {}\nm[Fiber.current]", "Key must be a value type."),
        ("var m = {}\nm.iterate(1.5)", None),
        ("var m = {1: 2}\nm.iterate(1.5)", "Iterator must be an integer."),
        ("[].reduce {|a, b| a }", "Can't reduce an empty sequence."),
        ("[1].skip(-1)", "Count must be a non-negative integer."),
        ("[1].take(1.5)", "Count must be a non-negative integer."),
        ("(1..2).iterate(true)", "Iterator must be a number."),
        ("for (x in 1) 1", "Num does not implement 'iterate(_)'."),
        ("for (x in null) 1", "Null does not implement 'iterate(_)'."),
        ("[1].join(2)", None), ("[1, 2].join(2)", "Right operand must be a string."),
    ],
)  # fmt: skip
def test_a_wrong_argument_is_an_error(failure, output, source, message):
    if message is None:
        output(source)
    else:
        assert failure(source).message == message


def test_the_lazy_classes_can_be_inherited_from(output):
    program = """
    class Doubled is MapSequence {
      construct new(s) { super(s, Fn.new {|x| x * 2 }) }
    }
    class Pair is MapEntry {
      construct new(k) {
        super(k, k)
        _own = "own"
      }
      toString { "%(key)%(value)%(_own)" }
    }
    System.print([Doubled.new([1, 2]).toList, Pair.new(1)])
    System.print([TakeSequence.new(1..9, 2).toList, MapKeySequence.new({1: 2}).toList])
    """
    assert output(program) == "[[2, 4], 11own]\n[[1, 2], [1]]\n"
