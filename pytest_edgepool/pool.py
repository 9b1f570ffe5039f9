"""The public face of a worker's browser: what fixtures hand to tests. Never starts anything before it is used."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgepool.workers.slots import SlotStatus, slots_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.browser.tabs import Tab
    from pytest_edgepool.profiles.lease import Kind
    from pytest_edgepool.profiles.verify import Verification
    from pytest_edgepool.workers.worker import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolStatus:
    """All slots of the run, as their workers last said.

    Attributes:
        run_id: the run's id.
        slots: one for each worker that has had a slot.
    """

    run_id: str
    slots: tuple[SlotStatus, ...]


class EdgePool:
    """The pool of browsers, as one worker sees it (fixture `edge_pool`)."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    @property
    def run_id(self) -> str:
        """The run's id, the same in all workers."""
        return self._worker.run.id

    @property
    def worker(self) -> str:
        """This worker's name: `gw0`, `gw1`, … or `master` without xdist."""
        return self._worker.name

    def status(self) -> PoolStatus:
        """Return all slots: worker, profile, state, verified, and what its browser uses (`memory_now`, `tabs_now`)."""
        return PoolStatus(run_id=self.run_id, slots=slots_of(self._worker.run))


class EdgeProfile:
    """The profile that this worker's browser runs on (fixture `edge_profile`); read-only, leased at the first look.

    Every attribute may raise what leasing raises (no slot free, no space): for this test only, the next may succeed.
    """

    __slots__ = ("_worker",)

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    @property
    def slot(self) -> int:
        """The slot's number; 0 is the base."""
        return self._worker.lease().slot

    @property
    def kind(self) -> Kind:
        """`base` or `clone`."""
        return self._worker.lease().kind

    @property
    def user_data_dir(self) -> Path:
        """The user data dir that this worker alone has open."""
        return self._worker.lease().user_data_dir

    @property
    def profile_directory(self) -> str:
        """The profile folder inside it."""
        return self._worker.lease().profile_directory

    @property
    def verification(self) -> Verification:
        """What the last proof of the profile came to."""
        return self._worker.verification


class EdgeBrowser:
    """This worker's long-lived browser (fixture `edge_browser`); started at the first use, again after it died."""

    __slots__ = ("_worker",)

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    @property
    def driver(self) -> WebDriver:
        """Selenium's WebDriver, on the main window. Do not close that window: open tabs with `tab()`."""
        return self._worker.browser().driver

    @property
    def capabilities(self) -> dict[str, Any]:
        """The session's capabilities."""
        return self._worker.browser().capabilities

    @contextmanager
    def tab(self) -> Iterator[Tab]:
        """Open a tab for a block; it and all that it opened are closed at the end, whatever happens.

        Raises:
            BrowserTrouble: the browser could not be started, or died.
        """
        with self._worker.recycling.tab_open(), self._worker.browser().tab() as tab:
            yield tab
        self._worker.tab_closed()

    def recycle(self) -> None:
        """End the browser in order and start it again on the same profile; its sign-in stays, its tabs do not.

        Never two at once in a run: this waits for another worker's.

        Raises:
            BrowserTrouble: it did not start again.
        """
        self._worker.recycling.now()
