class Text {
  static shout(said) { said.codePoints.map {|point| String.fromCodePoint(upper(point)) }.join() + "!" }
  static upper(point) { point >= 97 && point <= 122 ? point - 32 : point }
}
