"""Which process shows which page of a running browser, found out from outside; and killing those that a test means."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from pytest_edgepool.browser.devtools import DevTools, DevToolsRefusal
from pytest_edgepool.clock import Deadline, wait_until
from pytest_edgepool.processes import is_alive

if TYPE_CHECKING:
    from collections.abc import Iterable

# Work, not time: on a busy machine half a second may be no work at all. Nobody else has as much to do meanwhile.
_BUSY = "(() => { let sum = 0; for (let i = 0; i < 5e8; i++) sum += i % 7; return sum; })()"


def soon() -> Deadline:
    return Deadline.after(60, "the test's own look at the browser")


def devtools_of(browser: psutil.Process) -> DevTools:
    """A connection to a running browser, beside the one that its worker holds."""
    folders = [each.partition("=")[2] for each in browser.cmdline() if each.startswith("--user-data-dir=")]
    port = (Path(folders[0]) / "DevToolsActivePort").read_text(encoding="ascii").splitlines()[0]
    return DevTools(f"127.0.0.1:{port}")


def renderers_of(browser: psutil.Process) -> set[int]:
    """The numbers of all its renderers."""
    devtools = devtools_of(browser)
    try:
        return set(_times(devtools))
    finally:
        devtools.close()


def of_main_window(browser: psutil.Process) -> int:
    """The number of the process that shows the browser's first page: the one that gets busy when that page does."""
    devtools = devtools_of(browser)
    found: list[int] = []

    def is_found() -> bool:
        try:
            found.append(_busiest(devtools, _main_page(devtools)))
        except DevToolsRefusal:  # a browser that has just started is still on the way to its first page
            return False
        return True

    try:
        assert wait_until(is_found, soon())
    finally:
        devtools.close()
    return found[0]


def _main_page(devtools: DevTools) -> str:
    targets: list[dict[str, Any]] = devtools.call("Target.getTargets", soon())["targetInfos"]
    pages = [each for each in targets if each["type"] == "page"]
    main = [each for each in pages if each["url"].startswith(("data:", "chrome:")) or len(pages) == 1]
    if not main:
        raise DevToolsRefusal("Target.getTargets", "the main window shows nothing yet")
    return str(main[0]["targetId"])


def _busiest(devtools: DevTools, page: str) -> int:
    session = str(devtools.call("Target.attachToTarget", soon(), targetId=page, flatten=True)["sessionId"])
    before = _times(devtools)
    devtools.call("Runtime.evaluate", soon(), session, expression=_BUSY)
    spent = {pid: at - before.get(pid, 0.0) for pid, at in _times(devtools).items()}
    return max(spent, key=lambda pid: spent[pid])


def kill(numbers: Iterable[int]) -> None:
    """Kill these, and see that they are gone."""
    for pid in numbers:
        try:
            psutil.Process(pid).kill()
        except psutil.NoSuchProcess:
            continue
        assert wait_until(lambda pid=pid: not is_alive(pid), soon())


def _times(devtools: DevTools) -> dict[int, float]:
    told = devtools.call("SystemInfo.getProcessInfo", soon())["processInfo"]
    return {each["id"]: float(each["cpuTime"]) for each in told if each["type"] == "renderer"}
