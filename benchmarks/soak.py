"""A thousand POs while something of the run is killed every two seconds, then the same command until all is done.

Kills are real SIGKILLs on a browser, driver, renderer, supervisor or worker, drawn from a seeded generator. Prints what
came of it beside a calm run of the same sheet; anything but 0 duplicates, losses, wrong files, left-overs is a defect.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from benchmarks import creatures
from pytest_edgepool.demo import differences, write_sheet
from pytest_edgepool.locks import is_free
from pytest_edgepool.testing import DemoOptions, demo_numbers, serve, sign_in_to_demo

_ONCE = ("COMPLETED", "NO_ATTACHMENTS")  # nothing is left to do: who does it again has done it twice
_DONE = (*_ONCE, "PO_NOT_FOUND")  # asked for again by each run, and again the demo's truth
_MOST_RUNS = 30
_ENDING_SECONDS = 15.0


@dataclass
class Soak:
    """One output folder, and all runs of one command into it.

    Attributes:
        folder: where the sheet lies.
        state: the state folder.
        name: of the output folder.
        workers: as `-n`.
    """

    folder: Path
    state: Path
    name: str
    workers: int
    seconds: float = 0.0
    kills: Counter[str] = field(default_factory=Counter)
    codes: list[int] = field(default_factory=list)
    named_twice: int = 0

    @property
    def output(self) -> Path:
        """The output folder."""
        return self.folder / self.name

    def run(self, storm: random.Random | None, every_seconds: float) -> None:
        """Run the command once, killing on the way when there is a storm."""
        command = [sys.executable, "-m", "pytest", "-q", "-n", str(self.workers), "--po-csv=pos.csv"]
        command += [
            f"--po-output={self.name}",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
            f"--rootdir={self.folder}",
        ]
        report = self.folder / f"{self.name}-{len(self.codes)}.xml"
        begun = time.monotonic()
        with (self.folder / f"{self.name}-{len(self.codes)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, f"--junitxml={report}"],
                cwd=self.folder,
                env={**os.environ, "EDGEPOOL_STATE_DIR": str(self.state)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            while process.poll() is None:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(every_seconds)
                if storm is not None and process.poll() is None:
                    self._kill_one(process.pid, storm)
        self.seconds += time.monotonic() - begun
        self.codes.append(process.returncode)
        names = [case.get("name") for case in ET.parse(report).getroot().findall(".//testcase")]
        self.named_twice += len(names) - len(set(names))

    def _kill_one(self, controller: int, storm: random.Random) -> None:
        role = storm.choice(creatures.ROLES)
        found = creatures.below(controller)[role]
        if found:
            with suppress(psutil.Error):
                storm.choice(found).kill()
                self.kills[role] += 1

    def ledger(self) -> list[dict[str, Any]]:
        """Return the ledger's lines; one that was torn is none."""
        lines = []
        with suppress(FileNotFoundError):
            for line in (self.output / ".edgepool" / "ledger.jsonl").read_text(encoding="utf-8").splitlines():
                with suppress(ValueError):
                    lines.append(json.loads(line))
        return lines

    def ended(self, statuses: tuple[str, ...]) -> Counter[str]:
        """Return how often each PO came to an end of these kinds."""
        return Counter(str(line["number"]) for line in self.ledger() if line["status"] in statuses)

    def strays(self) -> list[str]:
        """Return the published folders that no outcome names."""
        named = {str(line["folder"]) for line in self.ledger() if line["folder"]}
        there = (each for each in self.output.glob("*/*") if each.is_dir() and each.parent.name != ".edgepool")
        return [str(each) for each in there if each.relative_to(self.output).as_posix() not in named]

    def events(self, name: str) -> int:
        """Return how many events of that name the logs of all runs hold."""
        logs = (self.output / ".edgepool" / "runs").glob("*/*.jsonl")
        return sum(f'"{name}"' in line for log in logs for line in log.read_text(encoding="utf-8").splitlines())

    def left_over(self) -> list[str]:
        """Return what is left of the runs: processes, folders, held locks."""
        until = time.monotonic() + _ENDING_SECONDS
        while time.monotonic() < until and any(creatures.of_state(self.state)):
            time.sleep(0.2)  # noqa: TID251 - outside the package
        left = [f"process {each.pid}" for each in creatures.of_state(self.state)]
        left += [str(each) for part in ("runs", "templates") for each in (self.state / part).glob("*")]
        left += [str(each) for each in self.state.rglob("*.lock") if not is_free(each)]
        return left + [str(each) for each in (self.output / ".edgepool" / "work").glob("*")]


