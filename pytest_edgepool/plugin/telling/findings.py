"""What is known of the orders when a run ends: the ledger, read once, and what it has not. Never writes anything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.outcomes.ledger import Ledger, LedgerReading, last_true
from pytest_edgepool.outcomes.report import ReportRow
from pytest_edgepool.outcomes.status import NOT_TRIED, Outcome, Status
from pytest_edgepool.plugin.collect import node_ids
from pytest_edgepool.plugin.stopped import not_its_turn
from pytest_edgepool.redact import origin_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_edgepool.plugin.controller import Controller

_UNWRITTEN = "its outcome could not be written to the ledger; the next run does it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What came of a run's orders.

    Attributes:
        rows: one for each row of the sheets, also for numbers named twice; with the ledger's last true outcome.
        of_this_run: what this run itself did, in sheet order, whatever another run did meanwhile.
        torn_lines: lines of the ledger that are no outcome.
        trouble: why this is not whole, or "".
    """

    rows: Sequence[ReportRow]
    of_this_run: Sequence[Outcome]
    torn_lines: Sequence[int]
    trouble: str = ""


def findings_of(of: Controller) -> Findings:
    """Return what came of the orders; to be asked once all workers are gone and all is reported.

    Ten thousand lines take a second: nobody shall read them twice.
    """
    trouble, reading = "", LedgerReading()
    try:
        reading = Ledger(Path(of.settings.po_output) / ".edgepool" / "ledger.jsonl").read()
    except OSError as error:
        trouble = f"the ledger cannot be read ({error.strerror or error})"
    written = {each.number: each for each in reading.outcomes if each.run == of.run.id and each.status not in NOT_TRIED}
    found = last_true(reading, origin_of(of.plan.url))
    ours: dict[str, Outcome] = {}
    for item_id, order in node_ids(of.config, of.sheets):
        number, status = order.number, of.heard.statuses.get(item_id)
        if status == Status.FAILED and number not in written:  # as JUnit says it
            found[number] = of.told.get(item_id) or _unwritten(of, number)
        elif status == Status.STOPPED and number not in found and not order.done_as:  # the sheet knows better
            found[number] = of.told.get(item_id) or _not_begun(of, item_id, number)
        mine = found.get(number)
        if mine is not None and mine.run != of.run.id:  # another run was there later, or this one did nothing
            mine = written.get(number)
        if mine is not None:
            ours[number] = mine
    done_as = {order.number: order.done_as for sheet in of.sheets for order in sheet.orders}
    rows = [
        ReportRow(
            number=row.number,
            sheet=row.sheet,
            columns=row.columns,
            outcome=found.get(row.number),
            worksheet=row.worksheet,
            line=row.row,
            done_as=done_as.get(row.number, ""),
        )
        for sheet in of.sheets
        for row in sheet.rows
    ]
    return Findings(rows=rows, of_this_run=tuple(ours.values()), torn_lines=reading.torn_lines, trouble=trouble)


def _not_begun(of: Controller, item_id: str, number: str) -> Outcome:
    why = of.heard.because.get(item_id) or not_its_turn(of.run)
    return Outcome(number=number, status=Status.STOPPED, reason=why)


def _unwritten(of: Controller, number: str) -> Outcome:
    return Outcome(number=number, status=Status.FAILED, reason=_UNWRITTEN, run=of.run.id)
