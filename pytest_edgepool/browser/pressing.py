"""A click in a tab, with what it begins in view: where the tab goes, which windows open, what scripts ask for.

Done over DevTools, because the driver waits for pages by itself and would hang in a window that becomes a download.
Never knows what the click is for.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_edgepool.browser.devtools import DevToolsRefusal
from pytest_edgepool.clock import Deadline

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.browser.devtools import DevTools
    from pytest_edgepool.browser.tabs import Navigation, Tab

_COMMAND_SECONDS = 10.0
_BLANK_SECONDS = 60.0  # a window that stays empty for so long waits for nothing
_BLANK = ("", "about:blank")

# What stands at a selector may be another element by now: it must still say what it said, maybe cut short.
# With pointer events, for handlers that hang on those. As the user's own doing, so that windows may open.
_PRESS = r"""
(() => {
  const [selector, label] = %s;
  const element = document.querySelector(selector);
  if (!element) { return false; }
  const plain = (text) => (text || '').replace(/[\s\p{C}]/gu, '');
  const parts = [element, ...element.querySelectorAll('[title], [aria-label]')];
  const said = parts.flatMap((one) => [one.getAttribute('aria-label'), one.getAttribute('title')]);
  if (![element.textContent, ...said].some((text) => plain(text).includes(plain(label)))) { return false; }
  element.scrollIntoView({block: 'center'});
  for (const [kind, name] of [
    [PointerEvent, 'pointerdown'], [MouseEvent, 'mousedown'], [PointerEvent, 'pointerup'], [MouseEvent, 'mouseup'],
  ]) { element.dispatchEvent(new kind(name, {bubbles: true, cancelable: true, composed: true, button: 0})); }
  element.click();
  return true;
})()
"""
# Pages that we open count what their scripts ask for (portals/underway.py); one that does not has asked for nothing.
_ASKED = "(window[Symbol.for('edgepool.underway')] || (() => new Set()))().size"


class PressedTab:
    """A tab for one click; to be had from `pressed`.

    Args:
        tab: the tab.
        devtools: the browser's connection.
        session: a session of its own on the tab, with page events on.
        known: the pages that are open already.
    """

    def __init__(self, tab: Tab, devtools: DevTools, session: str, known: set[str]) -> None:
        self._tab = tab
        self._devtools = devtools
        self._session = session
        self._known = known
        self._is_loading = False
        self._page = ""
        self._blank_until = Deadline.after(_BLANK_SECONDS, "a window")

    def save_into(self, folder: Path) -> None:
        """Have downloads land in `folder`, as `Tab.save_into`."""
        self._tab.save_into(folder)

    def navigate(self, url: str, deadline: Deadline) -> Navigation:
        """Send the tab to an address, as `Tab.navigate`."""
        return self._tab.navigate(url, deadline)

    def cancel(self, guid: str) -> None:
        """Give up a download, as `Tab.cancel`."""
        self._tab.cancel(guid)

    def settle(self) -> None:
        """Wait for one round trip, as `Tab.settle`."""
        self._tab.settle()

    def next_message(self, deadline: Deadline) -> tuple[str, dict[str, Any]] | None:
        """Return the next browser event; what it says of the tab is noted."""
        message = self._tab.next_message(deadline)
        if message is not None:
            self._note(*message)
        return message

    def press(self, selector: str, label: str, deadline: Deadline) -> bool:
        """Click an element of the tab's page; return whether it was there.

        Args:
            selector: what finds it; what stands there may be another one by now.
            label: what it must still say; "" when nobody looks.
            deadline: until when.
        """
        import json

        return self._evaluated(_PRESS % json.dumps([selector, label]), deadline) is True

    def is_busy(self, deadline: Deadline) -> bool:
        """Whether the tab or a new window is on its way somewhere, or a script waits for an answer."""
        if self._is_loading:
            return True
        if any(each["url"] in _BLANK for each in self._windows()) and not self._blank_until.passed:
            return True
        try:
            return bool(self._evaluated(_ASKED, deadline))
        except DevToolsRefusal:  # between two pages
            return True

    def went_to(self) -> str:
        """Return the address of a page that came, in the tab or in a new window; "" when none did."""
        return self._page or next((str(each["url"]) for each in self._windows() if each["url"] not in _BLANK), "")

    def close_windows(self) -> None:
        """Close what the click has opened."""
        for each in self._windows():
            try:
                self._devtools.call("Target.closeTarget", self._soon("closing a window"), targetId=each["targetId"])
            except DevToolsRefusal:  # it has closed itself: it has become a download
                continue

    def _note(self, method: str, told: dict[str, Any]) -> None:
        if method == "Page.frameNavigated" and told["frame"]["id"] == self._tab.handle:
            self._page = str(told["frame"]["url"])
        elif method in ("Page.frameStartedLoading", "Page.frameStoppedLoading") and told["frameId"] == self._tab.handle:
            self._is_loading = method == "Page.frameStartedLoading"

    def _windows(self) -> list[dict[str, Any]]:
        targets = self._devtools.call("Target.getTargets", self._soon("listing the windows"))["targetInfos"]
        return [each for each in targets if each["type"] == "page" and each["targetId"] not in self._known]

    def _evaluated(self, expression: str, deadline: Deadline) -> object:
        limit = min(deadline.remaining_seconds(), _COMMAND_SECONDS)
        answer = self._devtools.call(
            "Runtime.evaluate",
            Deadline.after(limit, "asking the page"),
            self._session,
            expression=expression,
            userGesture=True,
            returnByValue=True,
        )
        return answer["result"].get("value")

    def _soon(self, what: str) -> Deadline:
        return Deadline.after(_COMMAND_SECONDS, what)


@contextmanager
def pressed(tab: Tab, devtools: DevTools) -> Iterator[PressedTab]:
    """Have a tab in view for one click; at the end the windows that it opened are closed.

    Raises:
        BrowserTrouble: the tab or its browser died.
        DeadlinePassed: it does not answer.
    """
    tab.be_alone()  # a click does not say which download is its own
    soon = Deadline.after(_COMMAND_SECONDS, "attaching to the tab")
    session = devtools.attach(tab.handle, soon)
    devtools.call("Page.enable", soon, session)
    targets = devtools.call("Target.getTargets", soon)["targetInfos"]
    shown = PressedTab(tab, devtools, session, {each["targetId"] for each in targets})
    try:
        yield shown
    finally:
        shown.close_windows()
        devtools.call("Target.detachFromTarget", Deadline.after(_COMMAND_SECONDS, "leaving the tab"), sessionId=session)
