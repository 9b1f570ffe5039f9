"""One try at one order, in one tab: its page, its attachments, its files on the shelf. Never tries an order again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.browser import evidence
from pytest_edgepool.downloads.attachment import Attachment
from pytest_edgepool.downloads.names import safe_name
from pytest_edgepool.downloads.shelf import OWN_FOLDER
from pytest_edgepool.errors import NetworkTrouble, ServerTrouble
from pytest_edgepool.failures import failure_of
from pytest_edgepool.fulfilment.ahead import look_ahead
from pytest_edgepool.fulfilment.fetching import fetch_all
from pytest_edgepool.fulfilment.opening import answer_of, opened
from pytest_edgepool.fulfilment.requisitions import with_requisitions
from pytest_edgepool.fulfilment.shelving import shelve
from pytest_edgepool.outcomes.status import Outcome, Status, one_line
from pytest_edgepool.redact import redacted

if TYPE_CHECKING:
    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.browser.tabs import Tab
    from pytest_edgepool.clock import Deadline
    from pytest_edgepool.downloads.work import WorkFolder
    from pytest_edgepool.fulfilment.desk import Desk, Progress
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.portals.portal import Page


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
        page = with_requisitions(self, opened(self))
        answer = answer_of(page, self.progress.unseen)
        if answer is not None:
            self.desk.back_off.well()
            status, reason = answer
            if reason:
                self.keep_evidence()
            return Outcome(number=self.order.number, status=status, reason=reason)
        look_ahead(self.desk, self.progress, self.browser, page)
        with self.desk.shelf.work_folder(self.order.number) as work:
            wanted = [
                Attachment(url=each.url, name=each.name, press=each.press, page=each.page, label=each.label)
                for each in page.attachments
            ]
            fetch_all(self, wanted, work)
            if not any(isinstance(each, ServerTrouble | NetworkTrouble) for each in self.progress.missing):
                self.desk.back_off.well()  # a site whose pages come and whose files do not is not well
            return self._published(page, work)

    def keep_evidence(self) -> None:
        """Keep what the tab shows now, in the order's evidence folder."""
        output = self.desk.shelf.output
        folder = output / OWN_FOLDER / "evidence" / safe_name(self.order.item_name, "PO")
        evidence.take(self.tab.driver, folder)
        self.progress.evidence = folder.relative_to(output).as_posix()

    def _published(self, page: Page, work: WorkFolder) -> Outcome:
        """Put what is whole on the shelf and say what it is."""
        missing = one_line("; ".join(redacted(str(each)) for each in (*self.progress.unseen, *self.progress.missing)))
        if missing:
            with self.browser.within(self.deadline):
                self.keep_evidence()
        if not work.files:
            self.progress.failure = failure_of(self.progress.missing[-1])
            return Outcome(number=self.order.number, status=self.progress.failure.status, reason=missing)
        folder, kept = shelve(self, page.supplier, work)
        return Outcome(
            number=self.order.number,
            status=Status.PARTIAL if missing else Status.COMPLETED,
            reason=f"{len(work.files)} of {self.progress.found} files: {missing}" if missing else "",
            folder=folder,
            files=kept,
        )
