"""What a browser uses, sampled between items. Never acts on it: whoever recycles decides elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# A look reads the page tables of a dozen processes (10 to 30 ms measured); between items, every so often, that is
# nothing.
TABS_BETWEEN_LOOKS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """What one browser used. All in bytes (PSS where the system tells it, else private bytes).

    Attributes:
        first: at the first look.
        peak: the most of all looks.
        last: at the last look.
        looks: how many there were.
    """

    first: int = 0
    peak: int = 0
    last: int = 0
    looks: int = 0

    def seen(self, used: int) -> Footprint:
        """Return the footprint after one more look; a look that told nothing changes nothing."""
        if used <= 0:
            return self
        return Footprint(first=self.first or used, peak=max(self.peak, used), last=used, looks=self.looks + 1)


class Watch:
    """Looks at a browser's memory, every so many tabs.

    Args:
        measure: returns what the browser uses now, in bytes.
    """

    def __init__(self, measure: Callable[[], int]) -> None:
        self._measure = measure
        self.footprint = Footprint()

    def is_due(self, tabs_opened: int) -> bool:
        """Whether it is time for a look, once a tab was closed."""
        return not self.footprint.looks or tabs_opened % TABS_BETWEEN_LOOKS == 1

    def look(self) -> Footprint:
        """Look now."""
        self.footprint = self.footprint.seen(self._measure())
        return self.footprint
