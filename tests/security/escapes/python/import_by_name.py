# expect: script
__import__("os").system("id")
