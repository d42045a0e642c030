// expect: script_syntax
import "polyspell" for Polyspell
Polyspell.__class__
