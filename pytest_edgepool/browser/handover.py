"""Takes a sign-in out of one running browser and puts it into another. Never asks the site, never shows a value.

Measured on 156: `Storage.getCookies` 1 ms, `Storage.setCookies` 8 ms; session, HttpOnly, SameSite, `__Host-` and
partitioned cookies arrive field for field; one invalid cookie fails the whole batch. Local storage belongs to an
origin, so a page of that origin is needed: a background tab is sent there, and its request is answered by us.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from pytest_edgepool.browser.devtools import DevToolsRefusal
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pytest_edgepool.browser.devtools import DevTools

_COMMAND_SECONDS = 10.0
_PLACE = "/edgepool-hand-over"  # answered by us: the site never hears of it
# with an icon of its own: else the browser asks the site for one
_PAGE = base64.b64encode(b'<!doctype html><title>hand-over</title><link rel="icon" href="data:,">').decode()
_STORE = "(items) => { for (const [key, value] of Object.entries(items)) localStorage.setItem(key, value); }"


def take_cookies(devtools: DevTools) -> tuple[dict[str, Any], ...]:
    """Return all cookies of a running browser, HttpOnly and session cookies too.

    Raises:
        BrowserTrouble: the browser died.
        DeadlinePassed: it does not answer.
    """
    return tuple(devtools.call("Storage.getCookies", _soon("reading the cookies"))["cookies"])


def put_cookies(devtools: DevTools, cookies: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """Put cookies into a running browser: as one batch, one by one when the batch is refused.

    Args:
        devtools: the browser's connection.
        cookies: as CDP's `Storage.setCookies` takes them.

    Returns:
        The refused ones, as `name (domain)`; a name says nothing that lets anybody in.

    Raises:
        BrowserTrouble: the browser died.
        DeadlinePassed: it does not answer.
    """
    if not cookies or _are_taken(devtools, cookies):
        return ()
    refused = (each for each in cookies if not _are_taken(devtools, [each]))
    return tuple(f"{each['name']} ({each.get('domain') or each['url']})" for each in refused)


def _are_taken(devtools: DevTools, cookies: Sequence[Mapping[str, Any]]) -> bool:
    try:
        devtools.call("Storage.setCookies", _soon("handing over the cookies"), cookies=list(cookies))
    except DevToolsRefusal:
        return False
    return True


def put_local_storage(devtools: DevTools, origin: str, items: Mapping[str, str]) -> None:
    """Put local storage into a running browser, without the site hearing of it.

    Args:
        devtools: the browser's connection.
        origin: `https://host` or `https://host:port`.
        items: what to store; what is there under other keys stays.

    Raises:
        BrowserTrouble: the browser died, or refused.
        DeadlinePassed: it does not answer.
    """
    deadline = _soon(f"handing over the local storage of {origin}")
    made = devtools.call("Target.createTarget", deadline, url="about:blank", background=True)
    target = str(made["targetId"])
    try:
        attached = devtools.call("Target.attachToTarget", deadline, targetId=target, flatten=True)
        session = str(attached["sessionId"])
        # else a service worker of the site's could answer before us
        devtools.call("Network.enable", deadline, session)
        devtools.call("Network.setBypassServiceWorker", deadline, session, bypass=True)
        devtools.call("Fetch.enable", deadline, session, patterns=[{"urlPattern": "*"}])
        devtools.forget_events()
        _visit(devtools, session, f"{origin}{_PLACE}", deadline)
        stored = devtools.call(
            "Runtime.evaluate",
            deadline,
            session,
            expression=f"({_STORE})({json.dumps(dict(items))})",
            returnByValue=True,
        )
        if "exceptionDetails" in stored:
            raise BrowserTrouble(f"the browser does not store anything for {origin}")
    finally:
        closing = _soon("closing the hand-over's tab")
        devtools.call("Target.closeTarget", closing, targetId=target)
        # A closed page stays listed for a moment; whoever counts windows next must not see it.
        wait_until(lambda: target not in _pages(devtools, closing), closing, poll_seconds=0.01)
        devtools.forget_events()


def _visit(devtools: DevTools, session: str, url: str, deadline: Deadline) -> None:
    """Send the tab to an address whose requests are answered here, and wait until its page is there."""
    # The navigation's answer waits for ours: it is begun without waiting, by the page itself.
    devtools.call("Page.enable", deadline, session)
    devtools.call("Runtime.evaluate", deadline, session, expression=f"location.replace({json.dumps(url)})")
    while event := devtools.next_event(deadline):
        if event.get("sessionId") != session:
            continue
        if event["method"] == "Fetch.requestPaused":
            devtools.call(
                "Fetch.fulfillRequest",
                deadline,
                session,
                requestId=event["params"]["requestId"],
                responseCode=200,
                responseHeaders=[{"name": "Content-Type", "value": "text/html"}],
                body=_PAGE,
            )
        elif event["method"] == "Page.loadEventFired":
            return
    raise DeadlinePassed(deadline.what, deadline.patience_seconds)


def _pages(devtools: DevTools, deadline: Deadline) -> list[str]:
    return [each["targetId"] for each in devtools.call("Target.getTargets", deadline)["targetInfos"]]


def _soon(what: str) -> Deadline:
    return Deadline.after(_COMMAND_SECONDS, what)
