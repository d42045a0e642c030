# expect: script
(lambda: 0).__code__
