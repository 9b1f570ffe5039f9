"""Handlers and watcher by themselves, with real signals to this process and no browser."""

from __future__ import annotations

import shutil
import signal
import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.errors import RunStopped
from pytest_edgepool.plugin.ending import Handlers, is_hurried
from pytest_edgepool.plugin.watcher import GivenUp, Watcher
from pytest_edgepool.run import STOP_BY_SIGNAL, Run
from pytest_edgepool.testing import FakeClock
from tests.faults.staging import PATIENCE_SECONDS, must

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SIGNALS = (signal.SIGINT, signal.SIGTERM)
A_BREATH_SECONDS = 1.0
MANY_SECONDS = 3600.0


@dataclass
class FakeSession:
    """What a watcher wants of pytest's session."""

    shouldstop: bool | str = False


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    made = Run(tmp_path / "state", "a-run")
    made.join()
    yield made
    made.leave()


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    earlier = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGUSR1)}
    yield
    kept = {number: signal.getsignal(number) for number in earlier}
    for number, handler in earlier.items():
        signal.signal(number, handler)
    assert kept == earlier, "a test has left a handler"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def handlers(run: Run, clock: FakeClock) -> Iterator[Handlers]:
    made = Handlers(run, "ending\n", clock)
    made.install()
    yield made
    made.restore()


@pytest.fixture
def watch(run: Run) -> Iterator[Callable[..., Watcher]]:
    made: list[Watcher] = []

    def start(session: Any = None, grace_seconds: float = 0.0, interrupt: Callable[[], None] = lambda: None) -> Watcher:
        made.append(Watcher(run, session or FakeSession(), grace_seconds, interrupt))
        made[-1].start()
        return made[-1]

    yield start
    for each in made:
        each.finish()


def wait_to_be_given_up() -> None:
    """Hang in a call of the system, as an order in hand does."""
    threading.Event().wait(PATIENCE_SECONDS)


# -- handlers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.usefixtures("handlers")
def test_first_signal_raises_the_flag_and_nothing_else(run: Run, number: signal.Signals) -> None:
    """The process goes on as if nothing had happened; the reason says that it was a signal."""
    signal.raise_signal(number)

    assert run.stop_reason() == STOP_BY_SIGNAL
    assert not is_hurried(run)


@pytest.mark.usefixtures("handlers")
def test_second_signal_declares_the_grace_over(run: Run, clock: FakeClock) -> None:
    """Whether it is the same one or the other."""
    signal.raise_signal(signal.SIGINT)
    clock.sleep(A_BREATH_SECONDS)
    signal.raise_signal(signal.SIGTERM)

    assert is_hurried(run)


@pytest.mark.usefixtures("handlers")
def test_signals_of_one_breath_are_one(run: Run) -> None:
    """A starter that passes on what the terminal has sent us already says nothing new."""
    for _ in range(5):
        signal.raise_signal(signal.SIGINT)

    assert run.is_stopping
    assert not is_hurried(run)


@pytest.mark.usefixtures("handlers")
def test_third_signal_interrupts(clock: FakeClock) -> None:
    """What the first two could not end ends as it would without us."""
    for _ in range(2):
        signal.raise_signal(signal.SIGINT)
        clock.sleep(A_BREATH_SECONDS)

    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_clearing_up_is_not_interrupted(handlers: Handlers, run: Run, clock: FakeClock) -> None:
    """However often somebody insists while it lasts."""
    with handlers.held_off():
        for _ in range(6):
            signal.raise_signal(signal.SIGINT)
            clock.sleep(A_BREATH_SECONDS)

    assert is_hurried(run)


@pytest.mark.usefixtures("handlers")
def test_signal_interrupts_at_once_when_nobody_would_see_the_flag(run: Run) -> None:
    """A run whose folder is gone can still be ended."""
    shutil.rmtree(run.folder)

    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


@pytest.mark.usefixtures("handlers")
def test_signal_on_a_full_disk_ends_the_run_in_order(run: Run) -> None:
    """The flag is up without its text: nothing is interrupted."""
    resource = pytest.importorskip("resource")
    earlier = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, earlier[1]))  # as there, a file may be made and not grow
    try:
        signal.raise_signal(signal.SIGTERM)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, earlier)

    assert run.is_stopping


def test_user_is_told_once_and_past_any_capture(run: Run, clock: FakeClock, capfd: pytest.CaptureFixture[str]) -> None:
    """The sentence goes where standard error went when the handlers were installed."""
    handlers = Handlers(run, "ending\n", clock)
    handlers.install()
    signal.raise_signal(signal.SIGINT)
    clock.sleep(A_BREATH_SECONDS)
    signal.raise_signal(signal.SIGINT)
    handlers.restore()

    assert capfd.readouterr().err == "ending\n"


@pytest.mark.parametrize("earlier", [signal.SIG_IGN, signal.SIG_DFL, signal.default_int_handler])
def test_earlier_handlers_come_back(run: Run, earlier: Any) -> None:
    """Also the one that ignores, as a shell's `cmd &` has it."""
    before = signal.signal(signal.SIGINT, earlier)
    handlers = Handlers(run)
    handlers.install()
    assert signal.getsignal(signal.SIGINT) not in (earlier, before)
    handlers.restore()
    after = signal.signal(signal.SIGINT, before)

    assert after == earlier


