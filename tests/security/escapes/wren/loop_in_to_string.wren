// expect: limit_exceeded cpu
class Endless {
  construct new() {}
  toString {
    while (true) {}
  }
}
System.print(Endless.new())
