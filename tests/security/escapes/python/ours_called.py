# expect: value [1, null]
_ps_at(ValueError("x"), 10**30)
_ps_at(ValueError("x"), "site")
_ps_at(None, [1])
_ps_here[0] = "nowhere"
[1, None]
