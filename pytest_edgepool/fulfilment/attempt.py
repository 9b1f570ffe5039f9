"""One try at one order, in one tab: its page, its attachments, its files on the shelf. Never tries an order again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool.browser import evidence
from pytest_edgepool.downloads.attachment import Attachment
from pytest_edgepool.downloads.names import folder_for, safe_name
from pytest_edgepool.downloads.shelf import OWN_FOLDER
from pytest_edgepool.errors import NetworkTrouble, ServerTrouble
from pytest_edgepool.failures import failure_of
from pytest_edgepool.fulfilment.fetching import fetch_all
from pytest_edgepool.fulfilment.opening import answer_of, opened
from pytest_edgepool.outcomes.status import KeptFile, Outcome, Status, one_line
from pytest_edgepool.redact import redacted

if TYPE_CHECKING:
    from pytest_edgepool.browser.edge import RunningBrowser
    from pytest_edgepool.browser.tabs import Tab
    from pytest_edgepool.clock import Deadline
    from pytest_edgepool.downloads.shelf import WorkFolder
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
        page = opened(self)
        answer = answer_of(page)
        if answer is not None:
            self.desk.back_off.well()
            status, reason = answer
            if reason:
                self.keep_evidence()
            return Outcome(number=self.order.number, status=status, reason=reason)
        with self.desk.shelf.work_folder(self.order.number) as work:
            fetch_all(self, [Attachment(url=each.url, name=each.name) for each in page.attachments], work)
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
