"""What a person at the terminal can do, decided from what the system says."""

from __future__ import annotations

import io
import os
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.plugin.first_run import address_from, may_sign_in
from pytest_edgepool.settings import Settings
from pytest_edgepool.terminal import ending_as_ctrl_c, has_screen, is_terminal, listening_for_enter, undisturbed

if TYPE_CHECKING:
    from collections.abc import Iterator

needs_pty = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        if self.closed:
            raise ValueError
        return True


@pytest.mark.parametrize(
    ("platform", "environment", "there_is"),
    [
        ("linux", {}, False),
        ("linux", {"DISPLAY": ":0"}, True),
        ("linux", {"DISPLAY": ""}, False),
        ("linux", {"WAYLAND_DISPLAY": "wayland-0"}, True),
        ("linux", {"DISPLAY": "localhost:10.0", "SSH_CONNECTION": "a 1 b 22"}, True),  # ssh -X
        ("darwin", {}, True),
        ("darwin", {"SSH_CONNECTION": "a 1 b 22"}, False),
        ("win32", {}, True),
        ("win32", {"SSH_TTY": "conpty"}, False),
    ],
)
def test_a_screen(platform: str, environment: dict[str, str], there_is: bool) -> None:
    """Linux names its display; Windows and macOS have one, but not over the network."""
    assert has_screen(environment, platform) is there_is


def test_only_what_is_open_and_a_terminal_is_a_terminal() -> None:
    """A pipe is none, nor is a stream that is closed or missing."""
    closed = Terminal()
    closed.close()
    assert is_terminal(Terminal(), Terminal())
    assert not is_terminal(Terminal(), io.StringIO())
    assert not is_terminal(Terminal(), None)
    assert not is_terminal(closed)


@pytest.mark.parametrize(
    ("login", "keyboard", "paper", "environment", "may"),
    [
        ("auto", Terminal(), Terminal(), {"DISPLAY": ":0"}, True),
        ("never", Terminal(), Terminal(), {"DISPLAY": ":0"}, False),
        ("auto", io.StringIO(), Terminal(), {"DISPLAY": ":0"}, False),
        ("auto", Terminal(), io.StringIO(), {"DISPLAY": ":0"}, False),
        ("auto", Terminal(), Terminal(), {}, False),
        ("auto", None, None, {"DISPLAY": ":0"}, False),
    ],
)
def test_a_browser_opens_only_for_somebody_who_wants_it_and_is_there(
    login: str, keyboard: io.StringIO | None, paper: io.StringIO | None, environment: dict[str, str], may: bool
) -> None:
    """Setting, input, output, screen: all four."""
    assert may_sign_in(Settings(edgepool_login=login), keyboard, paper, environment, "linux") is may


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("yourcompany.coupahost.com\n", "https://yourcompany.coupahost.com"),
        (" https://x.example/ \n", "https://x.example/"),
        ("http://127.0.0.1:8765", "http://127.0.0.1:8765"),
    ],
)
def test_an_address_may_be_typed_as_people_do(typed: str, address: str) -> None:
    """Without the scheme, with spaces around."""
    assert address_from(typed) == address


@pytest.mark.parametrize("typed", ["", "\n", "   \n"])
def test_no_address_is_a_mistake_with_the_remedy(typed: str) -> None:
    """End of input, or Enter alone."""
    with pytest.raises(UsageMistake, match=r"--po-url=https://"):
        address_from(typed)


@pytest.fixture
def keyboard() -> Iterator[tuple[int, io.TextIOWrapper]]:
    """The far side of a terminal, and the stream on our side."""
    import pty

    far, near = pty.openpty()
    with os.fdopen(near, "r") as stream:
        yield far, stream
    os.close(far)


@needs_pty
def test_enter_is_heard_once(keyboard: tuple[int, io.TextIOWrapper]) -> None:
    """Nothing, then one line, then nothing again; half a line is nothing yet."""
    far, stream = keyboard
    pressed = listening_for_enter(stream)
    assert not pressed()
    os.write(far, b"half")
    assert not pressed()
    os.write(far, b" a line\n")
    assert pressed()
    assert not pressed()


@needs_pty
def test_what_was_typed_before_does_not_count(keyboard: tuple[int, io.TextIOWrapper]) -> None:
    """A second Enter after the command must not end the sign-in before it began."""
    far, stream = keyboard
    os.write(far, b"\n")
    assert not listening_for_enter(stream)()


@needs_pty
def test_the_end_of_the_input_is_not_enter(keyboard: tuple[int, io.TextIOWrapper]) -> None:
    """Ctrl-D says that nobody will press anything any more."""
    far, stream = keyboard
    pressed = listening_for_enter(stream)
    os.write(far, b"\x04")
    assert not pressed()
    assert not pressed()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process that is sent SIGTERM")
def test_a_request_to_end_interrupts_and_is_given_back() -> None:
    """SIGTERM is Ctrl-C inside the block, and afterwards what it was."""
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), ending_as_ctrl_c():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_clearing_up_is_not_interrupted() -> None:
    """A second Ctrl-C does nothing inside the block, and afterwards what it did before."""
    before = signal.getsignal(signal.SIGINT)
    with undisturbed():
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before
