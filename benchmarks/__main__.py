"""Prints what the pool gains and what it costs, each against a baseline of the same minutes. Never judges.

python -m benchmarks            all parts
python -m benchmarks job        POs a minute, CPU, time to the first PO: us at -n 0/1/2/4, and one browser per PO
python -m benchmarks peers      POs a minute and CPU a PO: us beside a pytest-playwright suite (not in "all")
python -m benchmarks start      from the command to the first PO with six workers, and what takes how much of it
python -m benchmarks tax        what a suite that does not use us pays
python -m benchmarks cloning    template and clones of a large profile beside copies of all of it
python -m benchmarks memory     what browsers use over hundreds of POs (not in "all": it takes minutes)
python -m benchmarks soak       a thousand POs while something is killed every two seconds (nor this)
"""

from __future__ import annotations

import argparse

from benchmarks import cloning, job, memory, peers, soak, start, tax


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument(
        "part", nargs="?", choices=["job", "peers", "start", "tax", "cloning", "memory", "soak", "all"], default="all"
    )
    parser.add_argument("--orders", type=int, default=32, help="POs in the sheet (32)")
    parser.add_argument("--plain-orders", type=int, default=8, help="POs for the script with one browser each (8)")
    parser.add_argument("--latency", type=float, default=1.0, help="seconds that the site takes to answer (1)")
    parser.add_argument("--workers", type=int, nargs="*", default=[0, 1, 2, 4], help="numbers of workers (0 1 2 4)")
    parser.add_argument("--peer-orders", type=int, default=120, help="POs in the sheet beside the peers (120)")
    parser.add_argument("--peer-latency", type=float, default=0.3, help="seconds that the site takes then (0.3)")
    parser.add_argument("--peer-workers", type=int, nargs="*", default=[1, 4], help="numbers of workers then (1 4)")
    parser.add_argument("--peer-python", default="", help="an interpreter with pytest-playwright and pytest-xdist")
    parser.add_argument("--ways", nargs="*", default=peers.WAYS, help="our transfers beside the peers (browser direct)")
    parser.add_argument("--start-workers", type=int, default=6, help="workers whose start is looked at (6)")
    parser.add_argument("--runs", type=int, default=40, help="alternating runs of the tax (40)")
    parser.add_argument("--copies", type=int, default=3, help="runs of each way to copy (3)")
    parser.add_argument("--long-orders", type=int, default=500, help="POs in one browser (500)")
    parser.add_argument("--soak-orders", type=int, default=1000, help="POs of the soak (1000)")
    parser.add_argument("--soak-workers", type=int, default=4, help="workers of the soak (4)")
    parser.add_argument("--every", type=float, default=2.0, help="seconds between two kills (2)")
    parser.add_argument("--seed", type=int, default=1, help="of whom is killed (1)")
    given = parser.parse_args()
    if given.part in ("job", "all"):
        job.main(given.orders, given.plain_orders, given.latency, given.workers)
    if given.part == "peers":
        told = {"workers": given.peer_workers, "python": given.peer_python, "ways": given.ways}
        peers.main(given.peer_orders, given.plain_orders, given.peer_latency, **told)
    if given.part in ("start", "all"):
        start.main(given.start_workers)
    if given.part in ("tax", "all"):
        tax.main(given.runs)
    if given.part in ("cloning", "all"):
        cloning.main(given.copies)
    if given.part == "memory":
        memory.main(given.long_orders, 4)
    if given.part == "soak":
        soak.main(given.soak_orders, given.soak_workers, given.every, given.seed)


if __name__ == "__main__":
    main()
