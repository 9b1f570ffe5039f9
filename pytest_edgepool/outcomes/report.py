"""What all reports show, computed once, so that they cannot differ. Never decides a status, never reads the ledger."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pytest_edgepool.outcomes.reports.cells import AS_THE_SHEET_SAYS, places_of, results_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pytest_edgepool.outcomes.status import Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One row of a sheet and what came of it.

    Attributes:
        number: the PO number.
        sheet: the sheet's path as the user gave it.
        columns: the sheet's own values, by header.
        outcome: what to show for it, or None when it was never tried.
        worksheet: the worksheet's name, where the sheet is a workbook.
        line: 1-based line of the file, or row of the worksheet.
        done_as: the status by which the sheet itself calls the PO done, or "".
    """

    number: str
    sheet: str
    columns: Mapping[str, str]
    outcome: Outcome | None
    worksheet: str = ""
    line: int = 0
    done_as: str = ""

    @property
    def status(self) -> str:
        """What all reports call it: its status; where only the sheet knows one, that; "" when nobody does."""
        if self.outcome is not None:
            return str(self.outcome.status)
        return f"{self.done_as}{AS_THE_SHEET_SAYS}" if self.done_as else ""


@dataclass(frozen=True, kw_only=True)
class Report:
    """A run's report before it is any file.

    Attributes:
        header: the sheets' own columns, in order.
        rows: one for each row of the sheets.
        output: the output folder.
        run: facts about the run, as JSON knows them; other values are written as text.
    """

    header: Sequence[str]
    rows: Sequence[ReportRow]
    output: Path
    run: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def outcomes(self) -> Mapping[str, Outcome | None]:
        """What is shown for each PO, by number; one that stands in several rows is there once."""
        return {row.number: row.outcome for row in self.rows}

    @cached_property
    def totals(self) -> Mapping[str, int]:
        """How many POs have which status; one of which nobody knows any is in none."""
        statuses = {row.number: row.status for row in self.rows}
        return dict(sorted(Counter(filter(None, statuses.values())).items()))

    @cached_property
    def files(self) -> int:
        """How many files are on the shelf for these POs."""
        return sum(each.attachments_downloaded for each in self.outcomes.values() if each is not None)

    @cached_property
    def received_bytes(self) -> int:
        """Bytes of all these files together."""
        return sum(each.received_bytes for each in self.outcomes.values() if each is not None)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The sheets' own columns, then the result columns that they do not have."""
        return tuple(dict.fromkeys((*self.header, *(place for each in self._places.values() for place in each))))

    def cells(self, row: ReportRow) -> list[str | int]:
        """Return what the columns hold for a row.

        A result column that the sheet already has stays where it is; its value is replaced where there is an outcome.
        """
        found = results_of(row.outcome, self.output)
        results = {place: value for name, value in found.items() for place in self._places[name]}
        return [results.get(name, row.columns.get(name, "")) for name in self.columns]

    @cached_property
    def _places(self) -> Mapping[str, tuple[str, ...]]:
        return places_of(self.header)
