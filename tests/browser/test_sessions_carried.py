"""A sign-in is carried to all six workers, wherever the site has the browser keep it: cookie, storage or database."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.portals.demo.options import SESSION_KINDS, TOKEN_KINDS, SessionKind
from pytest_edgepool.testing import DemoOptions, demo_numbers, serve, sign_in_to_demo
from tests.person import a_screen, needs_a_screen
from tests.support import CHROMIUM, Bench, Ended, a_bench

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORKERS = 6
NUMBERS = [each for each in demo_numbers(14) if each not in ("PO15263404", "PO15263000")]  # two for each worker

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

# A run of six browsers each: those that differ most are always made, the others in the thorough runs.
EACH_KIND = pytest.mark.parametrize(
    "kind",
    [
        each if each in ("session", "indexed-db") else pytest.param(each, marks=pytest.mark.thorough)
        for each in SESSION_KINDS
    ],
)


@dataclass
class Carried:
    """One run with six workers, on a base that an ordinary start and quit of a browser signed in."""

    bench: Bench
    ended: Ended


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[SessionKind], Carried]]:
    """Give the run for a kind of session, made at the first question: tests run in any order."""
    made: dict[SessionKind, Carried] = {}
    with ExitStack() as open_ones:

        def run_of(kind: SessionKind) -> Carried:
            if kind not in made:
                made[kind] = _run(kind, tmp_path_factory, open_ones)
            return made[kind]

        yield run_of


def _run(kind: SessionKind, places: pytest.TempPathFactory, open_ones: ExitStack, screen: str = "") -> Carried:
    # One server for sign-in and run: storage belongs to an origin, and another port is another origin.
    demo = open_ones.enter_context(serve(DemoOptions(session=kind)))
    signed_in = places.mktemp("signed-in")
    sign_in_to_demo(demo.url, signed_in)
    shown = {"DISPLAY": screen, "EDGEPOOL_HEADED": "yes"} if screen else {}
    bench = open_ones.enter_context(a_bench(places.mktemp("run"), signed_in, demo, **shown))
    bench.sheet(NUMBERS)
    demo.site.clear_log()
    return Carried(bench, bench.run(f"-n{WORKERS}", "--po-csv=pos.csv"))


def assert_files_are_there(run: Carried) -> None:
    assert run.ended.code == 0, run.ended.out
    run.bench.assert_files_are_true(NUMBERS, run.ended)


def assert_all_six_are_proved(run: Carried) -> None:
    workers = run.ended.workers()
    proved = {name: each["verified"] for name, each in workers.items()}
    assert proved == {f"gw{number}": "SUCCESS" for number in range(WORKERS)}, run.ended.out
    # a worker that begins when another has ended takes its number
    assert {each["slot"] for each in workers.values()} <= set(range(WORKERS))
    assert [name for name, each in workers.items() if each["kind"] == "base"] == ["gw0"]


@EACH_KIND
def test_every_order_is_fetched(carried: Callable[[SessionKind], Carried], kind: SessionKind) -> None:
    """The run succeeds, and each file is byte for byte what the site has."""
    assert_files_are_there(carried(kind))


@EACH_KIND
def test_all_six_workers_are_proved_signed_in(carried: Callable[[SessionKind], Carried], kind: SessionKind) -> None:
    """Each worker has a profile of its own, gw0 alone the base, and each was proved."""
    assert_all_six_are_proved(carried(kind))


@EACH_KIND
def test_nobody_signs_in_again(carried: Callable[[SessionKind], Carried], kind: SessionKind) -> None:
    """The site knows all six by the one session of the base, and shows nobody its sign-in page."""
    log = carried(kind).bench.demo.site.log
    assert not [each.path for each in log if each.path.startswith("/sessions")]
    sessions = {each.session for each in log}
    # With a token, the empty page comes before the script that sends it.
    assert len(sessions - {""}) == 1
    assert ("" in sessions) is (kind in TOKEN_KINDS)


@needs_a_screen
@pytest.mark.parametrize("kind", ["session"])
def test_browsers_that_are_seen_are_signed_in_as_well(
    tmp_path_factory: pytest.TempPathFactory, kind: SessionKind
) -> None:
    """`edgepool_headed`: the same holds for six browsers on a screen."""
    with ExitStack() as open_ones:
        screen = open_ones.enter_context(a_screen())
        run = _run(kind, tmp_path_factory, open_ones, screen)
        assert_files_are_there(run)
        assert_all_six_are_proved(run)
        agents = {each.user_agent for each in run.bench.demo.site.log}
        assert not [each for each in agents if "Headless" in each]
