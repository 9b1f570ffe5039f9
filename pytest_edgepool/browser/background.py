"""A page in a background tab, loaded and read over DevTools alone. Never comes to the front, never asks WebDriver.

Measured: WebDriver's switching to a tab brings it to the front and has the driver look into it, which is half of what a
page costs. What such a page cannot do plainly it refuses (`OnlyByDriver`); WebDriver then does the same in its own way.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_edgepool.browser.devtools import DevToolsRefusal
from pytest_edgepool.clock import SYSTEM_CLOCK, Deadline, wait_until
from pytest_edgepool.errors import DeadlinePassed, TabTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.browser.devtools import DevTools

_COMMAND_SECONDS = 10.0
# A page that is busy with its own scripts does not answer; WebDriver waits for it as long as the work in hand may take.
_ANSWER_SECONDS = 5.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.005, 0.04
_BLANK = "about:blank"
_STATE = "[document.readyState, location.href]"
# Elements, promises and the like lose what they are on the way; only WebDriver can hand them out.
_PLAINLY = """(() => {
  const answer = (function () { %s\n})();
  const isPlain = (one) => one === null || typeof one !== 'object' || (Array.isArray(one) ? one.every(isPlain)
    : Object.getPrototypeOf(one) === Object.prototype && Object.values(one).every(isPlain));
  if (!isPlain(answer)) { throw new Error('not plain'); }
  return answer === undefined ? null : answer;
})()"""


class OnlyByDriver(Exception):  # noqa: N818 - no failure: a question that another answers
    """The page does not answer this over DevTools alone."""


class BackgroundPage:
    """One such page.

    Args:
        devtools: the browser's connection.
        handle: the tab, as WebDriver would call it.
        session: the DevTools session on it.
        url: where it was sent.
        limit: returns until when whoever works on it now may wait.

    Attributes:
        opened_at: when, on the monotonic clock.
        was_ahead: whether it was opened before the turn of the work that it is for.
    """

    def __init__(
        self, devtools: DevTools, handle: str, session: str, *, url: str, limit: Callable[[], Deadline]
    ) -> None:
        self.handle = handle
        self.session = session
        self.url = url
        self.opened_at = SYSTEM_CLOCK.monotonic()
        self.was_ahead = False
        self._devtools = devtools
        self._limit = limit
        self._is_loaded = False

    @classmethod
    def open(cls, devtools: DevTools, url: str, script: str, limit: Callable[[], Deadline]) -> BackgroundPage:
        """Begin to load an address in a new tab.

        Args:
            devtools: the browser's connection.
            url: the address.
            script: runs in each page of the tab, before the page's own.
            limit: as for the class.

        It begins blank, so that our script is there before the first page is.

        Raises:
            BrowserTrouble: the browser died or refused.
            DeadlinePassed: it does not answer.
        """
        soon = Deadline.after(_COMMAND_SECONDS, "opening a tab")
        handle = str(devtools.call("Target.createTarget", soon, url=_BLANK, background=True)["targetId"])
        session = devtools.attach(handle, soon, script)
        # Hidden pages get no animation frames and see no element come into view: what waits for those never comes.
        devtools.call("Emulation.setFocusEmulationEnabled", soon, session, enabled=True)
        devtools.send("Page.navigate", session, url=url)  # its answer comes with the page's headers
        return cls(devtools, handle, session, url=url, limit=limit)

    def is_sound(self) -> bool:
        """Return whether it is there, and shows what it was sent to or is still on its way.

        Raises:
            BrowserTrouble: the browser died.
        """
        try:
            self._is_loaded = self._looks_loaded()
        except (OnlyByDriver, TabTrouble):
            return False
        return True

    def wait_loaded(self) -> None:
        """Wait until it is loaded.

        Raises:
            OnlyByDriver: it shows an error of the network, nothing at all, or does not answer.
            TabTrouble: its process died.
            BrowserTrouble: the browser died.
            DeadlinePassed: it was not loaded in time.
        """
        deadline, pause = self._limit(), _FIRST_PAUSE_SECONDS
        while not (self._is_loaded or self._looks_loaded()):
            deadline.check()
            deadline.clock.sleep(pause)
            pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)

    def wait_shown(self, loader: str, deadline: Deadline) -> None:
        """Wait until it shows the document that a navigation is loading, if only its beginning; not for long.

        Raises:
            BrowserTrouble: the browser died.
        """
        soon = min(deadline, Deadline.after(_ANSWER_SECONDS, "asking a page"), key=lambda each: each.ends_at)
        with suppress(OnlyByDriver):
            wait_until(lambda: self._tree()["frame"].get("loaderId") == loader, soon, _FIRST_PAUSE_SECONDS)

    def evaluate(self, script: str) -> Any:
        """Run the body of a function in the page, and return its plain answer.

        Raises:
            OnlyByDriver: the answer is not plain, the script failed, or the page does not answer now.
            TabTrouble: its process died.
            BrowserTrouble: the browser died.
        """
        return self._value_of(_PLAINLY.replace("%s", script, 1))

    def _tree(self) -> Any:
        return self._call("Page.getFrameTree", self.session)["frameTree"]

    def _is_on_its_way(self) -> bool:
        """Whether it still loads: the browser shows the address that a tab is on its way to, and drops it in vain."""
        return self._call("Target.getTargetInfo", targetId=self.handle)["targetInfo"]["url"] not in ("", _BLANK)

    def _looks_loaded(self) -> bool:
        """Whether it is loaded now."""
        state, shown = self._state()
        if shown == _BLANK:
            if not self._is_on_its_way():
                raise OnlyByDriver
            return False
        if shown.startswith("chrome-error:"):
            raise OnlyByDriver
        return state == "complete"

    def _state(self) -> tuple[str, str]:
        try:
            state, shown = self._value_of(_STATE)
        except OnlyByDriver as error:
            refusal = error.__cause__
            if isinstance(refusal, DevToolsRefusal) and "context" in refusal.message:
                return "loading", self.url  # between two documents there is none to be asked
            raise
        return str(state), str(shown)

    def _value_of(self, expression: str) -> Any:
        answer = self._call("Runtime.evaluate", self.session, expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise OnlyByDriver
        return answer["result"].get("value")

    def _call(self, method: str, session: str = "", **params: object) -> Any:
        soon = Deadline.after(_ANSWER_SECONDS, "asking a page")
        try:
            return self._devtools.call(method, soon, session, **params)
        except (DevToolsRefusal, DeadlinePassed) as error:
            raise OnlyByDriver from error
