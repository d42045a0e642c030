# expect: limit_exceeded cpu
from polyspell import tool


def run(arguments):
    while True:
        pass


made = tool.define(name="x", run=run)
await tool.call(made, {})
