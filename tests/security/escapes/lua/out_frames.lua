-- A chunk that is named as our own code is.
-- expect: script
load("error('as ours')", "=?")()
