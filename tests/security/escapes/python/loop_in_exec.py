# expect: limit_exceeded cpu
exec("while True:\n    pass")
