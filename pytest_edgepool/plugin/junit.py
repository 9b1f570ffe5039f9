"""What an outcome says in JUnit: properties that travel over xdist with the report. Never writes the XML itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from _pytest.junitxml import xml_key

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

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


def dropping(config: pytest.Config, report: pytest.TestReport) -> Callable[[], None]:
    """Return what takes a report's test case out of JUnit again; ask before JUnit hears of the report.

    A try that is repeated, or broken off by its worker's end, would stand there beside the one that counts: without a
    name when its last report never came, and else under the same name.
    """
    xml: Any = config.stash.get(xml_key, None)
    if xml is None:
        return lambda: None
    case = xml.node_reporter(report)  # made now when there is none: its end hides which it was

    def drop() -> None:
        xml.node_reporters_ordered[:] = [each for each in xml.node_reporters_ordered if each is not case]
        for key in [key for key, each in xml.node_reporters.items() if each is case]:
            del xml.node_reporters[key]

    return drop
