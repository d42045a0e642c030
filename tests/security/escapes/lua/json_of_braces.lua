-- What a model might have written, and no repair would end soon.
-- expect: invalid
require("polyspell").schema.extract({ type = "object" }, ("{"):rep(90000))
