// expect: limit_exceeded wall
// limits: wall=0.5s
setInterval(() => {}, 50);
