"""What an outcome says in JUnit: properties that travel over xdist with the report. Never writes the XML itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pytest

    from pytest_edgepool.outcomes.status import Outcome

NAMES = (
    "status",
    "supplier",
    "attachments_found",
    "attachments_downloaded",
    "bytes",
    "worker",
    "slot",
    "profile",
    "attempts",
    "folder",
)


def properties_of(outcome: Outcome) -> list[tuple[str, object]]:
    """Return an outcome's properties, all strings: what reaches JUnit from passed, failed and skipped items alike."""
    values = (
        outcome.status,
        outcome.supplier,
        outcome.attachments_found,
        outcome.attachments_downloaded,
        outcome.received_bytes,
        outcome.worker,
        outcome.slot if outcome.slot >= 0 else "",
        outcome.profile,
        outcome.attempts,
        outcome.folder,
    )
    found: list[tuple[str, object]] = [(name, str(value)) for name, value in zip(NAMES, values, strict=True)]
    if outcome.earlier:
        found.append(("history", outcome.earlier))
    return found


def note(item: pytest.Item, outcome: Outcome) -> None:
    """Put an outcome's properties on the item, in place of those of an earlier try: each name stands there once."""
    ours = (*NAMES, "history")
    others = [(name, value) for name, value in item.user_properties if name not in ours]
    item.user_properties[:] = [*others, *properties_of(outcome)]


def status_in(properties: Sequence[tuple[str, object]]) -> str:
    """Return the status that a report's properties carry, or ""."""
    return next((str(value) for name, value in properties if name == "status"), "")
