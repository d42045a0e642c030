def shout(said: str) -> str:
    return said.upper() + "!"
