// expect: limit_exceeded cpu
class A { static { for (;;) {} } }
