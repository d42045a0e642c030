-- expect: not_found
-- A name of megabytes, which nothing is near to.
require("polyspell").tool.list()
require("polyspell").schema.get(("../"):rep(1000000))
