"""Which way files are fetched, direct HTTP or the browser, and what was learned of that. Never fetches one.

Learned is by origin: where direct HTTP was refused and the browser was not, the browser fetches the rest. The workers
of a run share it through the run's folder, a small file for each origin, written once.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.browser.identity import Identity
from pytest_edgepool.files import write_whole
from pytest_edgepool.redact import origin_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.downloads.attachment import Attachment
    from pytest_edgepool.downloads.connections import Connections
    from pytest_edgepool.events import Event
    from pytest_edgepool.settings import Settings

AUTO, BROWSER = "auto", "browser"

_DIGEST_CHARACTERS = 16
_ENOUGH = 2  # once may be a site's passing trouble


class Ways:
    """One worker's ways to files.

    Args:
        settings: what is in force.
        folder: the run's folder.
        tell: hears what was learned.
    """

    def __init__(self, settings: Settings, folder: Path, tell: Callable[[Event], None]) -> None:
        self.how = settings.po_transfer
        # A rotating session is another one after each answer: the next file needs what this one's answer brings.
        self.at_once = 1 if settings.edgepool_rotating_session else settings.po_transfers
        self._folder = folder
        self._tell = tell
        self._learned: set[str] = set()
        self._refusals: dict[str, int] = {}
        self._connections: Connections | None = None
        self._identity: Identity | None = None
        if self.how == AUTO and any(each.startswith("--proxy-") for each in settings.edgepool_arg):
            self.how = BROWSER  # it was given a proxy of its own, which the system does not know

    @property
    def connections(self) -> Connections:
        """The connections for direct HTTP, kept from order to order; new ones after they were cut."""
        from pytest_edgepool.downloads.connections import Connections

        if self._connections is None or self._connections.is_cut:
            self._connections = Connections(self.at_once)
        return self._connections

    def identity(self, browser: RunningBrowser, driver: WebDriver) -> Identity:
        """Return what that browser shows of itself; connections are kept as long as it is the same one."""
        if self._identity is None or self._identity.browser is not browser:
            self._identity = Identity(browser, driver)
            self.close()
        return self._identity

    def is_direct(self, attachment: Attachment) -> bool:
        """Whether direct HTTP is tried for it: only a click brings what has no address."""
        if not attachment.url or self.how == BROWSER:
            return False
        return self.how != AUTO or not self._is_learned(origin_of(attachment.url))

    def worked(self, attachment: Attachment) -> None:
        """Learn that direct HTTP was given a file: what it was refused before was a passing trouble."""
        self._refusals.pop(origin_of(attachment.url), None)

    def learn(self, attachment: Attachment, because: str) -> None:
        """Learn that the browser was given what direct HTTP was refused; the second time in a row it stays so."""
        origin = origin_of(attachment.url)
        self._refusals[origin] = self._refusals.get(origin, 0) + 1
        if self._refusals[origin] >= _ENOUGH and not self._is_learned(origin):
            self._learned.add(origin)
            with suppress(OSError):  # the run's folder is gone or full: then this worker alone knows it
                write_whole(self._place(origin), because.encode(), lasting=False)
            self._tell(events.TransferLearned(origin=origin, way=BROWSER, reason=because))

    def close(self) -> None:
        """Close the connections that are kept open."""
        if self._connections is not None:
            self._connections.close()

    def _is_learned(self, origin: str) -> bool:
        if origin not in self._learned and self._place(origin).exists():
            self._learned.add(origin)
        return origin in self._learned

    def _place(self, origin: str) -> Path:
        return self._folder / f"by-browser-{hashlib.sha256(origin.encode()).hexdigest()[:_DIGEST_CHARACTERS]}"
