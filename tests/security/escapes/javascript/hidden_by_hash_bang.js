#!a for (;;) ;
// expect: limit_exceeded cpu|wall
