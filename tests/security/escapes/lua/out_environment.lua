-- expect: permission_denied
require("polyspell").env("HOME")
