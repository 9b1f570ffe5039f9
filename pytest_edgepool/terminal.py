"""What a person at the terminal can do: see a screen, type a line, press Enter, interrupt. Never prints."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import TextIO

_LINE_BYTES = 4096  # more than a terminal gives in one line


def has_screen(environment: Mapping[str, str], platform: str = sys.platform) -> bool:
    """Return whether a browser can be shown to the person.

    Linux: the display is named. Windows and macOS have one, unless the person came over the network.
    """
    if platform.startswith(("win32", "darwin")):
        return not any(environment.get(name) for name in ("SSH_CONNECTION", "SSH_TTY"))
    return any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def is_terminal(*streams: TextIO | None) -> bool:
    """Return whether all of these streams are a terminal; one that is closed or missing is none."""
    try:
        return all(each is not None and each.isatty() for each in streams)
    except ValueError:  # closed
        return False


def listening_for_enter(stream: TextIO) -> Callable[[], bool]:
    """Return what says whether Enter was pressed since it was last asked; what was typed before now does not count.

    Args:
        stream: the terminal's input, as `sys.stdin`.
    """
    if sys.platform == "win32":  # pragma: no cover - reasoned from the documentation; nothing here runs elsewhere
        return _windows_keys()
    return _posix_lines(stream.fileno())


def _posix_lines(terminal: int) -> Callable[[], bool]:
    import select
    import termios

    with suppress(termios.error):  # no terminal after all: there is nothing to forget
        termios.tcflush(terminal, termios.TCIFLUSH)
    is_open = True

    def pressed() -> bool:
        nonlocal is_open
        # A job in the background that reads is stopped by the system, for ever.
        if not is_open or not _is_in_front(terminal) or not select.select([terminal], [], [], 0)[0]:
            return False
        try:
            is_open = bool(os.read(terminal, _LINE_BYTES))
        except OSError:
            is_open = False  # the terminal is gone: nobody presses anything any more
        return is_open

    return pressed


def _is_in_front(terminal: int) -> bool:
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    except OSError:
        return True  # not the terminal that controls us: there is no job control on it


def _windows_keys() -> Callable[[], bool]:  # pragma: no cover - as above
    import importlib

    keys = importlib.import_module("msvcrt")  # by name: type checkers elsewhere do not know what is in it
    while keys.kbhit():
        keys.getwch()

    def pressed() -> bool:
        typed = ""
        while keys.kbhit():
            typed += keys.getwch()
        return "\r" in typed or "\n" in typed

    return pressed


@contextmanager
def ending_as_ctrl_c(*names: str) -> Iterator[None]:
    """Have a closed terminal or a request to end interrupt a block as Ctrl-C does, so that it is cleared up after.

    Does nothing outside the main thread, which alone may have handlers.

    Args:
        names: the signals; without any, SIGTERM and SIGHUP.
    """
    with _handled(names or ("SIGTERM", "SIGHUP"), signal.default_int_handler):
        yield


@contextmanager
def undisturbed() -> Iterator[None]:
    """Have further interruptions not break a block of clearing up, which is bounded and must be whole."""
    with _handled(("SIGINT", "SIGTERM", "SIGHUP"), lambda *_: None):  # not SIG_IGN: children would inherit it
        yield


@contextmanager
def _handled(names: tuple[str, ...], handler: Callable[..., object]) -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]  # Windows lacks one
    earlier = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, before in earlier.items():
            # None: it was installed by other than Python, and can only be left to the default
            signal.signal(number, signal.SIG_DFL if before is None else before)
