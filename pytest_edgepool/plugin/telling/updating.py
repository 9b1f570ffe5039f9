"""Writes results back: into a copy beside each sheet, or into the sheet itself. Never decides what came of an order."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_edgepool.errors import SheetMistake
from pytest_edgepool.files import write_whole
from pytest_edgepool.orders.changed_text import changed_text
from pytest_edgepool.orders.changed_workbook import changed_workbook
from pytest_edgepool.orders.changes import KEPT, Change
from pytest_edgepool.orders.sheet import digest_of
from pytest_edgepool.outcomes.reports.cells import harmless, results_of
from pytest_edgepool.outcomes.status import NOT_TRIED
from pytest_edgepool.plugin.collect import whole_path

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    changes = [
        Change(line=row.line, number=row.number, worksheet=row.worksheet, cells=results)
        for row in report.rows
        if row.sheet == sheet.path
        and row.outcome is not None
        and row.outcome.status not in NOT_TRIED  # what is known of it stands there already
        and (results := results_of(row.outcome, report.output))
    ]
    if not changes:
        return f"{sheet.path}: there is no result to write back", True
    try:
        path = whole_path(of.config, sheet.path).resolve()  # a link stays one: what it leads to is replaced
        data = path.read_bytes()
        changed = _changed(sheet.path, data, Path(sheet.path).suffix.lower(), changes, of.settings)
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
        copy = _beside(of, sheet, path, "updated", made)
        return f"results were written into {copy.name}, beside {sheet.path}{more}", True
    if not os.access(path, os.W_OK):  # a rename would replace it all the same
        raise SheetMistake(
            sheet.path, None, "may not be written to", f"give yourself the right to, or --po-update once; {KEPT}"
        )
    if digest_of(data) != sheet.digest:
        copy = _beside(of, sheet, path, "updated", made)
        return f"{sheet.path} was changed while the run went on, so its results are in {copy.name}{more}", False
    backup = _beside(of, sheet, path, f"backup-{of.run.id}", data)
    if path.read_bytes() != data:
        copy = _beside(of, sheet, path, "updated", made)
        return f"{sheet.path} is being changed, so its results are in {copy.name}{more}", False
    _replaced(path, made, like=backup)
    return f"results were written into {sheet.path}; {backup.name} is as it was before{more}", True


def _beside(of: Controller, sheet: Sheet, path: Path, mark: str, data: bytes) -> Path:
    """Write a file beside the sheet, named as the user names the sheet, readable by whoever may read the sheet.

    Raises:
        SheetMistake: another sheet of this run stands there.
    """
    given = Path(sheet.path)
    made = path.with_name(f"{given.stem}.{mark}{given.suffix}")
    if any(_is_same(made, whole_path(of.config, each.path)) for each in of.sheets):
        problem = f"its copy would replace {made.name}, which is a sheet of this run too"
        raise SheetMistake(sheet.path, None, problem, f"rename one of them; {KEPT}")
    _replaced(made, data, like=path)
    return made


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # one of them is not there
        return False


def _replaced(path: Path, data: bytes, *, like: Path) -> None:
    """Write a file whole; whose it is, and who may read it, as with another one, as far as we may say so."""
    known = like.stat()
    write_whole(path, data)
    with suppress(OSError, AttributeError):  # AttributeError: Windows knows no such owners
        os.chown(path, known.st_uid, known.st_gid)
    with suppress(OSError):
        shutil.copymode(like, path)
