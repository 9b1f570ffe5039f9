"""Sheets as bytes that travel to every worker, and back. Never reads a user's file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_edgepool.errors import Permanent
from pytest_edgepool.orders.order import PurchaseOrder

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One sheet as it was when the run began.

    Attributes:
        path: as the user gave it.
        digest: sha256 of the file's bytes, in hex.
        header: the column names, each different; of all worksheets.
        rows: every row that asks for a PO, in the file's order; the report shows them all.
        po_column: the header of the column that holds the PO numbers, in the first worksheet.
        orders: what is run: the first row of each number, the most urgent first.
        warnings: sentences for the user.
    """

    path: str
    digest: str
    header: tuple[str, ...]
    rows: tuple[PurchaseOrder, ...]
    po_column: str
    orders: tuple[PurchaseOrder, ...]
    warnings: tuple[str, ...] = ()


def digest_of(data: bytes) -> str:
    """Return the sha256 of `data` in hex."""
    return hashlib.sha256(data).hexdigest()


def freeze(sheets: Sequence[Sheet]) -> bytes:
    """Return the sheets as JSON bytes that `thaw` reads; the same sheets give the same bytes."""
    return json.dumps([_frozen(sheet) for sheet in sheets], separators=(",", ":")).encode("ascii")


def thaw(data: bytes, digest: str) -> tuple[Sheet, ...]:
    """Return what `freeze` wrote.

    Args:
        data: the frozen bytes.
        digest: what `digest_of` said of them when they were frozen.

    Raises:
        Permanent: the bytes are not the ones that were frozen.
    """
    if digest_of(data) != digest:
        raise Permanent("the frozen sheet of this run was changed or is damaged; start the run again")
    return tuple(_thawed(raw) for raw in json.loads(data))


def _frozen(sheet: Sheet) -> dict[str, Any]:
    """Return the sheet with each header written once, and each order as the place of its row."""
    headers: dict[tuple[str, ...], int] = {}
    places = {id(row): place for place, row in enumerate(sheet.rows)}
    rows = [
        [
            *(row.number, row.row, row.worksheet, row.done_as, row.priority, row.levels, row.asked_as),
            *(headers.setdefault(tuple(row.columns), len(headers)), list(row.columns.values())),
        ]
        for row in sheet.rows
    ]
    return {
        "path": sheet.path,
        "digest": sheet.digest,
        "header": sheet.header,
        "po_column": sheet.po_column,
        "warnings": sheet.warnings,
        "headers": list(headers),
        "rows": rows,
        "orders": [places[id(order)] for order in sheet.orders],
    }


def _thawed(raw: dict[str, Any]) -> Sheet:
    path, headers = raw["path"], raw["headers"]
    rows = tuple(_row(path, headers, each) for each in raw["rows"])
    return Sheet(
        path=path,
        digest=raw["digest"],
        header=tuple(raw["header"]),
        rows=rows,
        po_column=raw["po_column"],
        orders=tuple(rows[place] for place in raw["orders"]),
        warnings=tuple(raw["warnings"]),
    )


def _row(path: str, headers: list[list[str]], raw: list[Any]) -> PurchaseOrder:
    number, row, worksheet, done_as, priority, levels, asked_as, header, values = raw
    return PurchaseOrder(
        number=number,
        sheet=path,
        row=row,
        columns=dict(zip(headers[header], values, strict=True)),
        worksheet=worksheet,
        done_as=done_as,
        priority=priority,
        levels=tuple(levels),
        asked_as=tuple(asked_as),
    )
