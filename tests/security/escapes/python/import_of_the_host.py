# expect: script
from polyspell import Host
