// expect: limit_exceeded cpu
class Endless {
  construct new() {}
  ==(other) {
    while (true) {}
  }
}
[1].contains(Endless.new())
