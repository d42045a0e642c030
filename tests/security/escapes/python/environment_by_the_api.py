# expect: permission_denied
from polyspell import env

env("HOME")
