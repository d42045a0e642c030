-- A reader that is a C function gives no instruction at which to stop.
-- expect: limit_exceeded cpu|memory
while true do load(os.date) end
