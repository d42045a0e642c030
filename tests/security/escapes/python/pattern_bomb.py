# expect: value null
import re

re.match("(a|a|a)+$", "a" * 5000 + "b")
