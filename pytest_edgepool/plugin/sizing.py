"""How many workers `-n auto` means, and why that many. Never starts one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_edgepool import resources
from pytest_edgepool.state import state_path
from pytest_edgepool.workers.carrying import browsers_carried, measured_bytes

if TYPE_CHECKING:
    from pytest_edgepool.resources import MemoryState
    from pytest_edgepool.settings import Settings

# Nobody has measured more on one site, and a site that is polite to eight may not be to sixteen; who wants more says
# so with a number.
MOST_WORKERS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What bounds the number of workers; the least of it is the number, but never less than one.

    Attributes:
        cores: the cores that we may use.
        allowed: browsers that `--edgepool-max-browsers` allows.
        carried: browsers that the memory carries.
        orders: how many orders there are, or None when there are other tests too.
        browser_bytes: what one browser was measured to use, or 0 when it was estimated.
    """

    cores: int
    allowed: int
    carried: int
    orders: int | None = None
    browser_bytes: int = 0

    @property
    def workers(self) -> int:
        """The number."""
        return max(1, min(self._bounds().values()))

    def told(self) -> str:
        """Return why it is that number, as a clause."""
        why = next(name for name, bound in self._bounds().items() if max(1, bound) == self.workers)
        count = "1 worker" if self.workers == 1 else f"{self.workers} workers"
        return f"-n auto: {count}, because {why}"

    def _bounds(self) -> dict[str, int]:
        size = f"{self.browser_bytes / 1e6:.0f} MB each, measured" if self.browser_bytes else "by estimate"
        there_are = "there is 1 PO" if self.orders == 1 else f"there are {self.orders} POs"
        orders = {} if self.orders is None else {there_are: self.orders}
        return {
            **orders,
            f"this machine has {self.cores} cores": self.cores,
            f"the free memory carries {self.carried} browsers ({size})": self.carried,
            f"--edgepool-max-browsers allows {self.allowed}": self.allowed,
            f"-n auto starts {MOST_WORKERS} at most": MOST_WORKERS,
        }


def size_of(settings: Settings, orders: int | None, memory: MemoryState | None = None) -> Size:
    """Return how many workers fit.

    Args:
        settings: what is in force.
        orders: how many orders there are, or None when that says nothing of the number of tests.
        memory: what is used of it; None asks the machine.
    """
    used = memory or resources.memory()
    share = settings.edgepool_memory_limit or 1.0
    # Where other programs are above the limit already, as on many a small laptop, half of what is left may be ours.
    room = max(int(share * used.limit_bytes) - used.used_bytes, used.free_bytes // 2)
    measured = measured_bytes(state_path(settings.edgepool_state_dir))
    return Size(
        cores=resources.cores(),
        allowed=settings.edgepool_max_browsers,
        carried=browsers_carried(room, measured),
        orders=orders,
        browser_bytes=measured,
    )
