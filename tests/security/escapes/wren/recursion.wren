// expect: limit_exceeded depth|memory|cpu
// limits: cpu=5s,memory=256MiB
class A {
  static down(n) { down(n + 1) + 1 }
}
A.down(0)
