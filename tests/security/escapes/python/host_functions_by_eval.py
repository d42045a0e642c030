# expect: script
eval("host_done(1, ('value', 2))")
