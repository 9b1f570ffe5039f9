"""A site that changes the session with each use: every worker has its turn, and tomorrow's run starts signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import DemoOptions, demo_numbers, serve, sign_in_to_demo
from tests.support import CHROMIUM, SESSION_KEY, Bench, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")

NUMBERS = [each for each in demo_numbers(8) if each not in ("PO15263404", "PO15263000")]
ROTATING = {"EDGEPOOL_ROTATING_SESSION": "yes"}


@pytest.fixture(params=["session", "persistent"])
def rotating(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    """A user's folder, signed in to such a site."""
    options = DemoOptions(session=request.param, session_key=SESSION_KEY, rotate=True)
    with serve(options) as demo:
        sign_in_to_demo(demo.url, tmp_path / "signed-in", rotates=True)
        with a_bench(tmp_path, tmp_path / "signed-in", demo, **ROTATING) as made:
            yield made


def test_workers_take_turns_and_the_next_run_is_signed_in(rotating: Bench) -> None:
    """Two workers share one session that only the last to use it has; it ends in the managed base, twice."""
    rotating.sheet(NUMBERS)
    ended = rotating.run("-n2", "--po-csv=pos.csv")
    assert ended.code == 0, ended.out
    workers = ended.workers()
    assert {each["verified"] for each in workers.values()} == {"SUCCESS"}
    assert not any(each["mended"] for each in workers.values()), ended.out
    handed = [each for each in ended.events() if each["event"] == "session.handed_over"]
    assert handed, "one of them did it all"
    rotating.assert_files_are_true(NUMBERS, ended)
    again = rotating.run("-n2", "--po-csv=pos.csv", "--po-rerun=all", "--po-output=again")
    assert again.code == 0, again.out
    assert set(again.statuses("again").values()) == {"COMPLETED"}
