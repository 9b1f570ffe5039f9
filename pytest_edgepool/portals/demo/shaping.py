"""What an order's page shows in each shape, ready for its templates. Never writes HTML, never answers a request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from pytest_edgepool.portals.demo.odd_files import PLACES
from pytest_edgepool.portals.demo.shapes import PRESSES, Shape

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from pytest_edgepool.portals.demo.state import DemoSite
    from pytest_edgepool.portals.demo.truth import DemoAttachment, DemoOrder

# What Coupa's widgets say around a file's name, in the languages of its users.
LABELS = (
    "{} file attachment",
    "Anexo de arquivo {}",
    "Dateianhang {}",
    "Archivo adjunto {}",
    "Pièce jointe {}",
    "添付ファイル {}",
)
TABS = ("Lines", "Itens do carrinho", "Positionen", "Líneas", "Lignes", "明細")
# Where a labelled widget has its file's address: on itself, or on what it is in, up to four levels up.
HOLDERS = ("parent data-download-url", "fourth data-href", "parent data-url", "onclick")
PRESS_KINDS = (Shape.PRESS_LOCATION, Shape.PRESS_WINDOW, Shape.PRESS_BLOB, Shape.PRESS_FORM)

# Of the files that an order's page shows without shapes, the others are those of its lines.
HEADER_FILES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How a page offers one file.

    Attributes:
        identifier: the file's.
        name: its name.
        address: where it is fetched.
        second_address: another address of the same file, "" when it is offered once.
        label: what a labelled widget says of it.
        how: the shape in which it is offered; "" is Coupa's span.
        holder: which element of a widget has the address.
        is_bare: whether its own page, which leads back, is offered besides.
    """

    identifier: str
    name: str
    address: str
    second_address: str
    label: str
    how: str
    holder: str
    is_bare: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """What an order's page shows.

    Attributes:
        header: the files of the order.
        lines: the files of its lines.
        tab: the text of the tab behind which the lines are; "" when they are on the page.
        is_lazy: whether a script brings the files later.
        mark: how a part that is to be filled says so: "aria-busy", "spinner", or "" for not at all.
        is_pressed: whether files come by a script that knows their addresses.
        is_hostile: whether the page offers what nobody may follow.
    """

    header: tuple[Offer, ...]
    lines: tuple[Offer, ...]
    tab: str
    is_lazy: bool
    mark: str
    is_pressed: bool
    is_hostile: bool


def view_of(site: DemoSite, order: DemoOrder) -> OrderView:
    """Return what the page of that order shows."""
    shapes = site.options.shapes_of(order.number)
    offers = offers_of(site, order, order.attachments)
    first_line = len(offers) // 2 if Shape.LINES in shapes else HEADER_FILES
    marks = ("",) if Shape.LAZY_SILENT in shapes else ("aria-busy", "spinner")
    return OrderView(
        header=offers[:first_line],
        lines=offers[first_line:],
        tab=_turn(TABS, order.number) if Shape.LINES in shapes else "",
        is_lazy=bool(shapes & {Shape.LAZY, Shape.LAZY_SILENT}),
        mark=_turn(marks, order.number),
        is_pressed=bool(shapes & set(PRESSES)),
        is_hostile=Shape.HOSTILE in shapes,
    )


def offers_of(site: DemoSite, order: DemoOrder, attachments: tuple[DemoAttachment, ...]) -> tuple[Offer, ...]:
    """Return how a page offers these files of an order."""
    shapes = site.options.shapes_of(order.number)
    return tuple(_offer(site, shapes, one) for one in attachments)


def kind_of_press(shapes: AbstractSet[Shape], attachment: DemoAttachment) -> str:
    """Return how the script of an order with these shapes brings that file, when its element is pressed."""
    fixed = [one for one in PRESS_KINDS if one in shapes]
    return fixed[0] if fixed else PRESS_KINDS[_place(attachment) % len(PRESS_KINDS)]


def address_of(site: DemoSite, shapes: AbstractSet[Shape], attachment: DemoAttachment) -> str:
    """Return where the file is fetched: signed where no cookie would open it."""
    if Shape.DOWNLOAD_ANCHORS in shapes:
        return f"/attachments/{attachment.identifier}/download?{urlencode({'filename': attachment.name})}"
    path = f"/attachment/attachment_file/type/{attachment.identifier}/{shown_name(shapes, attachment)}"
    query = f"?{urlencode(site.sign(path))}" if site.options.has_tokens else ""
    return f"{quote(path)}{query}"


def shown_name(shapes: AbstractSet[Shape], attachment: DemoAttachment) -> str:
    """Return the last part of the file's address."""
    return "file" if Shape.ODD_NAMES in shapes else attachment.name


def _offer(site: DemoSite, shapes: AbstractSet[Shape], attachment: DemoAttachment) -> Offer:
    address = address_of(site, shapes, attachment)
    how = next((str(one) for one in (Shape.ANCHORS, Shape.DOWNLOAD_ANCHORS, Shape.WIDGETS) if one in shapes), "")
    return Offer(
        identifier=attachment.identifier,
        name=attachment.name,
        address=address,
        second_address=_second(address, attachment) if Shape.DOUBLE in shapes else "",
        label=(_turn(LABELS, attachment.identifier) if how == Shape.WIDGETS else LABELS[0]).format(attachment.name),
        how="press" if shapes & set(PRESSES) else how,
        holder=HOLDERS[_place(attachment) % len(HOLDERS)],
        is_bare=Shape.BARE in shapes,
    )


def _second(address: str, attachment: DemoAttachment) -> str:
    if _place(attachment) % 2:
        return f"{address}#file"
    return f"{address}{'&' if '?' in address else '?'}disposition=attachment"


def _place(attachment: DemoAttachment) -> int:
    return PLACES.index(attachment.identifier[-1])


def _turn(of: tuple[str, ...], number: str) -> str:
    """Return one of these, each number another than the one before it."""
    return of[int(number) % len(of)]
