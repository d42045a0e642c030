-- Saying so is the same as being so.
-- expect: limit_exceeded memory
pcall(error, "not enough memory", 0)
