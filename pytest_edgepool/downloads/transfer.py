"""Fetches files through the browser's own downloads, each followed to its end. Never publishes one, nor polls a folder.

A known address is not clicked: the tab is sent there, and the browser says as soon as the headers are in whether that
is a download. What a click begins is told by events. `completed` is the browser's opinion; the work folder checks the
file itself.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pytest_edgepool.clock import Deadline
from pytest_edgepool.downloads.attachment import Arrived, DownloadedFile, digest_of
from pytest_edgepool.downloads.names import called, safe_name, unique_name
from pytest_edgepool.downloads.traffic import Incoming, Traffic
from pytest_edgepool.downloads.work import checked
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed, NetworkTrouble, Permanent, TransferBroken
from pytest_edgepool.redact import plain_url

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_edgepool.downloads.attachment import Attachment
    from pytest_edgepool.downloads.work import WorkFolder

_BEGIN_SECONDS = 30.0  # the site answers again what it has just answered
_QUIET_SECONDS = 0.2  # after the last download ended: a click may have begun one more in the same breath


class Navigated(Protocol):
    """What sending a tab to an address came to."""

    @property
    def is_download(self) -> bool:
        """Whether it became a download."""

    @property
    def error(self) -> str:
        """The browser's network error, or ""."""


class Door(Protocol):
    """The tab, as a transfer needs it."""

    def save_into(self, folder: Path) -> None:
        """Have downloads land in `folder`, each named by its GUID."""

    def navigate(self, url: str, deadline: Deadline) -> Navigated:
        """Send the tab to an address; answers when the headers are in."""

    def next_message(self, deadline: Deadline) -> tuple[str, dict[str, Any]] | None:
        """Return the next browser event, or None when none came in time."""

    def cancel(self, guid: str) -> None:
        """Give up a download that is under way."""

    def settle(self) -> None:
        """Wait until what the page began is told."""


class NotADownload(Permanent):
    """The address led to a page: signed out, not found, or the site's own error page. The page says which."""


def fetch(door: Door, attachment: Attachment, work: WorkFolder, deadline: Deadline) -> DownloadedFile:
    """Fetch one attachment by its address into the work folder and check it; raises as `bring`."""
    arrived = bring(door, attachment, work, deadline)
    name = called(arrived.name, arrived.url, attachment.name)
    return work.take(checked(arrived, name), name, attachment.name)


def bring(door: Door, attachment: Attachment, work: WorkFolder, deadline: Deadline) -> Arrived:
    """Have the browser bring one attachment by its address.

    Raises:
        NotADownload: a page came.
        NetworkTrouble: the site did not answer.
        TransferBroken: it was canceled, truncated, or is not what it claims to be.
        OutputVanished: the work folder is not there any more.
        DiskTrouble: it cannot be written.
        DeadlinePassed: it did not end in time.
    """
    door.save_into(work.incoming)
    navigation = door.navigate(attachment.url, deadline)
    spoken = attachment.name or plain_url(attachment.url)
    if navigation.error:
        raise NetworkTrouble(f"{spoken}: the site did not deliver it ({navigation.error})")
    if not navigation.is_download:
        raise NotADownload(f"{spoken}: a page came instead of a file")
    return arrival(follow(door, deadline)[0], spoken, work)


def bring_shown(
    door: Door, attachment: Attachment, work: WorkFolder, deadline: Deadline, save: Callable[[], object]
) -> Arrived:
    """Have the browser save what the tab shows in place of a page; raises as `bring`.

    Args:
        door: the tab.
        attachment: what it shows.
        work: where it is to go.
        deadline: until when.
        save: begins the download.
    """
    spoken = attachment.name or plain_url(attachment.url)
    door.save_into(work.incoming)
    save()
    traffic = Traffic()
    begins = Deadline.after(min(_BEGIN_SECONDS, deadline.remaining_seconds()), "a file that is shown")
    with given_up_on_failure(door, traffic):
        while not traffic.known and (message := door.next_message(begins)) is not None:
            traffic.take(*message)
        deadline.check()
        if not traffic.known:  # a sandboxed document, or one that leads elsewhere the second time
            raise TransferBroken(f"{spoken}: the browser shows it and does not save it")
        until_ended(door, traffic, deadline)
    return arrival(next(iter(traffic.known.values())), spoken, work)


