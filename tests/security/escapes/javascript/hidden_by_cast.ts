// expect: limit_exceeded cpu|wall
let n = 1;
<any> while (n) n = 2;
