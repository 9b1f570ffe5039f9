"""Two runs that start in the same instant, again and again: one has the base, one a clone, both one template."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.faults.leasing import lease_only, shut, standing
from tests.faults.staging import must

if TYPE_CHECKING:
    import subprocess

    from tests.faults.staging import Starter
    from tests.support import Bench

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the gates are POSIX locks")

ROUNDS = 20
NAMES = ("one", "two")


def begin_both(bench: Bench, begin: Starter, number: int) -> list[subprocess.Popen[str]]:
    """Begin two runs on one base, into folders of their own; both stand before the first gate."""
    begun = []
    for name in NAMES:
        bench.extra.update(RUN=name, STAGE="start leased")
        begun.append(begin("-n0", "--po-csv=pos.csv", f"--po-output=out-{number}-{name}"))
    must(lambda: len(standing(bench, "start")) == len(NAMES), "two runs that are about to begin")
    return begun


def test_two_runs_in_the_same_instant_share_a_base(bench: Bench, begin: Starter) -> None:
    """Twenty times: exactly one has the base, the other a clone and says so; one template; nothing is left."""
    lease_only(bench)
    bench.sheet(["PO1"])
    for number in range(ROUNDS):
        with shut(bench, "leased"):
            with shut(bench, "start"):
                processes = begin_both(bench, begin, number)
            must(lambda: len(standing(bench, "leased")) == len(NAMES), "two runs that have their profiles")
            kinds = {name: said.split()[1] for name, said in standing(bench, "leased").items()}
            templates = [each.name for each in (bench.state / "templates").iterdir()]
        ended = dict(zip(NAMES, map(bench.finish, processes), strict=True))
        assert [each.code for each in ended.values()] == [0, 0], [each.out for each in ended.values()]
        assert sorted(kinds.values()) == ["base", "clone"], number
        assert len(templates) == 1
        assert {name: "the base is held by another run" in each.out for name, each in ended.items()} == {
            name: kind == "clone" for name, kind in kinds.items()
        }
        bench.assert_nothing_left()
