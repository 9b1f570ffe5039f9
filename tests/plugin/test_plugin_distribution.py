"""How many workers there are, and how orders are dealt out to them; a user's own choice is kept."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.plugin.conftest import Shop

JOB = "--po-csv=pos.csv"
PATIENCE_SECONDS = 60.0  # only how long a failing test takes

# Each order tells the test that it has begun, and waits for the test to let it go.
WAIT_FOR_THE_TEST = """
import socket

@pytest.fixture
def po_download():
    def download(order):
        with socket.create_connection(("127.0.0.1", {port})) as line:
            line.sendall(f"{{WORKER}} {{order.number}}\\n".encode())
            line.recv(1)
        return Outcome(number=order.number, status=Status.COMPLETED)
    return download
"""
SAY_CHOICE = """
def pytest_sessionstart(session):
    option = session.config.option
    if not hasattr(session.config, "workerinput"):
        (FOLDER / "choice.txt").write_text(f"{option.dist} {option.maxschedchunk} {option.numprocesses}")
"""


@dataclass(frozen=True)
class Begun:
    """An order that is being held."""

    line: socket.socket
    worker: str
    number: str

    def let_go(self) -> None:
        with self.line:
            self.line.sendall(b".")


@pytest.fixture
def gate() -> Iterator[socket.socket]:
    """Where orders report and wait."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_SECONDS)
        yield server


def next_begun(gate: socket.socket) -> Begun:
    """Wait for the next order to begin, in whichever worker."""
    line, _ = gate.accept()
    line.settimeout(PATIENCE_SECONDS)
    with line.makefile("r") as told:
        worker, number = told.readline().split()
    return Begun(line, worker, number)


@pytest.mark.parametrize(("workers", "orders"), [(2, 40), (3, 24), (4, 10)])
def test_no_worker_idles_while_another_holds_more_than_one(
    shop: Shop, gate: socket.socket, workers: int, orders: int
) -> None:
    """While one worker is stuck in its first PO, the others do all the rest but one."""
    shop.fake(WAIT_FOR_THE_TEST.format(port=gate.getsockname()[1]))
    shop.sheet(*(f"PO{place}" for place in range(orders)))
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(shop.run, JOB, f"-n{workers}")
        stuck = next_begun(gate)
        for _ in range(orders - 2):
            begun = next_begun(gate)
            assert begun.worker != stuck.worker
            begun.let_go()
        stuck.let_go()
        next_begun(gate).let_go()
        assert run.result().outcomes == {"passed": orders}


def test_a_worker_that_is_stuck_from_the_start_delays_nobody(shop: Shop, gate: socket.socket) -> None:
    """All workers begin before any of them has ended one."""
    shop.fake(WAIT_FOR_THE_TEST.format(port=gate.getsockname()[1]))
    shop.sheet("PO1", "PO2", "PO3")
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(shop.run, JOB, "-n3")
        held = [next_begun(gate) for _ in range(3)]
        assert {each.worker for each in held} == {"gw0", "gw1", "gw2"}
        for each in held:
            each.let_go()
        assert run.result().outcomes == {"passed": 3}


