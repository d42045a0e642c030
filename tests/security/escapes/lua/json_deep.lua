-- expect: invalid
require("polyspell").json.decode(("["):rep(1000000))
