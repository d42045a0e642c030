# expect: script
import json

json.loads("[" * 100_000)
