# expect: script
raise SystemExit
