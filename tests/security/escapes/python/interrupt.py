# expect: script
raise KeyboardInterrupt("x")
