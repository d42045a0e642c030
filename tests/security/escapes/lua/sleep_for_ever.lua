-- expect: limit_exceeded wall
-- limits: wall=0.4s
pcall(require("polyspell").sleep, 1000000)
