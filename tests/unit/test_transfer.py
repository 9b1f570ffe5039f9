"""Each download is followed to its own end, whatever else the browser tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.clock import Deadline
from pytest_edgepool.downloads.attachment import Attachment
from pytest_edgepool.downloads.shelf import Shelf, WorkFolder
from pytest_edgepool.downloads.transfer import Downloads, Incoming, NotADownload, Traffic, bring_shown, fetch
from pytest_edgepool.errors import DeadlinePassed, NetworkTrouble, TransferBroken

if TYPE_CHECKING:
    from collections.abc import Iterator

PDF = b"%PDF-1.7 a whole file"
URL = "https://me:CANARY@x.test/attachments/1?key=CANARY"
Message = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Went:
    """What sending a tab to an address came to."""

    is_download: bool = True
    error: str = ""


@dataclass
class FakeDoor:
    """A tab whose events are written down beforehand. What ends as completed lies in the folder by then."""

    messages: list[Message] = field(default_factory=list)
    went: Went = field(default_factory=Went)
    content: bytes = PDF
    folder: Path = Path()
    calls: list[str] = field(default_factory=list)

    def save_into(self, folder: Path) -> None:
        self.folder = folder
        self.calls.append("save_into")

    def navigate(self, url: str, deadline: Deadline) -> Went:
        self.calls.append(f"navigate {url}")
        return self.went

    def cancel(self, guid: str) -> None:
        self.calls.append(f"cancel {guid}")

    def settle(self) -> None:
        self.calls.append("settle")

    def next_message(self, deadline: Deadline) -> Message | None:
        if not self.messages:
            return None
        method, told = self.messages.pop(0)
        if told.get("state") == "completed":
            (self.folder / told["guid"]).write_bytes(self.content)
        return method, told


def begins(guid: str, name: str = "inv.pdf", url: str = URL) -> Message:
    return "Browser.downloadWillBegin", {"guid": guid, "url": url, "suggestedFilename": name}


def goes_on(guid: str, state: str = "inProgress", total: int = 0) -> Message:
    return "Browser.downloadProgress", {"guid": guid, "state": state, "totalBytes": total, "receivedBytes": 1}


def whole(guid: str, name: str = "inv.pdf", total: int = len(PDF)) -> list[Message]:
    return [begins(guid, name), goes_on(guid, total=total), goes_on(guid, "completed", total)]


@pytest.fixture
def work(tmp_path: Path) -> Iterator[WorkFolder]:
    with Shelf(tmp_path / "out", "r1").work_folder("PO1") as work:
        yield work


@pytest.fixture
def deadline() -> Deadline:
    return Deadline.after(60, "PO 1")


ATTACHMENT = Attachment(url=URL, name="Invoice.pdf")


# -- by its address


def test_an_attachment_arrives_under_the_sites_own_name(work: WorkFolder, deadline: Deadline) -> None:
    """Its folder is set before the tab is sent; size, digest and plain address are told."""
    door = FakeDoor(whole("g1"))
    file = fetch(door, ATTACHMENT, work, deadline)
    assert (file.name, file.size, file.url) == ("inv.pdf", len(PDF), "https://x.test/attachments/1")
    assert file.path.read_bytes() == PDF
    assert door.calls == ["save_into", f"navigate {URL}"]


def test_the_pages_name_is_taken_when_the_site_gives_none(work: WorkFolder, deadline: Deadline) -> None:
    """Rather than the GUID that the browser saved it under."""
    assert fetch(FakeDoor(whole("g1", name="")), ATTACHMENT, work, deadline).name == "Invoice.pdf"


def test_a_length_that_was_not_promised_is_not_checked(work: WorkFolder, deadline: Deadline) -> None:
    """Chunked answers have none; the browser says 0, or less."""
    assert fetch(FakeDoor(whole("g1", total=0)), ATTACHMENT, work, deadline).size == len(PDF)
    assert fetch(FakeDoor(whole("g2", total=-1)), ATTACHMENT, work, deadline).size == len(PDF)


def test_a_file_that_is_shorter_than_promised_is_broken(work: WorkFolder, deadline: Deadline) -> None:
    """`completed` is the browser's opinion only."""
    with pytest.raises(TransferBroken):
        fetch(FakeDoor(whole("g1", total=10_000)), ATTACHMENT, work, deadline)


