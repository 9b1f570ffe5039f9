"""What a worker does with an order: known already, claimed, fetched, written, told. Never reads a page or a file."""

from __future__ import annotations

import warnings
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pytest_edgepool import events
from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import BrowserTrouble, Retired, RunStopped
from pytest_edgepool.fulfilment.circuit import Circuit
from pytest_edgepool.fulfilment.ways import Ways
from pytest_edgepool.outcomes.claims import Claims
from pytest_edgepool.outcomes.status import Outcome, Status, is_done
from pytest_edgepool.plugin.book import Book
from pytest_edgepool.plugin.deaths.fate import runs_again
from pytest_edgepool.plugin.deaths.retiring import handing_back
from pytest_edgepool.plugin.escaped import outcome_of
from pytest_edgepool.plugin.following import Following
from pytest_edgepool.plugin.junit import note
from pytest_edgepool.plugin.site import addresses_of, chosen_by, placed_by
from pytest_edgepool.plugin.stopped import not_its_turn
from pytest_edgepool.plugin.watcher import GivenUp
from pytest_edgepool.portals.reading import Patience
from pytest_edgepool.redact import origin_of
from pytest_edgepool.workers.in_hand import InHand, begins

if TYPE_CHECKING:
    import pytest

    from pytest_edgepool.failures import Failure
    from pytest_edgepool.fulfilment.desk import Desk
    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.plugin.worker import Station


