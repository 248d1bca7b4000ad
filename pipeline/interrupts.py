"""Whether Ctrl-C was pressed, whoever's handler took it."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading

EXIT_CODE = 130


@contextlib.contextmanager
def noticed():
    """Give a function that says whether Ctrl-C was pressed since.

    Dagster takes the signal for itself while it runs and forgets one that comes between two steps, and DuckDB turns it
    into an error of its own; the bytes that Python writes for every signal tell of all of them.
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return
    told, teller = socket.socketpair()
    told.setblocking(False)
    teller.setblocking(False)
    before = signal.set_wakeup_fd(teller.fileno(), warn_on_full_buffer=False)
    pressed = False

    def was_pressed() -> bool:
        nonlocal pressed
        with contextlib.suppress(BlockingIOError):
            pressed = pressed or signal.SIGINT in told.recv(4096)
        return pressed

    try:
        yield was_pressed
    finally:
        signal.set_wakeup_fd(before)
        told.close()
        teller.close()
