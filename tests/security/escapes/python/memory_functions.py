# expect: limit_exceeded listeners
from polyspell import event

while True:
    event.on("x", lambda happened: None)
