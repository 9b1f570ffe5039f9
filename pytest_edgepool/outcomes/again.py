"""Whether an order runs again, decided from what came of it before. Never looks at the disk itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool.outcomes.status import is_done

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.outcomes.status import Outcome


def reason_to_skip(which: str, earlier: Outcome | None, is_whole: Callable[[Outcome], bool], done_as: str = "") -> str:
    """Return why an order is not run again, as one clause, or "" when it is.

    Args:
        which: `unfinished`, `failed` or `all`, as `--po-rerun` says.
        earlier: the last true outcome of the order, or None when it was never tried.
        is_whole: looks whether an outcome's files are still as they were; asked only when it matters.
        done_as: the status by which the sheet calls the order done, or ""; it counts only where nothing else is known.
    """
    if which == "all":
        return ""
    if which == "failed" and (earlier is None or is_done(earlier.status)):
        return "it has not failed before"
    if earlier is None:
        return f"the sheet calls it {done_as} (--po-rerun=all runs it all the same)" if done_as else ""
    if is_done(earlier.status) and is_whole(earlier):
        return f"already {earlier.status} in run {earlier.run}"
    return ""
