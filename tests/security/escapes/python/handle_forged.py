# expect: not_found
from polyspell import tool

made = tool.define(name="x", run=lambda a: 1)
forged = type(made)()
forged._ps_number = 10**6
forged.name
