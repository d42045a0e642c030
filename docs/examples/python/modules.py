# A spell in two files: polyspell run modules.py
from lib.text import shout
print(shout("hello"))
