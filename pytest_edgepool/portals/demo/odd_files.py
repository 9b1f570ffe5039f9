"""Files with names and contents that real sites have and nobody expects. Never decides which order has them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pytest_edgepool.portals.demo.shapes import REQUISITIONS, Shape

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


@dataclass(frozen=True, slots=True)
class OddFile:
    """A file as the site has it, and what it is published as.

    Attributes:
        name: what the site calls it.
        kind: what it is, as a suffix of `MIME_TYPES`.
        published: what it must be called in a folder, as long as no other file there has that name.
        is_markup: whether it is text that begins as a page of the web does.
    """

    name: str
    kind: str
    published: str
    is_markup: bool = False


def plain_file(name: str) -> OddFile:
    """Return a file whose name is as good as any."""
    return OddFile(name, PurePosixPath(name).suffix, name)


# In this order: the second of the two invoices has the name of the first for Windows and macOS.
ODD_NAMES = (
    OddFile("../../etc/passwd", ".txt", "passwd"),
    OddFile("C:\\x\\con.pdf", ".pdf", "con_.pdf"),
    OddFile("CON.pdf", ".pdf", "CON_.pdf"),
    OddFile("x" * 296 + ".pdf", ".pdf", "x" * 146 + ".pdf"),
    OddFile("Rechnung \N{RIGHT-TO-LEFT OVERRIDE}fdp.\N{PAPERCLIP}.pdf", ".pdf", "Rechnung fdp.\N{PAPERCLIP}.pdf"),
    OddFile("Line\tone\x07 two.pdf", ".pdf", "Line one two.pdf"),
    OddFile("Offer.pdf. . ", ".pdf", "Offer.pdf"),
    OddFile("Invoice.pdf", ".pdf", "Invoice.pdf"),
    OddFile("invoice.PDF", ".pdf", "invoice.PDF"),
    OddFile("", ".pdf", "attachment.pdf"),
)
MARKUP = (
    OddFile("Parts.csv", ".csv", "Parts.csv", is_markup=True),
    OddFile("How to read it.txt", ".txt", "How to read it.txt", is_markup=True),
)
# A browser shows these unless it is told to save them.
SHOWN = (plain_file("Delivery photo.png"), plain_file("Delivery note.txt"), plain_file("Contract.pdf"))
REQUESTED = (
    OddFile("Request {number}.pdf", ".pdf", "Request {number}.pdf"),
    OddFile("Budget.xlsx", ".xlsx", "Budget.xlsx"),
)
# A file's place in its order is one sign of its identifier.
PLACES = "1234567890"
REQUESTED_PLACES = "89"


def files_in(names: list[str], shapes: AbstractSet[Shape]) -> list[OddFile]:
    """Return the files of an order whose files are usually called so; one that usually has none has none."""
    if names and Shape.ODD_NAMES in shapes:
        return list(ODD_NAMES)
    if names and Shape.MARKUP_TEXT in shapes:
        return list(MARKUP)
    if names and Shape.INLINE in shapes:
        return list(SHOWN)
    return [plain_file(name) for name in names]


def requested_in(number: str, shapes: AbstractSet[Shape]) -> list[OddFile]:
    """Return the files that only an order's requisition has."""
    if not shapes & REQUISITIONS:
        return []
    return [plain_file(one.name.format(number=number)) for one in REQUESTED]
