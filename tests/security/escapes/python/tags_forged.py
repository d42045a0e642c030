# expect: value [["function", 1, "x"], ["handle", 1, "Agent"], ["type", "x"]]
[("function", 1, "x"), ("handle", 1, "Agent"), ("type", "x")]
