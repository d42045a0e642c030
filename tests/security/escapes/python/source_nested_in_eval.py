# expect: script
eval("(" * 100_000 + "1" + ")" * 100_000)
