-- An error's text is cut.
-- expect: script
error(("x"):rep(10000000))
