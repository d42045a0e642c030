# expect: limit_exceeded memory|cpu
text = "x = 1\n" * 1000
while True:
    exec(text, {})
    text += text