@pytest.mark.parametrize(
    ("args", "choice"),
    [
        (("-n2",), "load 1 2"),
        (("-n2", "--maxschedchunk=5"), "load 5 2"),
        (("-n2", "--dist=load"), "load None 2"),
        (("-n2", "--dist=worksteal"), "worksteal None 2"),
        (("-n2", "--dist=loadscope"), "loadscope None 2"),
        (("-d", "--tx=2*popen"), "load None None"),
        (("-n0",), "no 1 0"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("where", ["command line", pytest.param("addopts", marks=pytest.mark.thorough)])
def test_the_distribution_is_chosen_only_when_the_user_has_not(
    shop: Shop, args: tuple[str, ...], choice: str, where: str
) -> None:
    """Without a choice: `load`, one at a time. What the user chose, on the command line or in addopts, is kept."""
    shop.fake(SAY_CHOICE)
    shop.sheet("PO1", "PO2")
    shop.write("pytest.ini", f"[pytest]\naddopts = {' '.join(args) if where == 'addopts' else ''}\n")
    assert shop.run(JOB, *(args if where == "command line" else ())).outcomes == {"passed": 2}
    assert (shop.folder / "choice.txt").read_text() == choice


def test_a_suite_without_a_sheet_keeps_its_distribution(shop: Shop) -> None:
    """Who does not use us is dealt out as ever."""
    shop.fake(SAY_CHOICE)
    shop.write("test_it.py", "def test_it():\n    pass\n")
    shop.run("-n2")
    assert (shop.folder / "choice.txt").read_text() == "load None 2"


@pytest.mark.parametrize(
    ("orders", "most", "variable", "workers"),
    [(1, 10, "", 1), (9, 1, "", 1), (9, 10, "3", 3), (1, 10, "2", 2)],
    ids=["one order", "one browser allowed", "the variable", "the variable beats the orders"],
)
def test_n_auto_is_as_many_as_are_of_use(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, *, orders: int, most: int, variable: str, workers: int
) -> None:
    """No more workers than orders or browsers allowed; PYTEST_XDIST_AUTO_NUM_WORKERS wins."""
    shop.fake(SAY_CHOICE)
    shop.sheet(*(f"PO{place}" for place in range(orders)))
    if variable:
        monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", variable)
    assert shop.run(JOB, "-n", "auto", f"--edgepool-max-browsers={most}").outcomes == {"passed": orders}
    assert (shop.folder / "choice.txt").read_text() == f"load 1 {workers}"


def test_the_header_says_why_that_many(shop: Shop) -> None:
    """And only when nobody named the number."""
    shop.fake(SAY_CHOICE)
    shop.sheet("PO1")
    assert "edgepool: -n auto: 1 worker, because there is 1 PO" in shop.run(JOB, "-nauto").out
    assert "-n auto" not in shop.run(JOB, "-n1").out


def test_browsers_that_were_measured_to_be_large_make_few_workers(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the last runs measured is in the state folder; a browser too large for this machine is still one."""
    shop.fake(SAY_CHOICE)
    shop.sheet(*(f"PO{place}" for place in range(9)))
    (shop.state / "measured.json").write_text("[900000000000000]")
    out = shop.run(JOB, "-nauto").out
    assert "-n auto: 1 worker, because the free memory carries 0 browsers (900000000 MB each, measured)" in out


def test_the_variable_does_not_lift_the_limit_of_browsers(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """More workers than browsers allowed is a mistake, wherever the number came from."""
    monkeypatch.setenv("PYTEST_XDIST_AUTO_NUM_WORKERS", "3")
    shop.sheet("PO1")
    assert "--edgepool-max-browsers allows 2" in shop.run(JOB, "-nauto", "--edgepool-max-browsers=2").sentence


@pytest.mark.parametrize(
    "args",
    [("--dist=load", "--tx=3*popen"), ("-n3",), ("-n16", "--maxprocesses=3")],
    ids=" ".join,
)
def test_workers_are_counted_as_xdist_starts_them(shop: Shop, args: tuple[str, ...]) -> None:
    """`--tx 3*popen` and `-n 16 --maxprocesses 3` are three workers, which three browsers allow."""
    shop.sheet(*(f"PO{place}" for place in range(6)))
    ran = shop.run(JOB, *args, "--edgepool-max-browsers=3")
    assert ran.outcomes == {"passed": 6}
    assert "3/3 workers" in ran.out


def test_many_workers_are_no_mistake_without_a_sheet(shop: Shop) -> None:
    """A suite that takes no browser may have as many workers as it likes."""
    shop.write("test_it.py", "def test_it():\n    pass\n")
    assert shop.run("-n3", "--edgepool-max-browsers=2").outcomes == {"passed": 1}
