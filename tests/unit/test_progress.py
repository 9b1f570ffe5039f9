"""What is told while orders run: figures that are true, lines that spoil nothing that pytest writes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_edgepool.outcomes.status import Status
from pytest_edgepool.plugin.telling.live import Below, Drawing
from pytest_edgepool.plugin.telling.tally import Tally, spoken
from pytest_edgepool.testing import FakeClock
from tests.screen import Screen

IDS = [f"pos.csv::PO{place}" for place in range(300)]


def test_the_figures_come_from_what_was_tried() -> None:
    """Done, failed, rate and rest; a skipped PO counts as done and says nothing of the rate."""
    clock = FakeClock()
    tally = Tally(frozenset(IDS), clock)
    assert tally.told() == "0 of 300 POs"
    for item in IDS[:100]:
        tally.ends(item, Status.SKIPPED)
    assert tally.told() == "100 of 300 POs"
    for item in IDS[100:120]:
        clock.sleep(1.5)
        tally.ends(item, Status.FAILED if item.endswith("0") else Status.COMPLETED)
    assert tally.told() == "120 of 300 POs (2 failed), 40 a minute, about 4 min to go"


def test_the_rate_is_that_of_the_last_ones() -> None:
    """What was fast an hour ago says nothing of now; while nothing ends the rate falls."""
    clock = FakeClock()
    tally = Tally(frozenset(IDS), clock)
    for place, item in enumerate(IDS[:250]):
        clock.sleep(1 if place < 100 else 60)
        tally.ends(item, Status.COMPLETED)
    assert tally.a_minute == pytest.approx(1, rel=0.01)
    clock.sleep(6000)
    assert tally.a_minute == pytest.approx(0.5, rel=0.01)
    assert ", 30 an hour, about 1 h 40 min to go" in tally.told()


def test_only_orders_count_each_once_and_a_repeated_one_not_yet() -> None:
    """Other tests of the suite are none of it; a PO that runs again is not done."""
    tally = Tally(frozenset(IDS[:2]), FakeClock())
    for item in (IDS[0], IDS[0], IDS[5], "test_it.py::test"):
        tally.ends(item, Status.COMPLETED)
    assert (tally.done, tally.total) == (1, 2)
    tally.begins_again(IDS[0])
    assert not tally.has_ended(IDS[0])
    assert tally.told() == "0 of 2 POs"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (3, "10 s"),
        (44, "40 s"),
        (89, "90 s"),
        (100, "2 min"),
        (3000, "50 min"),
        (5400, "1 h 30 min"),
        (90061, "25 h 1 min"),
    ],
)
def test_a_rest_is_said_as_people_say_it(seconds: float, said: str) -> None:
    """No more exact than anybody knows."""
    assert spoken(seconds) == said


PIECE = st.sampled_from(
    [
        ".",
        "F",
        "\x1b[32m.\x1b[0m",
        "\n",
        "pos.csv ",
        "PO1 \x1b[32mPASSED\x1b[0m",
        "\rgw0 [3]",
        "x" * 15,
        " [ 50%]\n",
        "\n\n",
    ]
)


@given(st.lists(PIECE, max_size=60), st.integers(1, 3), st.integers(6, 12))
def test_what_pytest_writes_stands_as_without_us(pieces: list[str], count: int, rows: int) -> None:
    """Whatever is written, also at the bottom of the screen, nothing of it is lost, moved or written over."""
    drawn, alone = Screen(40, rows), Screen(40, rows)
    file = io.StringIO()
    below = Below(file, lambda width: ["#" * width] * count, lambda: (40, rows), FakeClock())
    for piece in pieces:
        below.write(piece)
        below.draw()
    file_text = file.getvalue()
    below.close()
    alone.feed("".join(pieces))
    drawn.feed(file.getvalue())
    assert drawn.shown() == alone.shown()
    while_running = Screen(40, rows)
    while_running.feed(file_text)
    if pieces and alone.column < 40:
        assert sum("#" * 39 in line for line in while_running.lines) == count


def test_nothing_is_drawn_on_a_terminal_of_few_rows() -> None:
    """There would be nothing else to see."""
    file = io.StringIO()
    below = Below(file, lambda width: ["#"], lambda: (40, 3))
    below.write("x")
    below.draw()
    below.close()
    assert file.getvalue() == "x"


@pytest.mark.parametrize("width", [20, 40, 79, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    """One that wraps would spoil the screen; control characters of a number are not written."""
    clock = FakeClock()
    tally = Tally(frozenset(IDS), clock)
    for item in IDS[:50]:
        clock.sleep(1)
        tally.ends(item, Status.COMPLETED)
    hands = [(f"gw{place}", "PO\x1b[2J注文" + "9" * 20) for place in range(8)]
    lines = Drawing(io.StringIO()).lines(tally, hands, width)
    screen = Screen(width, 6)
    screen.feed("\n".join(lines))
    assert len(lines) == 2
    assert len(screen.shown()) == 2
    assert "50 of 300 POs" in screen.shown()[0]
    assert "gw0 PO?[2J" in screen.shown()[1]


def test_lines_that_are_young_are_drawn_again_as_they_are() -> None:
    """Pytest writes thousands of times a second; a bar is made anew five times in one."""
    made: list[int] = []

    def lines(width: int) -> list[str]:
        made.append(width)
        return ["#" * width]

    clock, file = FakeClock(), io.StringIO()
    below = Below(file, lines, lambda: (40, 10), clock)
    for _ in range(1000):
        below.write(".")
        below.write("\n")
    assert made == [39]
    assert file.getvalue().count("#" * 39) == 2000
    clock.sleep(0.3)
    below.draw()
    assert made == [39, 39]


def test_what_cannot_be_drawn_costs_pytest_nothing() -> None:
    """Whatever breaks while lines are made, all that pytest writes is there, and nothing is drawn any more."""
    made: list[int] = []

    def lines(width: int) -> list[str]:
        made.append(width)
        if len(made) > 1:
            raise RuntimeError("a broken terminal")
        return ["#" * width]

    clock, file, screen = FakeClock(), io.StringIO(), Screen(40, 10)
    below = Below(file, lines, lambda: (40, 10), clock)
    for text in ("one\n", "two\n", "three\n"):
        below.write(text)
        clock.sleep(1)
    below.close()
    screen.feed(file.getvalue())
    assert [line for line in screen.shown() if line] == ["one", "two", "three"]
    assert len(made) == 2


def test_closed_while_pytest_captures_the_lines_go_when_the_terminal_is_back() -> None:
    """What is written then goes into a capture: nothing of ours may be in it, and nothing of ours may stay."""
    size = [(40, 10)]
    file, screen = io.StringIO(), Screen(40, 10)
    below = Below(file, lambda width: ["#" * width], lambda: size[0], FakeClock())
    below.write("one\n")
    before = file.getvalue()
    size[0] = (80, 0)
    below.close()
    assert file.getvalue() == before
    size[0] = (40, 10)
    below.write("two\n")
    screen.feed(file.getvalue())
    assert [line for line in screen.shown() if line] == ["one", "two"]


def test_failures_are_counted_as_they_end_and_taken_back() -> None:
    """A PO that fails twice is one failure; one that is run again and passes is none."""
    tally = Tally(frozenset(IDS[:3]), FakeClock())
    for item in (IDS[0], IDS[0], IDS[1]):
        tally.ends(item, Status.FAILED)
    assert tally.failed == 2
    tally.begins_again(IDS[0])
    tally.begins_again(IDS[0])
    assert tally.failed == 1
    tally.ends(IDS[1], Status.COMPLETED)
    assert tally.failed == 0
