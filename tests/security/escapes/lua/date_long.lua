-- only: inline
-- expect: script
os.date(("%n"):rep(1e7))
