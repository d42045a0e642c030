-- expect: permission_denied
require("polyspell").provider.complete("echo/any", { prompt = "hello" })
