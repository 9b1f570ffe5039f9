"""Writes what a script makes between two markers of a page. Never touches the rest of the page."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def put_between(page: str, name: str, begin: str, end: str, made: str) -> str:
    """Return the page with what stands between its two markers replaced.

    Args:
        page: the page's text.
        name: its name, for the message.
        begin: the line before.
        end: the line after.
        made: what shall stand there.

    Raises:
        ValueError: the page does not hold the two markers in order.
    """
    before, found, rest = page.partition(begin)
    _, also, after = rest.partition(end)
    if not (found and also):
        raise ValueError(f"{name} needs the two lines {begin} and {end}, in this order.")
    return f"{before}{begin}\n{made}\n{end}{after}"


def rewrite(path: Path, renew: Callable[[str], str]) -> int:
    """Write a page anew; return the exit status."""
    try:
        path.write_text(renew(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
