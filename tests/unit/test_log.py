"""Events become JSON lines at the level that was asked for, and none holds a secret."""

from __future__ import annotations

import dataclasses
import errno
import json
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from pytest_edgepool import events
from pytest_edgepool.events import Event
from pytest_edgepool.log import Log

if TYPE_CHECKING:
    from pytest_edgepool.settings import LogLevel

CANARY = "CANARY"
BASIC = events.RunStopping(reason="because")
DETAILED = events.OrderBegun(number="PO1", attempt=1)
COMPLETE = events.DriverCalled(command="get", seconds=0.1)
LEVELS = ("basic", "detailed", "complete")


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Said(Event):
    """An event that holds anything at all."""

    name: ClassVar[str] = "test.said"
    what: object


def kinds() -> list[type[Event]]:
    """Every kind of event of the package."""
    return [each for each in vars(events).values() if isinstance(each, type) and issubclass(each, Event)]


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("level", "names"),
    [
        ("basic", ["run.stopping"]),
        ("detailed", ["run.stopping", "order.begun"]),
        ("complete", ["run.stopping", "order.begun", "driver.called"]),
    ],
)
def test_a_level_writes_itself_and_those_above(tmp_path: Path, level: LogLevel, names: list[str]) -> None:
    """Basic tells outcomes, detailed steps too, complete driver calls too."""
    log = Log(tmp_path / "logs" / "gw0.jsonl", level)
    for event in (BASIC, DETAILED, COMPLETE):
        log.tell(event)
    assert [line["event"] for line in lines_of(log.path)] == names
    log.close()


def test_every_line_says_when_and_who(tmp_path: Path) -> None:
    """A line can be read alone: time, run and worker stand in it."""
    log = Log(tmp_path / "gw0.jsonl", "basic", run="r1", worker="gw0")
    log.tell(BASIC)
    (line,) = lines_of(log.path)
    log.close()
    assert (line["run"], line["worker"], line["reason"]) == ("r1", "gw0", "because")
    assert str(line["timestamp"]).endswith("Z")


def test_a_line_is_on_disk_before_tell_returns(tmp_path: Path) -> None:
    """What a killed worker told last can be read."""
    log = Log(tmp_path / "gw0.jsonl", "basic")
    log.tell(BASIC)
    assert len(lines_of(log.path)) == 1
    log.tell(BASIC)
    assert len(lines_of(log.path)) == 2
    log.close()


def test_a_log_is_continued(tmp_path: Path) -> None:
    """Who opens the file again adds to it."""
    for _ in range(2):
        log = Log(tmp_path / "gw0.jsonl", "basic")
        log.tell(BASIC)
        log.close()
    assert len(lines_of(tmp_path / "gw0.jsonl")) == 2


def test_listeners_hear_every_event(tmp_path: Path) -> None:
    """The level bounds the file only; and a closed log still passes events on."""
    heard: list[Event] = []
    log = Log(tmp_path / "gw0.jsonl", "basic")
    log.listen(heard.append)
    log.tell(COMPLETE)
    log.close()
    log.tell(BASIC)
    assert heard == [COMPLETE, BASIC]
    assert lines_of(log.path) == []


class Odd:
    """Something that JSON does not know and whose text holds a secret."""

    def __repr__(self) -> str:
        return "Odd(https://x.test/?t=CANARY)"


@pytest.mark.parametrize(
    "what",
    [
        "https://me:CANARY@x.test/a?t=CANARY#CANARY",
        "/attachments/1?key=CANARY",
        ["https://x.test/a?t=CANARY"],
        ("cookie: CANARY",),
        {"url": "https://x.test/a?t=CANARY", "deep": [{"er": "?t=CANARY"}]},
        {"https://x.test/?t=CANARY": 1},
        frozenset({"https://x.test/?t=CANARY"}),
        Path("/a?t=CANARY"),
        ValueError("https://x.test/?t=CANARY"),
        Odd(),
    ],
)
def test_no_secret_reaches_the_file(tmp_path: Path, what: object) -> None:
    """Whatever an event holds, however deep, the canary is not in the log."""
    log = Log(tmp_path / "gw0.jsonl", "complete", bound=f"https://x.test/?t={CANARY}")
    log.tell(Said(what=what))
    log.close()
    assert CANARY not in log.path.read_text(encoding="utf-8")
    assert len(lines_of(log.path)) == 1


def test_plain_values_stay_what_they_are(tmp_path: Path) -> None:
    """Numbers are numbers and letters are letters in the file."""
    what = {"n": 1, "f": 0.5, "yes": True, "no": None, "ü": "Grüße"}
    log = Log(tmp_path / "gw0.jsonl", "basic")
    log.tell(Said(what=what))
    log.close()
    assert lines_of(log.path)[0]["what"] == what
    assert "Grüße" in log.path.read_text(encoding="utf-8")


def test_every_event_has_a_dotted_name_of_its_own() -> None:
    """Names are read by people and filters: dotted, lower case, each once."""
    names = [each.name for each in kinds() if each is not Event]
    assert len(set(names)) == len(names)
    assert all(
        name.count(".") == 1 and name == name.lower() and name.replace(".", "").replace("_", "").isalpha()
        for name in names
    )


def test_every_event_has_a_level_that_can_be_asked_for() -> None:
    """No event is written at a level that no setting names."""
    assert {each.level for each in kinds()} <= set(LEVELS)


def test_no_field_of_an_event_hides_what_a_line_says_itself() -> None:
    """Name and time of a line are not overwritten by a field."""
    told = {field.name for each in kinds() for field in dataclasses.fields(each)}
    assert told & {"event", "timestamp", "worker", "level"} == set()


def test_events_are_values() -> None:
    """An event cannot be changed after the fact, and tells its fields."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        BASIC.reason = "other"  # type: ignore[misc]
    assert events.OrderBegun(number="PO1", attempt=1) == DETAILED
    assert DETAILED.told() == {"number": "PO1", "attempt": 1}


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_costs_lines_and_nothing_else() -> None:
    """What a line is about goes on; the listeners hear of it, and the log keeps why it is not whole."""
    heard: list[str] = []
    log = Log(Path("/dev/full"), "basic")
    log.listen(lambda event: heard.append(event.name))
    for _ in range(200):
        log.tell(events.RunStopping(reason="x" * 300))
    log.close()
    assert heard == ["run.stopping"] * 200
    assert log.trouble is not None
    assert log.trouble.errno == errno.ENOSPC