def _until_done(soak: Soak, numbers: list[str], storm: random.Random | None, every_seconds: float) -> None:
    """Give the command, and again until nothing is missing; only the first run has the storm."""
    while len(soak.codes) < _MOST_RUNS:
        soak.run(storm, every_seconds)
        storm = None
        statuses = Counter(str(line["status"]) for line in soak.ledger())
        sys.stdout.write(f"  {soak.name}, run {len(soak.codes)}: exit {soak.codes[-1]}, ledger {dict(statuses)}\n")
        sys.stdout.flush()
        if set(soak.ended(_DONE)) == set(numbers):
            return


def _tell(soak: Soak, calm: Soak, numbers: list[str]) -> int:
    ledger, left = soak.ledger(), soak.left_over()
    twice = sum(times - 1 for times in soak.ended(_ONCE).values())
    lost = len(set(numbers) - set(soak.ended(_DONE)))
    wrong = [*differences(soak.output, numbers), *soak.strays()]
    rows = {
        "kills": f"{sum(soak.kills.values())} ({', '.join(f'{n} {role}' for role, n in sorted(soak.kills.items()))})",
        "runs of the command": f"{len(soak.codes)}, exit statuses {soak.codes}",
        "tries that failed": soak.events("order.try_failed"),
        "re-queued after a worker's death": sum(bool(line.get("earlier")) for line in ledger),
        "duplicates": twice,
        "losses": lost,
        "wrong files": len(wrong),
        "named twice in JUnit": soak.named_twice,
        "left-overs": len(left),
        "slower than the calm run": f"{soak.seconds / calm.seconds:.2f} ({soak.seconds:.0f} and {calm.seconds:.0f} s)",
    }
    for name, value in rows.items():
        sys.stdout.write(f"{name:36}{value}\n")
    for each in (*wrong[:5], *left[:10]):
        sys.stdout.write(f"  {each}\n")
    return twice + lost + len(wrong) + len(left) + soak.named_twice


def main(orders: int, workers: int, every_seconds: float, seed: int) -> None:
    """Run both and print the table; the exit status is not 0 when something was lost, doubled or left."""
    numbers = demo_numbers(orders)
    sys.stdout.write(f"{orders} POs at -n {workers}, a SIGKILL every {every_seconds:g} s, seed {seed}\n")
    with (
        tempfile.TemporaryDirectory(prefix="edgepool-soak-") as made,
        serve(DemoOptions(session="session")) as demo,
    ):
        folder = Path(made)
        write_sheet(folder / "pos.csv", numbers)
        sign_in_to_demo(demo.url, folder / "state")
        calm = Soak(folder, folder / "state", "calm", workers)
        _until_done(calm, numbers, None, every_seconds)
        soak = Soak(folder, folder / "state", "storm", workers)
        _until_done(soak, numbers, random.Random(seed), every_seconds)
        if _tell(soak, calm, numbers):
            kept = Path(tempfile.mkdtemp(prefix="edgepool-soak-kept-"))
            for each in folder.glob("*.log"):
                each.rename(kept / each.name)
            raise SystemExit(f"Something was lost, doubled, wrong or left; the runs' output is in {kept}.")
