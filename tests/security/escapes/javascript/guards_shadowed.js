// expect: limit_exceeded cpu
function __check() {}
function __beat() {}
var __left = Infinity;
for (;;) try { for (;;); } catch {}
