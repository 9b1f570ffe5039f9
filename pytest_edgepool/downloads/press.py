"""Fetches a file that only a click brings: what the click began is followed to its end. Never clicks twice.

A click may send the tab somewhere, open a window, or have a script ask for the content and save it itself. Each of
these shows while it is under way; a link with `download` alone is silent until its headers are in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from pytest_edgepool.clock import Deadline
from pytest_edgepool.downloads.traffic import Traffic
from pytest_edgepool.downloads.transfer import Door, NotADownload, arrival, given_up_on_failure, until_ended
from pytest_edgepool.errors import TransferBroken
from pytest_edgepool.redact import plain_url

if TYPE_CHECKING:
    from pytest_edgepool.downloads.attachment import Arrived, Attachment
    from pytest_edgepool.downloads.work import WorkFolder

_LOOK_SECONDS = 0.1
_SILENT_SECONDS = 10.0  # nothing to be seen for so long: nothing will come


class PressDoor(Door, Protocol):
    """The tab, as a click in it needs it."""

    def press(self, selector: str, label: str, deadline: Deadline) -> bool:
        """Click an element; return whether it was there, and still said what it is expected to say."""

    def is_busy(self, deadline: Deadline) -> bool:
        """Whether something that the click may have begun is under way: a page, a window, a request."""

    def went_to(self) -> str:
        """Return the address of the page that came instead of a file, in the tab or in a window; "" when none did."""


def bring_pressed(door: PressDoor, attachment: Attachment, work: WorkFolder, deadline: Deadline) -> Arrived:
    """Click what brings an attachment and have the browser save it.

    Raises:
        NotADownload: a page came.
        TransferBroken: nothing began, or it was canceled or truncated.
        OutputVanished: the work folder is not there any more.
        DiskTrouble: it cannot be written.
        DeadlinePassed: it did not end in time.
    """
    spoken = attachment.name or "a file that only a click brings"
    door.save_into(work.incoming)
    if not door.press(attachment.press, attachment.label, deadline):
        raise TransferBroken(f"{spoken}: the page does not show it any more")
    traffic = Traffic()
    with given_up_on_failure(door, traffic):
        _until_begun(door, traffic, deadline, spoken)
        until_ended(door, traffic, deadline)
    return arrival(next(iter(traffic.known.values())), spoken, work)


def _until_begun(door: PressDoor, traffic: Traffic, deadline: Deadline, spoken: str) -> None:
    """Take events until a download is known."""
    silence = Deadline.after(_SILENT_SECONDS, "a click")
    while not traffic.known:
        deadline.check()
        look = Deadline.after(min(_LOOK_SECONDS, deadline.remaining_seconds()), "a look")
        while not traffic.known and (message := door.next_message(look)) is not None:
            traffic.take(*message)
        if traffic.known:
            return
        if page := door.went_to():
            raise NotADownload(f"{spoken}: a click on it led to a page ({plain_url(page)})")
        if door.is_busy(deadline):
            silence = Deadline.after(_SILENT_SECONDS, "a click")
        elif silence.passed:
            raise TransferBroken(f"{spoken}: a click on it began nothing")
