"""What a template and its clones take beside copies of the whole profile, on each disk there is. Never judges."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from benchmarks.made_profile import make_profile
from pytest_edgepool.profiles.cloning import make_clone
from pytest_edgepool.profiles.template import Share
from pytest_edgepool.profiles.trimming import copy_base
from tests.disks import NoDisk, mounted, used_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_edgepool.profiles.base import Base
    from pytest_edgepool.profiles.trimming import Made

_DISK_BYTES = 4_000_000_000  # images are sparse
_AT_ONCE = 6
# A worker: all is imported before the clock starts, as in a run.
_WORKER = """
import sys; from pathlib import Path
from pytest_edgepool.profiles.cloning import make_clone; from pytest_edgepool.profiles.template import Share
template = Share(Path(sys.argv[1]), "key", "r2").read(); template.manifest()
print("ready", flush=True); sys.stdin.readline(); make_clone(template, Path(sys.argv[2])); print("done", flush=True)
"""


@dataclass
class Row:
    """One line of the table: how long each run took, and the bytes on the disk that the last one needed."""

    name: str
    seconds: list[float] = field(default_factory=list)
    size_bytes: int = 0

    @property
    def least_seconds(self) -> float:
        """Other work on the machine only adds: the least is what the disk does."""
        return min(self.seconds)


class _Watch:
    """Measures a block for a row: seconds until its end, and what it has put on the disk."""

    def __init__(self, row: Row, folder: Path) -> None:
        self.row, self.folder = row, folder

    def __enter__(self) -> Self:
        self.before = used_bytes(self.folder)
        self.start()
        return self

    def start(self) -> None:
        self.begun = time.perf_counter()

    def __exit__(self, *_: object) -> None:
        self.row.seconds.append(time.perf_counter() - self.begun)
        self.row.size_bytes = used_bytes(self.folder) - self.before


def _cp(*options: str) -> Callable[[Path, Path], object]:
    return lambda source, target: subprocess.run(["cp", *options, str(source), str(target)], check=True)


WHOLE: dict[str, Callable[[Path, Path], object]] = {
    "shutil.copytree": shutil.copytree,
    "cp -a --reflink=never": _cp("-a", "--reflink=never"),
    "cp -a --reflink=auto": _cp("-a", "--reflink=auto"),
}


def _whole(base: Base, folder: Path, rows: dict[str, Row]) -> None:
    """Copy the whole profile in each way."""
    for name, copy in WHOLE.items():
        with _Watch(rows[name], folder):
            copy(base.user_data_dir, folder / "copy")
        _remove(folder / "copy")


def _ours(base: Base, folder: Path, rows: dict[str, Row]) -> str:
    """Make template, one clone, and six at once; return by which means."""
    share = Share(folder / "state", "key", "r1")

    def make(target: Path) -> Made:
        return copy_base(base, target, indexeddb=True, extensions=False, live=False)

    with _Watch(rows["template"], folder):
        template = share.take(make)
    with _Watch(rows["one clone"], folder):
        clone = make_clone(template, folder / "clones" / "1")
    with ExitStack() as stack, _Watch(rows["six clones at once"], folder) as watch:
        _six_at_once(stack, folder, watch)
    share.give_back()
    _remove(folder / "clones")
    return clone.means


def _remove(folder: Path) -> None:
    shutil.rmtree(folder)
    used_bytes(folder.parent)  # waits until that is on the disk


def _six_at_once(stack: ExitStack, folder: Path, watch: _Watch) -> None:
    """Have six workers begin in the same moment, and wait for the last."""
    asked, told = [], []
    for number in range(2, 2 + _AT_ONCE):
        command = [sys.executable, "-c", _WORKER, str(folder / "state"), str(folder / "clones" / str(number))]
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        stack.enter_context(worker)
        assert worker.stdin is not None
        assert worker.stdout is not None
        asked.append(worker.stdin)
        told.append(worker.stdout)
    assert [each.readline() for each in told] == ["ready\n"] * _AT_ONCE
    watch.start()
    for each in asked:
        each.write("go\n")
        each.flush()
    assert [each.readline() for each in told] == ["done\n"] * _AT_ONCE


def _measure(name: str, folder: Path, runs: int) -> None:
    base = make_profile(folder / "base")
    total = sum(each.stat().st_size for each in base.user_data_dir.rglob("*") if each.is_file())
    files = sum(1 for each in base.user_data_dir.rglob("*") if each.is_file())
    used_bytes(folder)
    rows = {each: Row(each) for each in (*WHOLE, "template", "one clone", "six clones at once")}
    for _ in range(runs):  # in turn, so that other work on the machine meets all alike
        _whole(base, folder, rows)
        means = _ours(base, folder, rows)
    slowest = rows["shutil.copytree"].least_seconds
    load = f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else ""
    sys.stdout.write(
        f"\n{name}: {total / 1e6:.0f} MB in {files} files, clones by {means}, least of {runs} runs, {load}\n"
    )
    sys.stdout.write(f"{'':28}{'seconds':>9}{'faster':>9}{'MB on disk':>12}{'of base':>9}\n")
    for row in rows.values():
        sys.stdout.write(
            f"{row.name:28}{row.least_seconds:9.3f}{slowest / row.least_seconds:8.1f}x"
            f"{row.size_bytes / 1e6:12.1f}{row.size_bytes / total:9.1%}\n"
        )
    sys.stdout.flush()


def main(runs: int) -> None:
    """Run it on the disk for temporary files, and on a btrfs and an xfs of our own where this machine makes such."""
    with tempfile.TemporaryDirectory(prefix="edgepool-clones-") as made:
        place = Path(made)
        _measure("this disk", place / "here", runs)
        shutil.rmtree(place / "here")
        for kind in ("btrfs", "xfs"):
            try:
                with mounted(kind, place, _DISK_BYTES) as disk:
                    _measure(kind, disk / "work", runs)
            except NoDisk as reason:
                sys.stdout.write(f"\n{kind}: not measured, {reason}\n")
