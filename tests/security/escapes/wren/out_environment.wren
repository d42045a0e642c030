// expect: permission_denied
import "polyspell" for Polyspell
Polyspell.env("HOME")
