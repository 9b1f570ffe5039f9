"""What an outcome says in JUnit: the same names always, all of them text."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.outcomes.status import KeptFile, Outcome, Status
from pytest_edgepool.plugin.junit import NAMES, note, properties_of, status_in

if TYPE_CHECKING:
    from collections.abc import Sequence

FIXED = [
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
]
OUTCOME = Outcome(
    number="PO1",
    status=Status.COMPLETED,
    supplier="Acme & <Söhne>",
    attachments_found=2,
    files=(KeptFile(name="a.pdf", size=10, sha256="00", url=""), KeptFile(name="b.pdf", size=5, sha256="11", url="")),
    worker="gw2",
    slot=0,
    profile="base",
    attempts=3,
    folder="Acme/PO1",
)


@dataclass
class Item:
    """A pytest item, as far as its properties go."""

    user_properties: list[tuple[str, object]] = field(default_factory=list)


def test_the_names_are_those_that_suites_read() -> None:
    """The contract names them, in this order."""
    assert list(NAMES) == FIXED
    assert [name for name, _ in properties_of(OUTCOME)] == FIXED


def test_every_value_is_text() -> None:
    """Only text reaches JUnit from every kind of report, over xdist too."""
    assert dict(properties_of(OUTCOME)) == {
        "status": "COMPLETED",
        "supplier": "Acme & <Söhne>",
        "attachments_found": "2",
        "attachments_downloaded": "2",
        "bytes": "15",
        "worker": "gw2",
        "slot": "0",
        "profile": "base",
        "attempts": "3",
        "folder": "Acme/PO1",
    }
    assert {type(value) for _, value in properties_of(OUTCOME)} == {str}


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_all_names(status: Status) -> None:
    """Also an order that no browser ever saw."""
    found = dict(properties_of(Outcome(number="PO1", status=status)))
    assert list(found) == FIXED
    assert found["status"] == status
    assert found["slot"] == ""


def test_an_earlier_crash_is_history() -> None:
    """And only then is there one."""
    found = dict(properties_of(replace(OUTCOME, earlier="gw1 crashed")))
    assert found["history"] == "gw1 crashed"
    assert list(found) == [*FIXED, "history"]


def test_the_status_is_read_back() -> None:
    """From a report's properties, whatever else stands there; a test of somebody else's has none."""
    others: Sequence[tuple[str, object]] = [("author", "me"), *properties_of(OUTCOME)]
    assert status_in(others) == "COMPLETED"
    assert status_in([("author", "me")]) == ""
    assert status_in([]) == ""


def test_a_second_try_replaces_what_the_first_said() -> None:
    """Each name stands in the report once, and other people's stay."""
    item = Item([("author", "me")])
    note(item, replace(OUTCOME, status=Status.FAILED, earlier="gw1 crashed"))  # type: ignore[arg-type]
    note(item, OUTCOME)  # type: ignore[arg-type]
    names = [name for name, _ in item.user_properties]
    assert names == ["author", *FIXED]
    assert status_in(item.user_properties) == "COMPLETED"