def test_a_canceled_transfer_is_broken(work: WorkFolder, deadline: Deadline) -> None:
    """It may be tried again."""
    door = FakeDoor([begins("g1"), goes_on("g1", "canceled")])
    with pytest.raises(TransferBroken, match=r"Invoice\.pdf: the transfer broke off"):
        fetch(door, ATTACHMENT, work, deadline)


def test_a_page_instead_of_a_file_is_told_apart(work: WorkFolder, deadline: Deadline) -> None:
    """Whoever knows the site looks at the page; no event is waited for."""
    door = FakeDoor(whole("g1"), went=Went(is_download=False))
    with pytest.raises(NotADownload, match="a page came instead of a file"):
        fetch(door, ATTACHMENT, work, deadline)
    assert len(door.messages) == 3


def test_a_network_error_is_named(work: WorkFolder, deadline: Deadline) -> None:
    """And no secret of the address with it, where the page gave no name."""
    door = FakeDoor(went=Went(is_download=False, error="ERR_CONNECTION_RESET"))
    with pytest.raises(NetworkTrouble) as broken:
        fetch(door, Attachment(url=URL), work, deadline)
    assert str(broken.value) == "https://x.test/attachments/1: the site did not deliver it (ERR_CONNECTION_RESET)"


def test_a_transfer_that_does_not_end_runs_out_of_time(work: WorkFolder, deadline: Deadline) -> None:
    """The error names the order's deadline."""
    with pytest.raises(DeadlinePassed, match="PO 1 took longer than 60 s"):
        fetch(FakeDoor([begins("g1"), goes_on("g1")]), ATTACHMENT, work, deadline)


def test_an_earlier_download_is_not_taken_for_this_one(work: WorkFolder, deadline: Deadline) -> None:
    """Its end may come in between: what did not begin here does not count."""
    door = FakeDoor([goes_on("old", "completed"), begins("g1"), goes_on("old", "canceled"), goes_on("g1", "completed")])
    assert fetch(door, ATTACHMENT, work, deadline).path.read_bytes() == PDF


def test_other_news_of_the_browser_say_nothing(work: WorkFolder, deadline: Deadline) -> None:
    """Targets come and go."""
    door = FakeDoor([("Target.targetCreated", {"targetInfo": {}}), *whole("g1")])
    assert fetch(door, ATTACHMENT, work, deadline).name == "inv.pdf"


def test_traffic_ends_when_every_download_has() -> None:
    """One way or the other."""
    traffic = Traffic()
    assert traffic.are_all_ended
    for message in (begins("a"), begins("b"), goes_on("a", "completed", 5)):
        traffic.take(*message)
    assert not traffic.are_all_ended
    traffic.take(*goes_on("b", "canceled"))
    assert traffic.are_all_ended
    assert traffic.known["a"] == Incoming(
        guid="a", url=URL, name="inv.pdf", total_bytes=5, received_bytes=1, state="completed"
    )


# -- by a click


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "downloads"


def expected(door: FakeDoor, folder: Path) -> list[tuple[str, bytes]]:
    with Downloads(door, folder).expect() as found:
        door.calls.append("click")
        assert found.files == ()
    return [(each.name, each.path.read_bytes()) for each in found.files]


def test_what_a_click_begins_is_awaited(folder: Path) -> None:
    """The folder is set before the click, one round trip follows it, and nothing else lies in the folder afterwards."""
    door = FakeDoor(whole("g1"))
    assert expected(door, folder) == [("inv.pdf", PDF)]
    assert door.calls == ["save_into", "click", "settle"]
    assert [each.name for each in folder.iterdir()] == ["inv.pdf"]


def test_two_files_of_one_name_both_arrive(folder: Path) -> None:
    """Also beside one that lay there before."""
    folder.mkdir()
    (folder / "inv.pdf").write_bytes(b"mine")
    names = [name for name, _ in expected(FakeDoor([*whole("g1"), *whole("g2")]), folder)]
    assert names == ["inv (2).pdf", "inv (3).pdf"]
    assert (folder / "inv.pdf").read_bytes() == b"mine"


