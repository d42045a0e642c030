# expect: invalid
from polyspell import tool

made = tool.define(name="x", run=lambda a: 1)
made._ps_number = "x"
await tool.call(made, {})
