"""What is told while orders run: figures that are true, lines that spoil nothing that pytest writes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_edgepool.outcomes.status import Status
from pytest_edgepool.plugin.live import Below, Drawing
from pytest_edgepool.plugin.tally import Tally, spoken
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


@settings(deadline=None)
@given(st.lists(PIECE, max_size=60), st.integers(1, 3), st.integers(6, 12))
def test_what_pytest_writes_stands_as_without_us(pieces: list[str], count: int, rows: int) -> None:
    """Whatever is written, also at the bottom of the screen, nothing of it is lost, moved or written over."""
    drawn, alone = Screen(40, rows), Screen(40, rows)
    file = io.StringIO()
    below = Below(file, lambda width: ["#" * width] * count, lambda: (40, rows))
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
