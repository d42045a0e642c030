// expect: limit_exceeded memory
// limits: cpu=5s
// the engine's own sign that memory is exhausted
throw null;
