# expect: invalid
from polyspell import memory, tool

made = memory.create()
made._ps_number = 10**40
await tool.call(made, {})
