// expect: limit_exceeded cpu|memory
class Endless is Sequence {
  construct new() {}
  iterate(last) { true }
  iteratorValue(at) { 1 }
}
Endless.new().toList.count
