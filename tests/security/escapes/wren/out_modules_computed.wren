// expect: permission_denied
import "meta" for Meta
Meta.eval("import \"../../test_escapes.py\" for Host")
