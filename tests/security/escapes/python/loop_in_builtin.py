# expect: limit_exceeded cpu|memory
sum(i for i in range(10**10))
