"""Writes results back: into a copy beside each sheet, or into the sheet itself. Never decides what came of an order."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.files import write_whole
from pytest_edgepool.orders.changed_text import changed_text
from pytest_edgepool.orders.changed_workbook import changed_workbook
from pytest_edgepool.orders.changes import Change
from pytest_edgepool.orders.sheet import digest_of
from pytest_edgepool.outcomes.reports.cells import harmless, results_of
from pytest_edgepool.plugin.collect import whole_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_edgepool.orders.sheet import Sheet
    from pytest_edgepool.outcomes.report import Report
    from pytest_edgepool.plugin.controller import Controller
    from pytest_edgepool.settings import Settings

Told = tuple[str, bool]

INTO_THE_SHEET = 2


def update_sheets(of: Controller, report: Report) -> tuple[Told, ...]:
    """Write the results into a copy of each sheet, or into the sheet itself, as `--po-update` says.

    Returns:
        For each sheet what was done, as one sentence for the user, and whether it is what was asked for.
    """
    return tuple(_updated(of, sheet, report) for sheet in of.sheets)


def _updated(of: Controller, sheet: Sheet, report: Report) -> Told:
    path = whole_path(of.config, sheet.path)
    changes = [
        Change(line=row.line, number=row.number, worksheet=row.worksheet, cells=results)
        for row in report.rows
        if row.sheet == sheet.path and (results := results_of(row.outcome, report.output))
    ]
    if not changes:
        return f"{sheet.path}: there is no result to write back", True
    try:
        path = path.resolve()  # a link stays one: what it leads to is replaced
        data = path.read_bytes()
        changed = _changed(sheet.path, data, path.suffix.lower(), changes, of.settings)
        return _kept(of, sheet, path, data, changed)
    except SheetMistake as mistake:
        return f"results were not written back: {mistake}", False
    except OSError as error:
        why = error.strerror or error
        return f"{sheet.path}: results were not written back ({why}); is it open elsewhere? The report has them.", False


def _changed(name: str, data: bytes, suffix: str, changes: Sequence[Change], settings: Settings) -> tuple[bytes, str]:
    column = settings.po_column or None
    if suffix == ".xlsx":  # its cells are text by their type
        return changed_workbook(name, data, column, changes, settings.po_worksheet)
    plain = [
        Change(line=each.line, number=each.number, cells={key: harmless(str(cell)) for key, cell in each.cells.items()})
        for each in changes
    ]
    return changed_text(name, data, column, plain, tab_only=suffix == ".tsv")


def _kept(of: Controller, sheet: Sheet, path: Path, data: bytes, changed: tuple[bytes, str]) -> Told:
    """Put the changed sheet where it belongs; one that somebody edited meanwhile is theirs."""
    made, note = changed
    more = f"; {note}" if note else ""
    if of.settings.po_update < INTO_THE_SHEET:
        copy = _beside(path, "updated", made)
        return f"results were written into {copy.name}, beside {sheet.path}{more}", True
    if digest_of(data) != sheet.digest:
        copy = _beside(path, "updated", made)
        return f"{sheet.path} was changed while the run went on, so its results are in {copy.name}{more}", False
    backup = _beside(path, f"backup-{of.run.id}", data)
    if path.read_bytes() != data:
        copy = _beside(path, "updated", made)
        return f"{sheet.path} is being changed, so its results are in {copy.name}{more}", False
    write_whole(path, made)
    shutil.copymode(backup, path)
    return f"results were written into {sheet.path}; {backup.name} is as it was before{more}", True


def _beside(path: Path, mark: str, data: bytes) -> Path:
    """Write a file beside the sheet, to be read by whoever may read the sheet."""
    made = path.with_name(f"{path.stem}.{mark}{path.suffix}")
    write_whole(made, data)
    shutil.copymode(path, made)
    return made