class Orders:
    """The orders of one worker, one after the other.

    Args:
        station: what the worker has for them.
    """

    def __init__(self, station: Station) -> None:
        self._at = station
        run, settings = station.run, station.settings
        self._book = Book(station.output, settings.po_rerun, self._site, station.stop)
        patience = settings.po_attempts * (settings.po_timeout + settings.po_retry_after_most)
        self._claims = Claims(station.output, run.id, lambda: run.is_stopping, patience_seconds=patience)
        self._circuit = Circuit(run.folder, settings, station.log.tell, lambda: run.is_stopping)
        self._chosen = chosen_by(station.config)
        self._patience = Patience()
        self.ways = Ways(settings, run.folder, station.log.tell)
        self._history = ""
        self.following = Following(station, self._is_others, self._address)

    def download(self, order: PurchaseOrder, item: pytest.Item) -> Outcome:
        """Fetch one order, or skip it when it is done; the ledger has the outcome before anyone is told."""
        self._history = begins(self._at.run, self._at.name, InHand(item=item.nodeid, number=order.number))
        try:
            outcome = self._known(order, item) or self._in_turn(order)
        except BaseException as error:
            self._tell_escaped(order, item, error)
            raise
        finally:
            self.following.ends(item)
        note(item, outcome)
        return outcome

    def _known(self, order: PurchaseOrder, item: pytest.Item) -> Outcome | None:
        """Return what is known of an order without fetching it, or None."""
        if self._history:  # what a worker wrote before it died under this very item counts once
            told = self._book.told_before(order, self._at.run.id, may_run_again=runs_again(item))
            if told is not None:
                return told
        skipped = self._book.skipped(order)
        return None if skipped is None else self._signed(skipped)

    def _is_others(self, order: PurchaseOrder) -> bool:
        """Whether an order is done, in another run's hands, or held back, as far as is known before its turn."""
        if self._circuit.is_open:  # a probe goes alone
            return True
        return self._book.skipped(order) is not None or self._claims.is_elsewhere(order.number, self._site())

    def _tell_escaped(self, order: PurchaseOrder, item: pytest.Item, error: BaseException) -> None:
        """Have an order that pytest-timeout or a hook broke off be in ledger, report and JUnit as the others are."""
        outcome = outcome_of(order, error)
        if outcome is not None:
            with suppress(Exception):  # the error that is on its way says more
                note(item, self._book.write(self._signed(outcome)))
                self._at.worker.doubt(BrowserTrouble(outcome.reason))  # one that does not answer is not for the next

    def _in_turn(self, order: PurchaseOrder) -> Outcome:
        """Fetch an order when its turn has come, unless another run has done it meanwhile, or has it in hand."""
        run = self._at.run
        if run.is_stopping:  # xdist has a worker run what it holds even when it is told to shut down
            return self._stopped(order, not_its_turn(run))
        try:
            with self._circuit.passage(), self._claims.on(order.number, self._site()) as other:
                if other:
                    return self._signed(self._book.skipped_for(order, other))
                skipped = self._book.skipped_meanwhile(order, run.id)
                return self._fulfilled(order) if skipped is None else self._signed(skipped)
        except RunStopped as ended:
            return self._stopped(order, not_its_turn(run) if run.is_stopping else str(ended))

    def _fulfilled(self, order: PurchaseOrder) -> Outcome:
        from pytest_edgepool.fulfil import fulfil

        at = self._at
        try:
            with at.watcher.in_hand(), at.pace.place(), at.worker.turn():
                outcome = fulfil(order, self._desk(order))
        except (GivenUp, RunStopped) as ended:
            return self._stopped(order, str(ended))
        except Retired as retired:
            back = handing_back(at.config)
            if back is None or not back.gives_up():
                return self._stopped(order, str(retired))
            raise
        if at.watcher.has_given_up and not is_done(outcome.status):  # its browser was ended under it
            return self._stopped(order, at.watcher.why_given_up())
        outcome = self._book.write(self._signed(outcome))
        at.worker.tab_closed()
        self._tell(order, outcome)
        return outcome

    def _tell(self, order: PurchaseOrder, outcome: Outcome) -> None:
        self._at.log.tell(
            events.OrderFinished(
                number=outcome.number,
                status=str(outcome.status),
                reason=outcome.reason,
                files=outcome.attachments_downloaded,
                size_bytes=outcome.received_bytes,
                attempts=outcome.attempts,
                seconds=outcome.seconds,
            )
        )
        config = self._at.config
        try:
            config.hook.pytest_edgepool_order_finished(config=config, order=order, outcome=outcome)
        except Exception as error:  # noqa: BLE001 - anybody's code: the ledger has the outcome, and JUnit must agree
            warnings.warn(f"a listener to the news of {order.number} failed: {error!r}", stacklevel=2)

    def _stopped(self, order: PurchaseOrder, why: str) -> Outcome:
        return self._signed(Outcome(number=order.number, status=Status.STOPPED, reason=why))

    def _signed(self, outcome: Outcome) -> Outcome:
        status = self._at.worker.status
        return replace(
            outcome,
            finished_at=SYSTEM_CLOCK.now().isoformat(timespec="milliseconds"),
            run=self._at.run.id,
            worker=self._at.name,
            slot=status.slot,
            profile=status.kind,
            site=self._site(),
            earlier=self._history or outcome.earlier,
        )

    def _site(self) -> str:
        return origin_of(self._at.worker.plan().url)

    def _address(self, order: PurchaseOrder) -> str:
        at = self._at
        portal = at.worker.portal()
        return addresses_of(order, at.worker.plan().url, portal, at.config, at.settings)[0] if portal else ""

    def _judge(self, outcome: Outcome, failure: Failure | None) -> None:
        over = self._circuit.hear(outcome.number, failure, outcome.reason)
        if over is not None:
            self._at.stop(over)

    def _desk(self, order: PurchaseOrder) -> Desk:
        from pytest_edgepool.downloads.shelf import Shelf
        from pytest_edgepool.errors import UsageMistake
        from pytest_edgepool.fulfilment.desk import Desk

        at = self._at
        plan, portal = at.worker.plan(), at.worker.portal()
        if portal is None:
            raise UsageMistake("Orders need a site: name its kind with --po-portal=coupa.")
        return Desk(
            portal=portal,
            order_urls=addresses_of(order, plan.url, portal, at.config, at.settings),
            shelf=Shelf(at.output, at.run.id),
            settings=at.settings,
            tell=at.log.tell,
            browser=at.worker.browser,
            back_off=at.worker.back_off,
            stop=at.stop,
            doubt=at.worker.doubt,
            ways=self.ways,
            take_up=at.watcher.begins,
            settle=at.watcher.ends,
            chosen=self._chosen,
            placed=partial(placed_by, at.config),
            patience=self._patience,
            home_url=portal.home_url(plan.url),
            judge=self._judge,
            following=self.following.url,
        )
