# expect: script
host_ask("host", "load", ["../../etc/passwd", None])
