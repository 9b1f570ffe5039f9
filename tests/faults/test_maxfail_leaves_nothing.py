"""`-x` and `--maxfail` stop a run as they stop any other: nobody calls that STOPPED, and nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.testing import demo_numbers

if TYPE_CHECKING:
    from tests.support import Bench


@pytest.mark.parametrize("option", ["-x", "--maxfail=1"])
@pytest.mark.parametrize(("workers", "code"), [(0, 1), (2, 2)])  # the codes are pytest's and xdist's own
def test_first_failure_ends_the_run(bench: Bench, option: str, workers: int, code: int) -> None:
    """The failed order is told, rows that were not tried are blank, and the run leaves nothing behind."""
    missing = next(each for each in demo_numbers(3) if each not in demo_numbers(40)[:3])
    numbers = [missing, *demo_numbers(40)[:7]]
    bench.sheet(numbers)
    ended = bench.run("-n", str(workers), "--po-csv=pos.csv", "--junitxml=report.xml", option)

    assert ended.code == code, ended.out
    statuses = ended.statuses_in_csv()
    assert statuses[missing] == "PO_NOT_FOUND"
    assert set(statuses.values()) <= {"PO_NOT_FOUND", "COMPLETED", ""}
    assert statuses[numbers[-1]] == ""
    assert {name: told["status"] for name, told in ended.junit().items()} == {
        number: status for number, status in statuses.items() if status
    }
    assert "the same command goes on" not in ended.out
