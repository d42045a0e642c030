# expect: limit_exceeded cpu|wall|calls
while True:
    try:
        import nowhere
    except BaseException:
        pass
