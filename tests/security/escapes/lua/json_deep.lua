-- expect: invalid
require("polyspell").json.decode(("["):rep(500000))
