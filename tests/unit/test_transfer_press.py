"""A click is followed to what it began, and to nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.clock import Deadline
from pytest_edgepool.downloads import press
from pytest_edgepool.downloads.attachment import Attachment
from pytest_edgepool.downloads.press import bring_pressed
from pytest_edgepool.downloads.shelf import Shelf
from pytest_edgepool.downloads.transfer import NotADownload
from pytest_edgepool.errors import DeadlinePassed, TransferBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_edgepool.downloads.work import WorkFolder

Message = tuple[str, dict[str, Any]]
PRESSED = Attachment(url="", name="Invoice.pdf", press="#a")


@dataclass
class FakeDoor:
    """A tab whose events are written down beforehand; None is a look at which nothing was told."""

    messages: list[Message | None] = field(default_factory=list)
    is_there: bool = True
    busy: int = 0
    page: str = ""
    folder: Path = Path()
    calls: list[str] = field(default_factory=list)

    def save_into(self, folder: Path) -> None:
        self.folder = folder

    def navigate(self, url: str, deadline: Deadline) -> Any:
        raise AssertionError(url)

    def press(self, selector: str, label: str, deadline: Deadline) -> bool:
        self.calls.append(f"press {selector}")
        return self.is_there

    def is_busy(self, deadline: Deadline) -> bool:
        self.busy -= 1
        return self.busy >= 0

    def went_to(self) -> str:
        return self.page

    def cancel(self, guid: str) -> None:
        self.calls.append(f"cancel {guid}")

    def settle(self) -> None:
        self.calls.append("settle")

    def next_message(self, deadline: Deadline) -> Message | None:
        message = self.messages.pop(0) if self.messages else None
        if message is not None and message[1].get("state") == "completed":
            (self.folder / message[1]["guid"]).write_bytes(b"%PDF-1.7")
        return message


BEGINS = ("Browser.downloadWillBegin", {"guid": "g", "url": "blob:x", "suggestedFilename": "inv.pdf"})
ENDS = ("Browser.downloadProgress", {"guid": "g", "state": "completed", "totalBytes": 8, "receivedBytes": 8})
BREAKS = ("Browser.downloadProgress", {"guid": "g", "state": "canceled", "totalBytes": 8, "receivedBytes": 4})
ELSE = ("Page.frameStartedLoading", {"frameId": "f"})


@pytest.fixture
def work(tmp_path: Path) -> Iterator[WorkFolder]:
    with Shelf(tmp_path / "out", "r1").work_folder("PO1") as work:
        yield work


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence of no length is silence."""
    monkeypatch.setattr(press, "_SILENT_SECONDS", 0.0)


def soon() -> Deadline:
    return Deadline.after(60, "PO 1")


def test_what_a_click_begins_late_is_waited_for(work: WorkFolder) -> None:
    """As long as something is under way."""
    door = FakeDoor([ELSE, None, None, None, BEGINS, ELSE, ENDS], busy=5)
    arrived = bring_pressed(door, PRESSED, work, soon())
    assert (arrived.name, arrived.url, arrived.path.read_bytes()) == ("inv.pdf", "blob:x", b"%PDF-1.7")
    assert door.calls == ["press #a"]


def test_a_click_that_begins_nothing_is_told(work: WorkFolder) -> None:
    """In words, and it may be tried again."""
    with pytest.raises(TransferBroken, match=r"Invoice\.pdf: a click on it began nothing"):
        bring_pressed(FakeDoor([ELSE]), PRESSED, work, soon())


def test_an_element_that_is_gone_is_told(work: WorkFolder) -> None:
    """The page has changed since it was read."""
    with pytest.raises(TransferBroken, match="does not show it any more"):
        bring_pressed(FakeDoor(is_there=False), PRESSED, work, soon())


def test_a_click_that_leads_to_a_page_is_told_with_its_address(work: WorkFolder) -> None:
    """Without what may be secret in it."""
    with pytest.raises(NotADownload, match=r"led to a page \(https://x\.test/sessions/new\)"):
        bring_pressed(FakeDoor(page="https://x.test/sessions/new?token=CANARY"), PRESSED, work, soon())


def test_a_click_whose_file_breaks_off_is_told(work: WorkFolder) -> None:
    """As any other download's."""
    with pytest.raises(TransferBroken, match="broke off"):
        bring_pressed(FakeDoor([BEGINS, BREAKS]), PRESSED, work, soon())


def test_what_a_click_began_is_given_up_when_time_is_up(work: WorkFolder) -> None:
    """Closing the tab would let it go on."""
    door = FakeDoor([BEGINS])
    with pytest.raises(DeadlinePassed):
        bring_pressed(door, PRESSED, work, soon())
    assert "cancel g" in door.calls
