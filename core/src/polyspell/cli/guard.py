"""Ends a program that does not answer Ctrl-C: a script that runs in it and never returns keeps
Python, and so every handler of signals, from its turn."""

from __future__ import annotations

import os
import select
import signal
import sys

PATIENCE = 0.5
"""Seconds in which an answer has to come, before the next and stronger word."""


def watch(program: int, answers: int) -> None:
    """Run beside a program in its terminal, until it ends.

    Args:
        program: its process id.
        answers: a descriptor where it writes a byte for each interruption, once it noticed.
    """
    heard, wake = os.pipe()
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGINT, lambda number, frame: None)
    while True:
        ready, _, _ = select.select([answers, heard], [], [])
        if answers in ready and not os.read(answers, 64):
            return
        if heard in ready:
            os.read(heard, 64)
            for word in (signal.SIGINT, signal.SIGTERM):  # Python's own raises at the second
                if answers in ready or select.select([answers], [], [], PATIENCE)[0]:
                    break
                os.kill(program, word)


if __name__ == "__main__":
    watch(int(sys.argv[1]), 0)
