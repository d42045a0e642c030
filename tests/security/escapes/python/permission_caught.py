# expect: value ["permission_denied", true]
from polyspell import env

try:
    env("HOME")
    r = None
except RuntimeError as e:
    r = [e.code, "env:HOME" in e.hint + str(e.context)]
r
