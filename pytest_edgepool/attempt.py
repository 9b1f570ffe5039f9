"""One try at one order, in one tab: its page, its attachments, its files on the shelf. Never tries an order again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tenacity import RetryError

from pytest_edgepool import events
from pytest_edgepool.backing_off import seconds_in
from pytest_edgepool.browser import evidence
from pytest_edgepool.downloads.attachment import Attachment
from pytest_edgepool.downloads.names import folder_for, safe_name
from pytest_edgepool.downloads.shelf import OWN_FOLDER
from pytest_edgepool.downloads.transfer import NotADownload, fetch
from pytest_edgepool.errors import (
    FileRefused,
    NetworkTrouble,
    ServerTrouble,
    SignedOut,
    StrangePage,
    TooManyRequests,
    TransferBroken,
)
from pytest_edgepool.failures import failure_of
from pytest_edgepool.outcomes.status import KeptFile, Outcome, Status, one_line
from pytest_edgepool.portals.portal import Page, PageKind
from pytest_edgepool.portals.reading import read_settled
from pytest_edgepool.redact import plain_url, redacted

if TYPE_CHECKING:
    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.browser.tabs import Tab
    from pytest_edgepool.clock import Deadline
    from pytest_edgepool.desk import Desk, Progress
    from pytest_edgepool.downloads.attachment import DownloadedFile
    from pytest_edgepool.downloads.shelf import WorkFolder
    from pytest_edgepool.orders.order import PurchaseOrder

# What no further try changes, and what the user is told of it.
_FINAL = {
    PageKind.NOT_FOUND: (Status.PO_NOT_FOUND, "the site has no such order"),
    PageKind.NO_ACCESS: (Status.ACCESS_DENIED, "the site does not let this user see the order"),
}


_UNWELL = (PageKind.RATE_LIMITED, PageKind.SERVER_ERROR)
_TOO_MANY_REQUESTS = 429


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One try.

    Attributes:
        order: what is asked for.
        desk: what it is worked on with.
        progress: what earlier tries saw; this one adds to it.
        browser: the browser it is worked on in.
        tab: an open tab, this order's own.
        deadline: until when this try may take; put off by what it waits because the site wants to be left alone.
    """

    order: PurchaseOrder
    desk: Desk
    progress: Progress
    browser: RunningBrowser
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
            self.desk.back_off.well()
            status, reason = _FINAL[page.kind]
            self.keep_evidence()
            return Outcome(number=self.order.number, status=status, reason=reason)
        self._refuse_other_pages(page)
        if not page.attachments:
            self.desk.back_off.well()
            return Outcome(number=self.order.number, status=Status.NO_ATTACHMENTS)
        with self.desk.shelf.work_folder(self.order.number) as work:
            self._fetch_all([Attachment(url=each.url, name=each.name) for each in page.attachments], work)
            if not any(isinstance(each, ServerTrouble | NetworkTrouble) for each in self.progress.missing):
                self.desk.back_off.well()  # a site whose pages come and whose files do not is not well
            return self._published(page, work)

    def keep_evidence(self) -> None:
        """Keep what the tab shows now, in the order's evidence folder."""
        output = self.desk.shelf.output
        folder = output / OWN_FOLDER / "evidence" / safe_name(self.order.item_name, "PO")
        evidence.take(self.tab.driver, folder)
        self.progress.evidence = folder.relative_to(output).as_posix()

    def _page(self) -> Page:
        if self.desk.back_off.is_in_trouble:
            self.tab.watch()
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

    def _fetch_all(self, wanted: list[Attachment], work: WorkFolder) -> None:
        """Fetch the attachments one after the other; note why those are missing that could not be had."""
        self.progress.missing.clear()
        for each in wanted:
            error = self._missing(each, work)
            if error is not None:
                self.progress.missing.append(error)
            if isinstance(error, TooManyRequests):
                return  # a site that has said it at each try is not asked for the rest as well

    def _missing(self, attachment: Attachment, work: WorkFolder) -> BaseException | None:
        """Fetch one attachment, trying again within bounds; return why it is missing, or None when it is not."""
        try:
            # A browser in trouble is not mended in this tab: that goes up to whoever can give a new one.
            for attempt in self.desk.tries(TransferBroken, NetworkTrouble, ServerTrouble):
                with attempt:
                    file = self._when_allowed(attachment, work)
        except RetryError as given_up:
            return given_up.last_attempt.exception() or given_up
        except FileRefused as refused:
            return refused
        self.desk.tell(events.FileArrived(number=self.order.number, file=file.name, size_bytes=file.size, url=file.url))
        return None

    def _when_allowed(self, attachment: Attachment, work: WorkFolder) -> DownloadedFile:
        """Fetch one attachment as soon as the site may be asked; the wait is not taken off the order's time."""
        back_off = self.desk.back_off
        self.deadline = self.deadline.later(back_off.wait())
        with self.browser.within(self.deadline):
            if back_off.is_in_trouble:
                self.tab.watch()
            try:
                return self._fetched(attachment, work)
            except (NetworkTrouble, ServerTrouble) as error:
                back_off.hear(error, self.order.number)
                raise

    def _fetched(self, attachment: Attachment, work: WorkFolder) -> DownloadedFile:
        try:
            return fetch(self.tab, attachment, work, self.deadline)
        except NotADownload as error:
            page = self.desk.portal.read(self.tab.driver)
            if page.kind is PageKind.SIGNED_OUT:
                raise SignedOut("the site asked to sign in again instead of sending a file") from error
            if page.kind in _UNWELL:
                raise self._unwell(page) from error
            if page.kind in _FINAL:
                raise FileRefused(f"{error}: {page.kind} (HTTP status {page.http_status})") from error
            raise TransferBroken(f"{error} (HTTP status {page.http_status})") from error

    def _published(self, page: Page, work: WorkFolder) -> Outcome:
        """Put what is whole on the shelf and say what it is."""
        missing = one_line("; ".join(redacted(str(each)) for each in self.progress.missing))
        if missing:
            with self.browser.within(self.deadline):
                self.keep_evidence()
        if not work.files:
            status = failure_of(self.progress.missing[-1]).status
            return Outcome(number=self.order.number, status=status, reason=missing)
        order = self.order
        folder = folder_for(
            self.desk.settings.po_folder, supplier=page.supplier, number=order.number, levels=order.levels
        )
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

    def _refuse_other_pages(self, page: Page) -> None:
        """Raise what a page that is no order means; a signed-out page is never "not found"."""
        if page.kind is PageKind.SIGNED_OUT:
            raise SignedOut("the site asks to sign in again")
        if page.kind in _UNWELL:
            raise self._unwell(page)
        if page.kind is not PageKind.ORDER:
            raise StrangePage(f"{plain_url(page.url)} shows no order (a page of the kind {page.kind})")

    def _unwell(self, page: Page) -> ServerTrouble:
        """Return what the site's own trouble is, with what its `Retry-After` asked for, where that was seen."""
        headers = self.tab.headers()
        asked = seconds_in(headers.get("retry-after", ""), headers.get("date", ""), self.desk.clock.now())
        kind = TooManyRequests if page.http_status == _TOO_MANY_REQUESTS else ServerTrouble
        return kind(page.http_status, asked)
