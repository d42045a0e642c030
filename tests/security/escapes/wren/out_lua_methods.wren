// expect: script
"text".rep(1000000000)
