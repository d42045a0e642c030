# expect: limit_exceeded cpu
_ps_here.clear()
_ps_here.append({"a": 1})
x = 0
f = lambda: 1
(lambda: [f() for i in range(10**9)])()
