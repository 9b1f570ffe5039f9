"""Which orders come first, by what their sheet says of them. Never moves a row of the sheet."""

from __future__ import annotations

import re

from pytest_edgepool.headers import bare

NORMAL = 3

# Urgent, high, then numbers from the smallest, then those without a priority, then low. In users' languages.
_BANDS = {
    0: ("urgent", "urgente", "critical", "critico", "critica", "highest", "asap", "dringend", "immediate"),
    1: ("high", "alta", "alto", "hoch", "haute", "important"),
    NORMAL: ("", "normal", "medium", "media", "medio", "mittel", "moyenne", "standard"),
    4: ("low", "baixa", "baixo", "baja", "bajo", "niedrig", "basse", "bassa"),
    5: ("lowest",),
}
_BAND_OF = {word: band for band, words in _BANDS.items() for word in words}
_NUMBERS = 2
_NUMBER = re.compile(
    r"(?:p\s*)?(-?\d{1,15})(?:[.,](\d{1,15}))?(?:\s*[-:).].*|\s.*)?", re.IGNORECASE | re.ASCII | re.DOTALL
)


def rank(priority: str) -> tuple[int, float] | None:
    """Return where a priority stands, the smallest first, or None when nobody knows what it means.

    Args:
        priority: the cell as written: `1`, `P2`, `1 - High`, `urgent`, `baixa`; empty is normal.
    """
    text = priority.strip()
    number = _NUMBER.fullmatch(text)
    if number:
        return _NUMBERS, float(f"{number[1]}.{number[2] or 0}")
    band = _BAND_OF.get(bare(text))
    return None if band is None else (band, 0.0)