def test_downloads_may_end_in_any_order(folder: Path) -> None:
    """They come back in the order in which they began."""
    door = FakeDoor([begins("a", "a.pdf"), begins("b", "b.pdf"), goes_on("b", "completed"), goes_on("a", "completed")])
    assert [name for name, _ in expected(door, folder)] == ["a.pdf", "b.pdf"]


def test_a_name_that_leads_elsewhere_stays_in_the_folder(folder: Path) -> None:
    """The site chooses a name, not a place."""
    ((name, _),) = expected(FakeDoor(whole("g1", name="../../evil.pdf")), folder)
    assert [each.name for each in folder.iterdir()] == [name]
    assert not (folder.parent / "evil.pdf").exists()


def test_a_click_that_begins_nothing_is_an_error(folder: Path) -> None:
    """After the time that was given."""
    with (
        pytest.raises(DeadlinePassed, match="the expected download took longer than 5 s"),
        Downloads(FakeDoor(), folder).expect(timeout_seconds=5),
    ):
        pass


def test_a_download_that_does_not_end_is_an_error(folder: Path) -> None:
    """One whole file beside it does not make it one."""
    with pytest.raises(DeadlinePassed):
        expected(FakeDoor([*whole("g1"), begins("g2")]), folder)


@pytest.mark.parametrize(
    "messages",
    [[begins("g1"), goes_on("g1", "canceled")], whole("g1", total=10_000)],
)
def test_a_broken_download_is_an_error(folder: Path, messages: list[Message]) -> None:
    """Canceled, or shorter than promised."""
    with pytest.raises(TransferBroken, match=r"inv\.pdf"):
        expected(FakeDoor(list(messages)), folder)


def test_an_error_in_the_block_is_the_error(folder: Path) -> None:
    """Nothing is awaited then."""
    door = FakeDoor(whole("g1"))
    with pytest.raises(ZeroDivisionError), Downloads(door, folder).expect():
        raise ZeroDivisionError
    assert len(door.messages) == 3


def test_the_files_address_holds_no_secret(folder: Path) -> None:
    """It is kept in reports."""
    with Downloads(FakeDoor(whole("g1")), folder).expect() as found:
        pass
    assert found.files[0].url == "https://x.test/attachments/1"


def test_what_is_under_way_is_given_up_when_time_is_up(tmp_path: Path) -> None:
    """A download that nobody waits for any more must not go on filling the disk."""
    door = FakeDoor(messages=[("Browser.downloadWillBegin", {"guid": "g1", "url": "u", "suggestedFilename": "a.pdf"})])
    with Shelf(tmp_path, "r1").work_folder("PO1") as work, pytest.raises(DeadlinePassed):
        fetch(door, Attachment(url="https://x.example/a", name="a.pdf"), work, Deadline.after(0, "the file"))
    assert door.calls[-1] == "cancel g1"


# -- what browsers glue together


@pytest.mark.parametrize(
    ("received", "is_doubtful"),
    [((0, 0, 5, 10), False), ((0, 10, 10), False), ((0, 5, 5, 10), True), ((0, 5, 0, 10), True)],
)
def test_a_download_that_stood_still_or_went_back_is_doubtful(received: tuple[int, ...], *, is_doubtful: bool) -> None:
    """The browser may have gone on by range, with another version's bytes (measured)."""
    traffic = Traffic()
    traffic.take(*begins("g"))
    for count in received:
        told = {"guid": "g", "state": "inProgress", "totalBytes": 10, "receivedBytes": count}
        traffic.take("Browser.downloadProgress", told)
    assert traffic.known["g"].is_doubtful is is_doubtful


def test_a_file_that_is_shown_is_saved_from_there(work: WorkFolder, deadline: Deadline) -> None:
    """What the link begins is followed to its end."""
    said: list[str] = []
    door = FakeDoor([begins("g1"), goes_on("g1", "completed")])
    arrived = bring_shown(door, ATTACHMENT, work, deadline, lambda: said.append("save"))
    assert said == ["save"]
    assert arrived.path.read_bytes() == PDF


def test_a_shown_file_that_is_not_saved_costs_itself_only(work: WorkFolder, deadline: Deadline) -> None:
    """A sandboxed document begins no download: that is told, instead of the order's whole time being waited."""
    with pytest.raises(TransferBroken, match="shows it and does not save it"):
        bring_shown(FakeDoor([]), ATTACHMENT, work, deadline, lambda: None)
