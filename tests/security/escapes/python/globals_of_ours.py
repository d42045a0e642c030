# expect: script
from polyspell import sleep

sleep.__globals__["_files"]