def arrival(ended: Incoming, spoken: str, work: WorkFolder) -> Arrived:
    """Return what a download that has ended has brought; raises as `bring`."""
    path = work.incoming / ended.guid
    if ended.state != "completed":
        work.check(ended.total_bytes)
        raise TransferBroken(f"{spoken}: the transfer broke off")
    if not path.exists():
        work.check(ended.total_bytes)
    return Arrived(
        path=path,
        name=ended.name,
        url=ended.url,
        expected_bytes=ended.total_bytes or None,
        is_doubtful=ended.is_doubtful,
    )


def follow(door: Door, deadline: Deadline) -> list[Incoming]:
    """Take events until at least one download is known and all have ended."""
    traffic = Traffic()
    with given_up_on_failure(door, traffic):
        until_ended(door, traffic, deadline)
    return list(traffic.known.values())


def until_ended(door: Door, traffic: Traffic, deadline: Deadline) -> None:
    """Take events until at least one download is known and all have ended.

    Raises:
        DeadlinePassed: they did not in time.
    """
    while not (traffic.known and traffic.are_all_ended):
        message = door.next_message(deadline)
        if message is None:
            raise DeadlinePassed(deadline.what, deadline.patience_seconds)
        traffic.take(*message)


@contextmanager
def given_up_on_failure(door: Door, traffic: Traffic) -> Iterator[None]:
    """Give up what is under way when the block fails: closing the tab would let it fill the disk behind our back."""
    try:
        yield
    except BaseException as error:  # also a signal's: whoever waited is gone, and the download must not go on
        for each in traffic.known.values():
            if not each.has_ended:
                try:
                    door.cancel(each.guid)
                except (BrowserTrouble, DeadlinePassed) as second:
                    error.add_note(f"and its download could not be given up: {second}")
        raise


@dataclass(slots=True)
class Expected:
    """What a block of `Downloads.expect` brought; filled in when the block ends."""

    files: tuple[DownloadedFile, ...] = ()


class Downloads:
    """The downloads of a tab, for suites that click: each followed to its end, two of one name both kept.

    Args:
        door: the tab.
        folder: where the files end, under the names that the site gives them.
    """

    def __init__(self, door: Door, folder: Path) -> None:
        self._door = door
        self._folder = folder
        self._incoming = folder / ".incoming"

    @contextmanager
    def expect(self, timeout_seconds: float = 60.0) -> Iterator[Expected]:
        """Expect at least one download to begin inside the block; waits at its end until all have ended.

        Args:
            timeout_seconds: how long that may take, from the end of the block.

        Raises:
            TransferBroken: one was canceled, or did not arrive whole.
            DeadlinePassed: none began, or one did not end, in time.
        """
        self._incoming.mkdir(parents=True, exist_ok=True)
        self._door.save_into(self._incoming)
        expected = Expected()
        yield expected
        self._door.settle()
        traffic = self._until_quiet(Deadline.after(timeout_seconds, "the expected download"))
        expected.files = tuple(self._kept(each) for each in traffic.known.values())
        with suppress(OSError):  # something else arrived there: it stays
            self._incoming.rmdir()

    def _until_quiet(self, deadline: Deadline) -> Traffic:
        traffic = Traffic()
        with given_up_on_failure(self._door, traffic):
            while True:
                is_done = bool(traffic.known) and traffic.are_all_ended
                waits = Deadline.after(_QUIET_SECONDS, "more downloads") if is_done else deadline
                message = self._door.next_message(waits)
                if message is not None:
                    traffic.take(*message)
                elif is_done:
                    return traffic
                else:
                    raise DeadlinePassed(deadline.what, deadline.patience_seconds)

    def _kept(self, arrived: Incoming) -> DownloadedFile:
        path = self._incoming / arrived.guid
        if arrived.state != "completed" or not path.is_file():
            raise TransferBroken(f"{arrived.name}: the transfer broke off")
        size = path.stat().st_size
        if arrived.total_bytes and size != arrived.total_bytes:
            raise TransferBroken(f"{arrived.name}: {size} of {arrived.total_bytes} bytes arrived")
        taken = [each.name for each in self._folder.iterdir()]
        final = self._folder / unique_name(safe_name(arrived.name, "download"), taken)
        path.rename(final)
        return DownloadedFile(
            path=final, name=final.name, size=size, sha256=digest_of(final), url=plain_url(arrived.url)
        )
