"""What the run's reports said of its items, whichever process ran them. Never makes a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool.outcomes.status import Status, one_line
from pytest_edgepool.plugin.junit import status_in
from pytest_edgepool.redact import redacted

if TYPE_CHECKING:
    import pytest

_BEGINNING = f"Skipped: {Status.STOPPED}: "


class Heard:
    """What is known of items by their reports.

    Attributes:
        statuses: of orders, by item.
        because: why orders were not tried, as the process said that had them, by item.
        seconds: how long each took, by item.
        ended: the items of which all is said.
        failed: those that failed in one of their phases.
    """

    def __init__(self) -> None:
        self.statuses: dict[str, str] = {}
        self.because: dict[str, str] = {}
        self.seconds: dict[str, float] = {}
        self.ended: set[str] = set()
        self.failed: set[str] = set()

    def hear(self, report: pytest.TestReport) -> None:
        """Keep what a report says."""
        item = report.nodeid
        status = status_in(report.user_properties)
        if status:
            self.statuses[item] = status
        if status == Status.STOPPED and isinstance(report.longrepr, tuple):
            why = report.longrepr[2].removeprefix(_BEGINNING)
            if why != report.longrepr[2]:
                self.because[item] = one_line(redacted(why))
        self.seconds[item] = self.seconds.get(item, 0.0) + report.duration
        if report.failed:
            self.failed.add(item)
        # One that is torn from its call by a signal has no outcome; one that is repeated has none yet.
        if str(report.outcome) != "rerun" and (report.when != "setup" or not report.passed):
            self.ended.add(item)

    def forget(self, item: str) -> None:
        """Take back that an item has ended: it runs again."""
        self.ended.discard(item)
        self.failed.discard(item)
