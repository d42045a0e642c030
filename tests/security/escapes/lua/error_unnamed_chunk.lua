-- A chunk without a name of its own, whose text is long and no text.
-- expect: script
load("--" .. ("\xff"):rep(100000) .. "\nerror('x')", ("\xff"):rep(100000))()
