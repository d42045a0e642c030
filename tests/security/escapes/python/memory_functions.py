# expect: limit_exceeded memory|cpu|calls
from polyspell import event

while True:
    event.on("x", lambda happened: None)