def test_handlers_stay_until_all_who_installed_them_are_done(run: Run) -> None:
    """Controller and station of one process share them; restoring once too often does no harm."""
    before = signal.getsignal(signal.SIGTERM)
    handlers = Handlers(run)
    handlers.install()
    handlers.install()
    handlers.restore()
    ours = signal.getsignal(signal.SIGTERM)
    handlers.restore()
    handlers.restore()

    assert ours != before
    assert signal.getsignal(signal.SIGTERM) == before


def test_handlers_are_left_alone_outside_the_main_thread(run: Run) -> None:
    """Python has no signals there, and it is no reason to fail."""
    before = signal.getsignal(signal.SIGINT)
    handlers = Handlers(run)
    thread = threading.Thread(target=lambda: (handlers.install(), handlers.restore()))
    thread.start()
    thread.join()

    assert signal.getsignal(signal.SIGINT) == before


# -- watcher -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "told"), [(STOP_BY_SIGNAL, "ended by a signal"), ("nobody is signed in", "nobody is signed in")]
)
def test_session_begins_nothing_more_when_the_flag_is_up(
    run: Run, watch: Callable[..., Watcher], reason: str, told: str
) -> None:
    """It is told why, in words."""
    session = FakeSession()
    watch(session, MANY_SECONDS)
    run.stop(reason)

    must(lambda: session.shouldstop == told, "the session is told")


def test_order_in_hand_is_given_up_when_the_grace_is_over(run: Run, watch: Callable[..., Watcher]) -> None:
    """It ends in the middle of whatever it waits for, and the error says how long it had."""
    watcher = watch(grace_seconds=0.5)
    run.stop(STOP_BY_SIGNAL)

    with pytest.raises(GivenUp, match=r"not finished within 0\.5 s"), watcher.in_hand():
        wait_to_be_given_up()
    assert watcher.has_given_up


def test_order_in_hand_is_given_up_at_once_when_the_run_is_hurried(run: Run, watch: Callable[..., Watcher]) -> None:
    """Whatever is left of its grace."""
    watcher = watch(grace_seconds=MANY_SECONDS)
    run.stop(STOP_BY_SIGNAL)
    (run.folder / "hurry").touch()

    with pytest.raises(GivenUp, match="before a second signal came"), watcher.in_hand():
        wait_to_be_given_up()


def test_giving_up_is_repeated_when_somebody_swallows_it(run: Run, watch: Callable[..., Watcher]) -> None:
    """An interruption that got lost does not make an order that never ends."""
    watcher = watch()
    run.stop(STOP_BY_SIGNAL)

    def swallow_the_first() -> None:
        with suppress(BaseException):
            wait_to_be_given_up()
        wait_to_be_given_up()

    with pytest.raises(GivenUp), watcher.in_hand():
        swallow_the_first()


def test_who_catches_exceptions_does_not_catch_it() -> None:
    """Selenium's `quit` does, and so do many tests."""
    assert not issubclass(GivenUp, Exception)


@pytest.mark.parametrize("has_ended", [False, True])
def test_late_interruption_tears_nothing(watch: Callable[..., Watcher], has_ended: bool) -> None:
    """One that was sent before the order was settled, and arrives after it, does nothing."""
    watcher = watch(grace_seconds=MANY_SECONDS)
    with watcher.in_hand():
        if not has_ended:
            watcher.ends()
            signal.raise_signal(signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)

    assert not watcher.has_given_up


def test_nothing_is_interrupted_while_nothing_is_in_hand(run: Run, watch: Callable[..., Watcher]) -> None:
    """The flag alone raises nothing in the main thread."""
    session = FakeSession()
    watch(session)
    run.stop(STOP_BY_SIGNAL)

    must(lambda: bool(session.shouldstop), "the session is told")


def test_browser_is_ended_where_the_main_thread_cannot_be_interrupted(run: Run) -> None:
    """As on Windows, or when pytest runs in another thread: its call then fails by itself."""
    was_ended = threading.Event()
    watcher = Watcher(run, FakeSession(), 0.0, was_ended.set)  # type: ignore[arg-type]
    thread = threading.Thread(target=watcher.start)
    thread.start()
    thread.join()
    run.stop(STOP_BY_SIGNAL)
    watcher.begins()
    must(was_ended.is_set, "the browser is ended")
    assert watcher.has_given_up
    with pytest.raises(RunStopped, match=r"not finished within 0 s"):
        watcher.begins()  # its call has failed, and another try would have a new browser
    watcher.finish()


def test_finished_watcher_leaves_neither_thread_nor_handler(run: Run) -> None:
    """The signal that it used belongs to whoever had it before."""
    before = signal.getsignal(signal.SIGUSR1)
    watcher = Watcher(run, FakeSession(), 0.0, lambda: None)  # type: ignore[arg-type]
    watcher.start()
    assert signal.getsignal(signal.SIGUSR1) != before
    watcher.finish()

    assert signal.getsignal(signal.SIGUSR1) == before
    assert "edgepool-stop-watcher" not in {each.name for each in threading.enumerate()}
