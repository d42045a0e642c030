# expect: script
from polyspell import host

host.load("/etc/passwd", None)
