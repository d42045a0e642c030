# expect: script
_ps_import(["a"], {"b": 1})
