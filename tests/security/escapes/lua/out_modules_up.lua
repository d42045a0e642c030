-- expect: permission_denied
require("../../test_escapes")
