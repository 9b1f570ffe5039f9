"""The shapes in which the demo shows an order's attachments, by their names. Never builds a page."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_edgepool.errors import UsageMistake

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet


class Shape(StrEnum):
    """One thing that may be otherwise about an order's attachments."""

    ANCHORS = "anchors"
    DOWNLOAD_ANCHORS = "download-anchors"
    WIDGETS = "widgets"
    PRESS = "press"
    PRESS_LOCATION = "press-location"
    PRESS_WINDOW = "press-window"
    PRESS_BLOB = "press-blob"
    PRESS_FORM = "press-form"
    LAZY = "lazy"
    LAZY_SILENT = "lazy-silent"
    LINES = "lines"
    DOUBLE = "double"
    BARE = "bare"
    HOSTILE = "hostile"
    REQUISITION = "requisition"
    REQUISITION_REFUSED = "requisition-refused"
    ELSEWHERE = "elsewhere"
    ODD_NAMES = "odd-names"
    NO_DISPOSITION = "no-disposition"
    MARKUP_TEXT = "markup-text"
    INLINE = "inline"


PRESSES = (Shape.PRESS, Shape.PRESS_LOCATION, Shape.PRESS_WINDOW, Shape.PRESS_BLOB, Shape.PRESS_FORM)
# How a file is offered; without one of these it is Coupa's `span.attachment-file[data-url]`.
OFFERS = frozenset({Shape.ANCHORS, Shape.DOWNLOAD_ANCHORS, Shape.WIDGETS, *PRESSES})
REQUISITIONS = frozenset({Shape.REQUISITION, Shape.REQUISITION_REFUSED})

# Of each of these an order can have one at most: together they make no sense, or a page that nobody could read.
_EXCLUSIVE: tuple[AbstractSet[Shape], ...] = (
    OFFERS,
    frozenset({Shape.LAZY, Shape.LAZY_SILENT}),
    REQUISITIONS,
    frozenset({Shape.ODD_NAMES, Shape.MARKUP_TEXT, Shape.INLINE}),
    frozenset({Shape.ODD_NAMES, Shape.NO_DISPOSITION}),
    frozenset({Shape.INLINE, Shape.NO_DISPOSITION}),
    frozenset({Shape.ODD_NAMES, *REQUISITIONS}),
    *(frozenset({Shape.DOUBLE, press}) for press in PRESSES),
)


def shapes_in(text: str) -> frozenset[Shape]:
    """Return the shapes written as one or several names with `+` between them, like `lazy+anchors`.

    Raises:
        UsageMistake: there is no such shape, or two of them exclude each other.
    """
    names = [part.strip() for part in text.split("+")]
    for name in names:
        if name not in set(Shape):
            raise UsageMistake(f"There is no demo shape {name!r}; there are: {', '.join(Shape)}.")
    shapes = frozenset(map(Shape, names))
    for one_of in _EXCLUSIVE:
        if len(shapes & one_of) > 1:
            raise UsageMistake(f"The demo shapes {' and '.join(sorted(shapes & one_of))} exclude each other.")
    return shapes
