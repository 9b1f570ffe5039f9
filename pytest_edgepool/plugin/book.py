"""The output folder's ledger as one worker uses it: what is done already, and what came of an order. Never runs one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgepool.outcomes.again import reason_to_skip
from pytest_edgepool.outcomes.ledger import Ledger, last_of_run, last_true
from pytest_edgepool.outcomes.status import Outcome, Status, is_done

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pytest_edgepool.orders.order import PurchaseOrder


class Book:
    """One worker's view of the ledger.

    Args:
        output: the output folder.
        which: which orders run again, as `--po-rerun` says.
        site: returns the origin of the site whose outcomes count.
        stop: has no worker of the run begin anything new, for a reason.
    """

    def __init__(self, output: Path, which: str, site: Callable[[], str], stop: Callable[[Exception], object]) -> None:
        self._output = output
        self._which = which
        self._site = site
        self._stop = stop
        self._ledger = Ledger(output / ".edgepool" / "ledger.jsonl")
        self._done: dict[str, Outcome] | None = None
        self._read_to = 0

    def skipped(self, order: PurchaseOrder) -> Outcome | None:
        """Return SKIPPED, with the earlier outcome's figures, when the order is not to be run; else None."""
        if self._done is None:
            reading = self._ledger.read()
            self._done, self._read_to = last_true(reading, self._site()), reading.end
        earlier = self._done.get(order.number)
        reason = reason_to_skip(self._which, earlier, self._is_whole, order.done_as)
        if not reason:
            return None
        known = earlier or Outcome(number=order.number, status=Status.SKIPPED)
        return replace(known, status=Status.SKIPPED, reason=reason, attempts=0, seconds=0.0)

    def skipped_meanwhile(self, order: PurchaseOrder, run_id: str) -> Outcome | None:
        """Return the same when another run has written something of the order since the ledger was last looked at.

        Args:
            order: the order, which nobody else fetches now.
            run_id: this run's id: what it wrote itself is no news to it.
        """
        try:
            reading = self._ledger.read(self._read_to)
        except OSError:  # the outcome cannot be written either, and says so
            return None
        self._read_to = reading.end
        of_others = tuple(each for each in reading.outcomes if each.run != run_id)
        news = last_true(replace(reading, outcomes=of_others), self._site())
        self._done = {**(self._done or {}), **news} if news else self._done
        return self.skipped(order) if order.number in news else None

    @staticmethod
    def skipped_for(order: PurchaseOrder, run_id: str) -> Outcome:
        """Return SKIPPED for an order that another run has in hand."""
        reason = f"another run ({run_id}) is fetching it now"
        return Outcome(number=order.number, status=Status.SKIPPED, reason=reason)

    def told_before(self, order: PurchaseOrder, run_id: str, *, may_run_again: bool) -> Outcome | None:
        """Return the outcome that a worker of the run had written before it died under the order, or None.

        Args:
            order: the order.
            run_id: the run's id.
            may_run_again: whether what has failed is repeated in this run: a failure may be an earlier try's then, and
                only what is done counts.
        """
        found = last_of_run(self._ledger.read(), run_id, order.number)
        return found if found is not None and (is_done(found.status) or not may_run_again) else None

    def write(self, outcome: Outcome) -> Outcome:
        """Write an outcome to the ledger and return it; what the ledger does not take has not happened.

        It is FAILED then, whatever is on the shelf: the next run looks only here, and does the order again. So would
        all that follow, one after the other: the run is stopped.
        """
        from pytest_edgepool.errors import DiskTrouble, Permanent

        try:
            self._ledger.append(outcome)
        except (OSError, Permanent) as error:
            why = (error.strerror if isinstance(error, OSError) else None) or str(error)
            told = f"the ledger in {self._output} cannot be written ({why})"
            self._stop(DiskTrouble(told))
            if is_done(outcome.status):  # else its own reason says more
                outcome = replace(outcome, reason=f"{told}; the next run fetches this PO again")
            return replace(outcome, status=Status.FAILED)
        return outcome

    def _is_whole(self, earlier: Outcome) -> bool:
        from pytest_edgepool.downloads.shelf import are_whole

        return are_whole(self._output, earlier.folder, ((each.name, each.size, each.sha256) for each in earlier.files))
