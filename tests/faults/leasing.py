"""Runs whose browser is a fake that only leases: the real plugin, stopped at gates. Never starts a browser."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

fcntl = pytest.importorskip("fcntl", reason="the gates are locks of POSIX")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support import Bench

# In place of browser and site: a PO is done when its worker has its profile. `pass_gate` says that this process stands
# before a gate and waits until the test has opened it; STAGE in the environment names the gates that count.
_CONFTEST = '''
import fcntl, os
from pathlib import Path

import pytest
from pytest_edgepool.outcomes.status import Outcome, Status
from pytest_edgepool.profiles import cloning, trimming
from pytest_edgepool.profiles.means import PLAIN, Means

GATES = Path(os.environ["GATES"])


def pass_gate(name, told=""):
    if name in os.environ["STAGE"].split():
        who = os.environ.get("PYTEST_XDIST_WORKER", os.environ["RUN"])
        said = GATES / f"{who}.{name}"
        said.with_suffix(".half").write_text(f"{os.getpid()} {told}")
        said.with_suffix(".half").rename(said)
        with open(GATES / name) as gate:
            fcntl.flock(gate, fcntl.LOCK_SH)


def slowly(where, between):
    """Copies by the means that there are, with a gate before each file."""
    def means_between(*given):
        count, means = iter(range(1000)), between(*given)
        def copy(source, target):
            pass_gate(f"{where}-{next(count)}")
            return means.copy(source, target)
        return Means(name=means.name, share=copy)
    return means_between


trimming.means_between = slowly("template", trimming.means_between)
cloning.means_between = slowly("clone", cloning.means_between)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        pass_gate("start")


@pytest.fixture
def po_download(edge_profile):
    def download(order):
        pass_gate("leased", edge_profile.kind)
        return Outcome(number=order.number, status=Status.NO_ATTACHMENTS)
    return download
'''


def lease_only(bench: Bench) -> None:
    """Have the runs of a bench lease their profiles, and nothing more."""
    (bench.folder / "gates").mkdir()
    bench.extra.update(GATES=str(bench.folder / "gates"), STAGE="", RUN="run")
    bench.write("conftest.py", _CONFTEST)


@contextmanager
def shut(bench: Bench, gate: str) -> Iterator[None]:
    """Nobody passes that gate during the block; at its end all who stand there go on in the same instant."""
    path = bench.folder / "gates" / gate
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        try:
            yield
        finally:
            for said in path.parent.glob(f"*.{gate}"):
                said.unlink()


def standing(bench: Bench, gate: str) -> dict[str, str]:
    """What those who stand before a gate said there, by the name of the worker, or of a run without."""
    return {each.stem: each.read_text() for each in (bench.folder / "gates").glob(f"*.{gate}")}


def half_a_clone(bench: Bench) -> list[str]:
    """What lies where clones do, by name."""
    return sorted(each.name for each in bench.state.glob("runs/*/clones/*"))


def number_in(said: str) -> int:
    """The process that said something before a gate."""
    number = int(said.split(maxsplit=1)[0])
    assert number != os.getpid()
    return number
