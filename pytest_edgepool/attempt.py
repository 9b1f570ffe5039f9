"""One try at one order, in one tab: its page, its attachments, its files on the shelf. Never tries an order again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

from pytest_edgepool import events
from pytest_edgepool.browser import evidence
from pytest_edgepool.clock import SYSTEM_CLOCK, Clock
from pytest_edgepool.downloads.attachment import Attachment
from pytest_edgepool.downloads.names import folder_for, safe_name
from pytest_edgepool.downloads.shelf import OWN_FOLDER
from pytest_edgepool.downloads.transfer import NotADownload, fetch
from pytest_edgepool.errors import NetworkTrouble, Permanent, Retryable, ServerTrouble, SignedOut, TransferBroken
from pytest_edgepool.outcomes.status import KeptFile, Outcome, Status, one_line
from pytest_edgepool.portals.portal import Page, PageKind
from pytest_edgepool.portals.reading import read_settled
from pytest_edgepool.redact import plain_url, redacted

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.browser.tabs import Tab
    from pytest_edgepool.clock import Deadline
    from pytest_edgepool.downloads.attachment import DownloadedFile
    from pytest_edgepool.downloads.shelf import Shelf, WorkFolder
    from pytest_edgepool.events import Event
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.settings import Settings

# What no further try changes, and what the user is told of it.
_FINAL = {
    PageKind.NOT_FOUND: (Status.PO_NOT_FOUND, "the site has no such order"),
    PageKind.NO_ACCESS: (Status.ACCESS_DENIED, "the site does not let this user see the order"),
}


class FileRefused(Permanent):
    """The site has no such file, or does not let this user have it: an answer, which no further try changes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What one order is worked on with.

    Attributes:
        portal: what we know of the site.
        order_url: the address of the order's page.
        shelf: where files end.
        settings: what is in force.
        tell: hears of every event.
        browser: gives the worker's browser, started, proved and signed in.
        doubt: hears that a try failed, finds out what that says of the browser and of the sign-in, and returns whether
            a session that had ended was renewed.
        settle: called when the files go on the shelf: from here on the order is not given up any more.
        clock: where time comes from.
    """

    portal: Portal
    order_url: str
    shelf: Shelf
    settings: Settings
    tell: Callable[[Event], None]
    browser: Callable[[], RunningBrowser]
    doubt: Callable[[Exception], bool]
    settle: Callable[[], None] = lambda: None
    clock: Clock = SYSTEM_CLOCK

    def tries(self, *kinds: type[Retryable]) -> Retrying:
        """Return the tries that trouble of these kinds gets: bounded, with growing pauses and jitter."""
        first, most = self.settings.po_retry_seconds, self.settings.po_retry_most_seconds
        return Retrying(
            stop=stop_after_attempt(self.settings.po_attempts),
            wait=wait_exponential(multiplier=first, max=max(first, most - first)) + wait_random(0, first),
            retry=retry_if_exception_type(kinds),
            sleep=self.clock.sleep,
        )


@dataclass(slots=True)
class Progress:
    """What is known of an order so far; it outlives a failed try, so that the outcome says what was seen."""

    attempts: int = 0
    supplier: str = ""
    found: int = 0
    evidence: str = ""
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try.

    Attributes:
        order: what is asked for.
        desk: what it is worked on with.
        progress: what earlier tries saw; this one adds to it.
        tab: an open tab, this order's own.
        deadline: until when this try may take.
    """

    order: PurchaseOrder
    desk: Desk
    progress: Progress
    tab: Tab
    deadline: Deadline

    def run(self) -> Outcome:
        """Open the page, fetch what it offers, publish what is whole.

        Raises:
            Retryable: the page did not come, or is none of an order.
            SignedOut: the site does not know us.
            DeadlinePassed: time is up.
        """
        page = self._page()
        if page.kind in _FINAL:
            status, reason = _FINAL[page.kind]
            self.keep_evidence()
            return Outcome(number=self.order.number, status=status, reason=reason)
        _refuse_other_pages(page)
        if not page.attachments:
            return Outcome(number=self.order.number, status=Status.NO_ATTACHMENTS)
        with self.desk.shelf.work_folder(self.order.number) as work:
            wanted = [Attachment(url=each.url, name=each.name) for each in page.attachments]
            self.progress.missing = [reason for each in wanted if (reason := self._missing(each, work))]
            return self._published(page, work)

    def keep_evidence(self) -> None:
        """Keep what the tab shows now, in the order's evidence folder."""
        output = self.desk.shelf.output
        folder = output / OWN_FOLDER / "evidence" / safe_name(self.order.item_name, "PO")
        evidence.take(self.tab.driver, folder)
        self.progress.evidence = folder.relative_to(output).as_posix()

    def _page(self) -> Page:
        self.tab.open(self.desk.order_url)
        page = read_settled(lambda: self.desk.portal.read(self.tab.driver), self.deadline, self.desk.clock)
        self.progress.supplier, self.progress.found = page.supplier, len(page.attachments)
        self.desk.tell(
            events.PageRead(
                number=self.order.number,
                kind=page.kind,
                url=plain_url(page.url),
                attachments=len(page.attachments),
            )
        )
        return page

    def _missing(self, attachment: Attachment, work: WorkFolder) -> str:
        """Fetch one attachment, trying again within bounds; return "" or why it is missing."""
        try:
            # A browser in trouble is not mended in this tab: that goes up to whoever can give a new one.
            for attempt in self.desk.tries(TransferBroken, NetworkTrouble, ServerTrouble):
                with attempt:
                    file = self._fetched(attachment, work)
        except RetryError as given_up:
            return redacted(str(given_up.last_attempt.exception()))
        except FileRefused as refused:
            return redacted(str(refused))
        self.desk.tell(events.FileArrived(number=self.order.number, file=file.name, size_bytes=file.size, url=file.url))
        return ""

    def _fetched(self, attachment: Attachment, work: WorkFolder) -> DownloadedFile:
        try:
            return fetch(self.tab, attachment, work, self.deadline)
        except NotADownload as error:
            page = self.desk.portal.read(self.tab.driver)
            if page.kind is PageKind.SIGNED_OUT:
                raise SignedOut("the site asked to sign in again instead of sending a file") from error
            if page.kind in (PageKind.RATE_LIMITED, PageKind.SERVER_ERROR):
                raise ServerTrouble(page.http_status) from error
            if page.kind in _FINAL:
                raise FileRefused(f"{error}: {page.kind} (HTTP status {page.http_status})") from error
            raise TransferBroken(f"{error} (HTTP status {page.http_status})") from error

    def _published(self, page: Page, work: WorkFolder) -> Outcome:
        """Put what is whole on the shelf and say what it is."""
        missing = one_line("; ".join(self.progress.missing))
        if missing:
            self.keep_evidence()
        if not work.files:
            return Outcome(number=self.order.number, status=Status.FAILED, reason=missing)
        folder = folder_for(self.desk.settings.po_folder, supplier=page.supplier, number=self.order.number)
        self.desk.settle()
        work.publish(folder)
        return Outcome(
            number=self.order.number,
            status=Status.PARTIAL if missing else Status.COMPLETED,
            reason=f"{len(work.files)} of {self.progress.found} files: {missing}" if missing else "",
            folder=folder.as_posix(),
            files=tuple(
                KeptFile(name=each.name, size=each.size, sha256=each.sha256, url=each.url) for each in work.files
            ),
        )


def _refuse_other_pages(page: Page) -> None:
    """Raise what a page that is no order means; a signed-out page is never "not found"."""
    if page.kind is PageKind.SIGNED_OUT:
        raise SignedOut("the site asks to sign in again")
    if page.kind in (PageKind.RATE_LIMITED, PageKind.SERVER_ERROR):
        raise ServerTrouble(page.http_status)
    if page.kind is not PageKind.ORDER:
        raise NetworkTrouble(f"{plain_url(page.url)} shows no order (a page of the kind {page.kind})")
