"""One purchase order that somebody asked for. Never knows what became of it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# What pytest or xdist reads as syntax in a node id: `::` (a colon at the very beginning joins the `::` before it),
# brackets (parameters), `@` (xdist's loadgroup). `%` is the escape itself, so that distinct numbers stay distinct.
_SYNTAX = re.compile(r"^:|::+|[%\[\]@]")

# Characters nobody can see or type on a command line: controls, bidirectional marks, surrogates, line separators.
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseOrder:
    """One purchase order as it stands in a sheet.

    Attributes:
        number: the PO number as written, without spaces around it.
        sheet: the sheet's path as the user gave it.
        row: 1-based line of the file on which the record begins.
        columns: every column of the sheet, by header, values as written; takes no part in the hash.
        worksheet: the worksheet's name, where the sheet is a workbook.
        done_as: the status by which the sheet itself calls the order done; empty when it does not.
        priority: how urgent it is, as written.
        levels: folders that the sheet wants the files in, from the outermost.
        asked_as: what the site may know the order by, the likeliest first; empty: the portal's own rule.
    """

    number: str
    sheet: str
    row: int
    columns: Mapping[str, str] = field(default_factory=dict, hash=False)
    worksheet: str = ""
    done_as: str = ""
    priority: str = ""
    levels: tuple[str, ...] = ()
    asked_as: tuple[str, ...] = ()

    @property
    def item_name(self) -> str:
        """The number as a part of a pytest node id; distinct numbers have distinct names."""
        escaped = _SYNTAX.sub(lambda found: _percent(found.group()), self.number)
        return "".join(_percent(char) if _is_unseen(char) else char for char in escaped)

    def to_json(self) -> dict[str, Any]:
        """Return what `json.dumps` takes and `from_json` reads."""
        whole = {each.name: getattr(self, each.name) for each in fields(self)}
        return {**whole, "columns": dict(self.columns), "levels": list(self.levels), "asked_as": list(self.asked_as)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> PurchaseOrder:
        """Return the order that `to_json` wrote.

        Raises:
            KeyError: a field is missing.
        """
        return cls(
            number=data["number"],
            sheet=data["sheet"],
            row=int(data["row"]),
            columns=dict(data["columns"]),
            worksheet=data["worksheet"],
            done_as=data["done_as"],
            priority=data["priority"],
            levels=tuple(data["levels"]),
            asked_as=tuple(data["asked_as"]),
        )


def _is_unseen(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN_CATEGORIES


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
