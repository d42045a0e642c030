// A string of nothing but bytes that no code point begins with.
// expect: limit_exceeded cpu
var s = String.fromByte(0x80) * 1e7
while (true) {
  s.iterate(0)
  s.trimEnd()
}
