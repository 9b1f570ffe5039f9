"""A sheet in which every case of the demo site occurs, and what must come of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING, Any

from pytest_edgepool.testing import DemoOptions, demo_order, expected_files, expected_status
from tests.support import SESSION_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support import Bench, Ended

TRIES = 3
QUICK = {"EDGEPOOL_PO_RETRY_SECONDS": "0.05", "EDGEPOOL_PO_RETRY_MOST_SECONDS": "0.2"}
NOT_FOUND, EMPTY = "PO15263404", "PO15263000"
# Besides the files of the POs nothing lies in the output folder but these.
REPORTS = frozenset({"report.csv", "report.html", "report.json", "report.xlsx"})

# Shapes whose order shall have four files, so that each of their kinds occurs.
FOUR = (
    "press",
    "widgets",
    "lines",
    "double",
    "press+lines+lazy",
    "hostile+widgets+lazy-silent",
    "elsewhere+download-anchors",
    "lazy+lines+widgets+double+bare+hostile+elsewhere",
    "no-disposition",
)
SHAPES = (
    "anchors",
    "anchors+double+bare",
    "download-anchors",
    "download-anchors+lines",
    "widgets+double",
    "press+hostile+bare",
    "press-blob+lazy-silent",
    "press-window+elsewhere",
    "lazy",
    "lazy+anchors",
    "lazy-silent",
    "lines+lazy",
    "lines+lazy-silent+anchors",
    "bare",
    "hostile",
    "requisition",
    "requisition-refused",
    "elsewhere",
    "odd-names",
    "odd-names+elsewhere",
    "odd-names+press-blob",
    "markup-text",
    "markup-text+no-disposition",
    "inline",
    "inline+press-window",
)
FAULTS = (
    "server-error:1",
    "server-error",
    "rate-limit:1",
    "no-access",
    "signed-out-page:1",
    "oops",
    "maintenance:1",
    "maintenance",
    "file-error:2",
    "file-missing:1",
    "file-missing",
    "file-rate-limit:1",
    "truncated:2",
    "truncated",
    "reset:1",
    "signed-out-file:1",
    "signed-out-file",
    "html-200:1",
    "slow",
    "no-length",
    "gzip",
    "wrong-range",
)


@dataclass
class Sheet:
    """Orders, each with its case, and the site that shows them so."""

    options: DemoOptions
    cases: dict[str, str] = field(default_factory=dict)

    def status(self, number: str) -> str:
        return expected_status(number, self.options, tries=TRIES)

    def files(self, number: str) -> dict[str, bytes]:
        return expected_files(number, self.options)


def every_case(count: int, **options: Any) -> Sheet:
    """Return a sheet of that many orders in which all cases occur, good orders between bad ones."""
    shapes: dict[str, str] = {}
    faults: dict[str, str] = {}
    cases: dict[str, str] = {NOT_FOUND: "not found", EMPTY: "no attachments"}
    four, others = _numbers(4), _numbers()
    told = cycle([*((each, "") for each in (*FOUR, *SHAPES)), *(("", each) for each in FAULTS)])
    while len(cases) < count:
        shape, fault = next(told)
        number = next(four if shape in FOUR or fault.endswith(":1") else others)
        if shape:
            shapes[number] = shape
        if fault:
            faults[number] = fault
        cases[number] = shape or fault
    defaults = {"session": "session", "session_key": SESSION_KEY, "retry_after": "", "slow_chunk_delay_seconds": 0.02}
    settings = DemoOptions(**{"lazy_seconds": 0.3, **defaults, **options, "shapes": shapes, "faults": faults})
    return Sheet(settings, _mixed(cases))


CASES = 2 + len(FOUR) + len(SHAPES) + len(FAULTS)


def _numbers(files: int = 0) -> Iterator[str]:
    """Yield numbers of orders, those with four files apart from all others."""
    for number in range(15262984, 15300000):
        order = demo_order(str(number))
        if order is not None and order.attachments and (len(order.attachments) == 4) == (files == 4):
            yield f"PO{number}"


def _mixed(cases: dict[str, str]) -> dict[str, str]:
    """Return the cases so that those that fail do not stand in a row: a site that fails many in a row is left alone."""
    numbers = list(cases)
    return {number: cases[number] for start in range(7) for number in numbers[start::7]}


@dataclass
class Ran:
    """One run over such a sheet."""

    bench: Bench
    sheet: Sheet
    ended: Ended
    output: str = "downloads"

    def only(self, numbers: list[str]) -> Ran:
        """Return the same run, looked at for these orders alone."""
        cases = {number: self.sheet.cases[number] for number in numbers}
        return Ran(self.bench, Sheet(self.sheet.options, cases), self.ended, self.output)

    def status_of(self, number: str) -> str:
        return self.ended.statuses(self.output)[number]

    def folder_of(self, number: str) -> Path:
        outcome = next(each["outcome"] for each in self.ended.report(self.output)["orders"] if each["number"] == number)
        return self.ended.folder / self.output / outcome["folder"]

    def by_case(self, found: dict[str, Any]) -> dict[str, Any]:
        return {f"{number} ({self.sheet.cases[number]})": told for number, told in found.items()}

    def wrong_statuses(self) -> dict[str, Any]:
        """Orders that did not end as they must, with what they came to and why."""
        orders = self.ended.report(self.output)["orders"]
        outcomes = {each["number"]: each["outcome"] or {} for each in orders if each["number"] in self.sheet.cases}
        return self.by_case(
            {
                number: (self.sheet.status(number), told.get("status"), told.get("reason"))
                for number, told in outcomes.items()
                if told.get("status") != self.sheet.status(number)
            }
        )

    def wrong_files(self) -> dict[str, Any]:
        """Orders whose folder does not hold just what it must, byte for byte."""
        outcomes = {each["number"]: each["outcome"] or {} for each in self.ended.report(self.output)["orders"]}
        output = self.ended.folder / self.output
        wrong = {}
        for number in self.sheet.cases:
            folder = outcomes[number].get("folder", "")
            there = {each.name: each.read_bytes() for each in (output / folder).iterdir()} if folder else {}
            problem = self._problem(number, there)
            if problem:
                wrong[number] = problem
        return self.by_case(wrong)

    def _problem(self, number: str, there: dict[str, bytes]) -> str:
        wanted, status = self.sheet.files(number), self.sheet.status(number)
        if status == "PARTIAL":  # which of them is missing depends on which was asked for first
            strange = [name for name, content in there.items() if content not in wanted.values()]
            return f"{strange} of {sorted(there)}" if strange or len(there) != len(wanted) - 1 else ""
        if status != "COMPLETED":
            wanted = {}
        if there == wanted:
            return ""
        return f"{ {k: len(v) for k, v in there.items()} } instead of { {k: len(v) for k, v in wanted.items()} }"

    def strange_files(self) -> list[str]:
        """Whatever lies in the output folder and belongs to no order and to no report."""
        output = self.ended.folder / self.output
        folders = [each["outcome"]["folder"] for each in self.ended.report(self.output)["orders"] if each["outcome"]]
        known = tuple(f"{folder}/" for folder in folders if folder)
        lying = [each.relative_to(output).as_posix() for each in output.rglob("*") if not each.is_dir()]
        return [
            each
            for each in lying
            if not each.startswith((".edgepool/", *known)) and each not in REPORTS
        ]  # fmt: skip
