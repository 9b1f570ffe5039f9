"""What the demo site holds: every order, supplier and file, all from the number alone. Never serves, never stores."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pytest_edgepool.portals.demo.contents import MIME_TYPES, file_bytes, markup_text
from pytest_edgepool.portals.demo.odd_files import PLACES, REQUESTED_PLACES, files_in, requested_in
from pytest_edgepool.portals.demo.options import plain_number

if TYPE_CHECKING:
    from pytest_edgepool.portals.demo.odd_files import OddFile
    from pytest_edgepool.portals.demo.options import DemoOptions

DEMO_USER = "buyer"
DEMO_PASSWORD = "open-sesame"  # noqa: S105 - everybody may know the demo's password: it guards nothing

FIRST_NUMBER = 15262984
NOT_FOUND_ENDING = "404"
NO_ATTACHMENTS_ENDING = "000"
NOT_FOUND_NUMBER = 15263404
NO_ATTACHMENTS_NUMBER = 15263000

# One in so many orders has two files of one name, as when a revised invoice is attached beside the first.
SAME_NAME_EVERY = 4
MOST_ATTACHMENTS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSupplier:
    """A supplier; `number` and `name` are what the order's page shows in the link's title."""

    identifier: int
    number: str
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoAttachment:
    """A file of an order.

    Attributes:
        identifier: the order's digits and the file's place in it; its address ends in it.
        name: the name the site gives it; two files of one order may have the same.
        published: what it must be called where no other file has that name.
        suffix: what it is, as the ending that its name has or should have.
        is_markup: whether it is text that begins as a page of the web does.
    """

    identifier: str
    name: str
    published: str
    suffix: str
    is_markup: bool = False

    @property
    def mime_type(self) -> str:
        """What the site declares the file to be."""
        return MIME_TYPES[self.suffix]

    @property
    def content(self) -> bytes:
        """The file's bytes."""
        make = markup_text if self.is_markup else file_bytes
        return make(self.suffix, f"attachment {self.identifier}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoOrder:
    """An order; `number` is its digits, without `PO`.

    Attributes:
        number: its digits.
        supplier: who it was placed with.
        attachments: its files.
        requested: the files that only its requisition has, where there is a page of it.
    """

    number: str
    supplier: DemoSupplier
    attachments: tuple[DemoAttachment, ...]
    requested: tuple[DemoAttachment, ...] = ()


# Names as real ones are: accents, an ampersand, a slash, a dot at the end.
SUPPLIERS = tuple(
    DemoSupplier(identifier=identifier, number=f"S{identifier:04d}", name=name)
    for identifier, name in enumerate(
        (
            "Northwind Traders",
            "Müller & Söhne GmbH",
            "Padaria São João Ltda.",
            "Smith / Jones Logistics",
            "O'Neill Office Supplies",
            "Ærø Industries A-S",
            "Contoso Labs",
        ),
        start=101,
    )
)

FILE_NAMES = (
    "Invoice {number}.pdf",
    "Purchase order {number}.docx",
    "Price list.xlsx",
    "Delivery note.txt",
    "RE Approval of {number}.msg",
    "Especificação técnica.pdf",
    "Lieferschein Größe.docx",
    "Quote (final).xlsx",
)


def demo_order(number: str, options: DemoOptions | None = None) -> DemoOrder | None:
    """Return the order of that number (`PO` may stand before it), or None when the site has no such order.

    Args:
        number: the order's number.
        options: the site's, whose shapes may give an order other files.
    """
    digits = plain_number(number)
    if not re.fullmatch(r"\d{4,18}", digits, re.ASCII) or digits.endswith(NOT_FOUND_ENDING):
        return None
    supplier = SUPPLIERS[int(digits) % len(SUPPLIERS)]
    names = [] if digits.endswith(NO_ATTACHMENTS_ENDING) else _names(digits)
    shapes = options.shapes_of(digits) if options else frozenset()
    return DemoOrder(
        number=digits,
        supplier=supplier,
        attachments=_attachments(digits, PLACES, files_in(names, shapes)),
        requested=_attachments(digits, REQUESTED_PLACES, requested_in(digits, shapes)),
    )


def demo_attachment(identifier: str, options: DemoOptions | None = None) -> tuple[DemoOrder, DemoAttachment] | None:
    """Return the file of that identifier with its order, or None when the site has no such file."""
    order = demo_order(identifier[:-1], options)
    held = () if order is None else (*order.attachments, *order.requested)
    found = [one for one in held if one.identifier == identifier]
    return (order, found[0]) if order is not None and found else None


def expected_files(number: str, options: DemoOptions | None = None, *, requisitions: bool = False) -> dict[str, bytes]:
    """Return the order's files by the name each is published under; empty when there is none.

    The first of a name keeps it, the next ones become `name (2).ext`, `name (3).ext`; case makes no other name.

    Args:
        number: the order's number.
        options: the site's, whose shapes may give an order other files.
        requisitions: whether the files of the order's requisition are fetched besides.
    """
    order = demo_order(number, options)
    files: dict[str, bytes] = {}
    requested = order.requested if order and requisitions else ()
    for attachment in (*(order.attachments if order else ()), *requested):
        files[_free_name(attachment.published, files)] = attachment.content
    return files


def demo_numbers(count: int) -> list[str]:
    """Return that many different order numbers, like `PO15262984`.

    From two on, exactly one of them is not found and exactly one has no attachments; from nine on they have
    all suppliers.
    """
    good = (
        number
        for number in range(FIRST_NUMBER, FIRST_NUMBER + 2 * count + 2)
        if not str(number).endswith((NOT_FOUND_ENDING, NO_ATTACHMENTS_ENDING))
    )
    numbers = [next(good) for _ in range(count)]
    if count > 1:
        numbers[count // 3] = NOT_FOUND_NUMBER
        numbers[2 * count // 3] = NO_ATTACHMENTS_NUMBER
    return [f"PO{number}" for number in numbers]


def _names(digits: str) -> list[str]:
    digest = hashlib.sha256(f"order {digits}".encode()).digest()
    count = 1 + digest[0] % MOST_ATTACHMENTS
    start = digest[1] % len(FILE_NAMES)
    names = [FILE_NAMES[(start + place) % len(FILE_NAMES)].format(number=digits) for place in range(count)]
    if int(digits) % SAME_NAME_EVERY == 0:
        names = [*names[: MOST_ATTACHMENTS - 1], names[0]]
    return names


def _attachments(digits: str, places: str, files: list[OddFile]) -> tuple[DemoAttachment, ...]:
    return tuple(
        DemoAttachment(
            identifier=f"{digits}{place}",
            name=one.name,
            published=one.published,
            suffix=one.kind,
            is_markup=one.is_markup,
        )
        for place, one in zip(places, files, strict=False)
    )


def _free_name(name: str, taken: dict[str, bytes]) -> str:
    path = PurePosixPath(name)
    folded = {each.casefold() for each in taken}
    free, place = name, 2
    while free.casefold() in folded:
        free, place = f"{path.stem} ({place}){path.suffix}", place + 1
    return free
