"""What came of an order whose worker died: what the ledger says, else an outcome of its own. Never runs it again."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.errors import Permanent
from pytest_edgepool.outcomes.ledger import last_of_run
from pytest_edgepool.outcomes.status import Outcome, Status, is_done, one_line
from pytest_edgepool.workers.in_hand import note_death

if TYPE_CHECKING:
    from pytest_edgepool.outcomes.ledger import Ledger
    from pytest_edgepool.run import Run

_REASON_CHARACTERS = 600  # two deaths, told with process and signal


class Inquest:
    """Looks into the death of a worker under an order.

    Args:
        run: the run.
        ledger: where outcomes are.
        site: the origin of the site.
    """

    def __init__(self, run: Run, ledger: Ledger, site: str) -> None:
        self._run = run
        self._ledger = ledger
        self._site = site
        self._deaths: dict[str, tuple[str, ...]] = {}

    def known(self, number: str, *, may_run_again: bool) -> Outcome | None:
        """Return what this run's ledger says of an order, if it says anything.

        Args:
            number: the PO number.
            may_run_again: whether somebody runs again what has failed: then only what is done counts.
        """
        try:
            found = last_of_run(self._ledger.read(), self._run.id, number)
        except OSError:  # what cannot be read is not known: the order runs again
            return None
        return found if found is not None and (is_done(found.status) or not may_run_again) else None

    def noted(self, item: str, told: str) -> tuple[str, ...]:
        """Keep how a worker ended under an item, for whoever has it next; return all that is known of that item."""
        self._deaths[item] = (*self.deaths(item), told)
        with suppress(OSError):  # a full disk: then it is known here only
            note_death(self._run, item, told)
        return self._deaths[item]

    def deaths(self, item: str) -> tuple[str, ...]:
        """Return how workers ended that had an item in hand, the oldest first."""
        return self._deaths.get(item, ())

    def stopped(self, number: str, worker: str, deaths: tuple[str, ...]) -> Outcome:
        """Return the outcome of an order that nobody runs any more in this run."""
        reason = "its worker died, and the run was being ended"
        return self._outcome(number, worker, deaths, Status.STOPPED, reason)

    def failed(self, number: str, worker: str, deaths: tuple[str, ...], why: str) -> Outcome:
        """Write to the ledger that an order failed, and return it; where that is impossible the outcome says so.

        Args:
            number: the PO number.
            worker: who had it last.
            deaths: how workers ended under it.
            why: why it is not run again, as one clause, or "".
        """
        many = f"{len(deaths)} workers died while they ran it" if len(deaths) > 1 else "its worker died"
        reason = "; ".join(filter(None, (f"{many}: {'; '.join(deaths)}", why, "the same command tries it again")))
        outcome = self._outcome(number, worker, deaths, Status.FAILED, reason)
        try:
            self._ledger.append(outcome)
        except (OSError, Permanent) as error:
            told = f"{outcome.reason} (the ledger does not have it: {error})"
            return replace(outcome, reason=one_line(told, _REASON_CHARACTERS))
        return outcome

    def _outcome(self, number: str, worker: str, deaths: tuple[str, ...], status: Status, reason: str) -> Outcome:
        return Outcome(
            number=number,
            status=status,
            reason=one_line(reason, _REASON_CHARACTERS),
            attempts=len(deaths),
            finished_at=SYSTEM_CLOCK.now().isoformat(timespec="milliseconds"),
            run=self._run.id,
            worker=worker,
            site=self._site,
            earlier="; ".join(deaths),
        )
