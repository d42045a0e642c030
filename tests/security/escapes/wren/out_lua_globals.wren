// expect: script_syntax
class A {
  static reach() { _G }
}
A.reach()["os"]["exit"].call()
