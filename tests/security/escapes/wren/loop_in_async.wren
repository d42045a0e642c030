// expect: limit_exceeded cpu
import "polyspell" for Polyspell
Polyspell.async {
  while (true) {}
}
