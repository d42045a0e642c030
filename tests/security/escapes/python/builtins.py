# expect: script
__builtins__["__import__"]("os")
