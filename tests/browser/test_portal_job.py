"""A run whose settings and suite know better than the portal: which number, which attachments, whose requisitions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.testing import DemoOptions, demo_numbers, expected_files, serve
from tests.support import CHROMIUM, SESSION_KEY, Bench, Ended, a_bench

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = [each.removeprefix("PO") for each in demo_numbers(40) if len(expected_files(each)) > 1]
# What the sheet says. The site knows PO7 as 7 and as PO7, and XX7 only as 7: as it stands, that is not found.
PREFIXED, REFUSED, CHOSEN, UNKNOWN, LINES, OUT, NOBODY = (
    *(f"XX{GOOD[0]}", GOOD[1], GOOD[2], GOOD[3], GOOD[4], GOOD[5]),
    "XX15269404",
)
SHAPES = {
    GOOD[0]: "requisition",
    REFUSED: "requisition-refused",
    CHOSEN: "requisition",
    LINES: "requisition+lazy-silent+lines+double",
    OUT: "requisition",
}
OPTIONS = DemoOptions(session="session", session_key=SESSION_KEY, shapes=SHAPES, faults={UNKNOWN: "maintenance"})
SUITE = f"""
from dataclasses import replace

from pytest_edgepool.portals.coupa import CoupaPortal
from pytest_edgepool.portals.portal import PageKind


class Doubting(CoupaPortal):
    # A site whose "not found" shows no way to sign out.
    def read(self, driver):
        page = super().read(driver)
        return replace(page, is_doubtful=page.kind is PageKind.NOT_FOUND)

def pytest_edgepool_portals():
    return {{"demo": Doubting(name="demo")}}

def pytest_edgepool_attachments(order, page, driver):
    assert driver.current_url == page.url
    if order.number == {CHOSEN!r}:
        return page.attachments[-1:] if page.kind == "order" else ()

def pytest_edgepool_signed_in(driver, base_url):
    return False if {OUT!r} in driver.current_url else None
"""
INI = """
[pytest]
po_prefixes = XX
po_prefix_rule = keep-first
po_requisitions = always
"""

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


@dataclass
class Knowing:
    """The run, and what came of it."""

    bench: Bench
    ended: Ended

    def outcome(self, number: str) -> dict[str, Any]:
        return next(each for each in self.ended.ledger() if each["number"] == number)

    def files(self, number: str) -> dict[str, bytes]:
        return self.bench.files_of(number, self.ended)


@pytest.fixture(scope="module")
def knowing(tmp_path_factory: pytest.TempPathFactory, signed_in: Path) -> Iterator[Knowing]:
    quick = {"EDGEPOOL_PO_RETRY_SECONDS": "0.05", "EDGEPOOL_PO_ATTEMPTS": "2"}
    with serve(OPTIONS) as demo, a_bench(tmp_path_factory.mktemp("knowing"), signed_in, demo, **quick) as bench:
        bench.sheet([PREFIXED, REFUSED, CHOSEN, UNKNOWN, LINES, OUT, NOBODY])
        bench.write("conftest.py", SUITE)
        bench.write("pytest.ini", INI)
        yield Knowing(bench, bench.run("-n0", "--po-csv=pos.csv", "--po-portal=demo"))


def asked_in_turn(knowing: Knowing, number: str) -> list[str]:
    """The addresses with that number, in the order in which the site was asked for them first."""
    return list(dict.fromkeys(each.path for each in knowing.bench.demo.site.log if number in each.path))


def test_a_number_is_asked_for_as_it_stands_first(knowing: Knowing) -> None:
    """Not found so, it is asked for without its prefix, and the outcome names the address that answered."""
    outcome = knowing.outcome(PREFIXED)
    assert (outcome["status"], outcome["attempts"]) == ("COMPLETED", 1), outcome
    assert outcome["url"] == f"{knowing.bench.demo.url}/order_headers/{GOOD[0]}"
    asked = asked_in_turn(knowing, GOOD[0])
    assert asked[:2] == [f"/order_headers/{PREFIXED}", f"/order_headers/{GOOD[0]}"]


def test_not_found_without_a_sign_of_the_session_is_looked_into(knowing: Knowing) -> None:
    """The list of orders is asked for, and then the page once more, which is the answer."""
    asked = [each.path for each in knowing.bench.demo.site.log]
    first = asked.index(f"/order_headers/{PREFIXED}")
    assert asked[first + 1 : first + 3] == ["/order_headers", f"/order_headers/{PREFIXED}"]


def test_a_number_that_nobody_knows_is_not_found(knowing: Knowing) -> None:
    """Both addresses were asked."""
    assert knowing.outcome(NOBODY)["status"] == "PO_NOT_FOUND"
    assert asked_in_turn(knowing, "15269404") == ["/order_headers/XX15269404", "/order_headers/15269404"]


@pytest.mark.parametrize("number", [PREFIXED, LINES])
def test_a_requisitions_files_join_its_orders(knowing: Knowing, number: str) -> None:
    """The union, with the file that both pages have fetched once; each byte for byte."""
    expected = expected_files(number.removeprefix("XX"), OPTIONS, requisitions=True)
    assert len(expected) > len(expected_files(number.removeprefix("XX"), OPTIONS))
    assert knowing.files(number) == expected
    assert knowing.outcome(number)["attachments_found"] == len(expected)


def test_a_requisition_that_cannot_be_seen_is_told(knowing: Knowing) -> None:
    """The order's own files are kept, and the outcome does not pretend that they are all."""
    outcome = knowing.outcome(REFUSED)
    assert outcome["status"] == "PARTIAL"
    address = f"{knowing.bench.demo.url}/requisition_headers/{REFUSED}"
    assert f"the requisition {address} cannot be read: the site does not let this user see it" in outcome["reason"]
    assert knowing.files(REFUSED) == expected_files(REFUSED, OPTIONS)


def test_the_suites_choice_replaces_what_the_portal_found(knowing: Knowing) -> None:
    """Of the order's page and of its requisition's."""
    assert knowing.outcome(CHOSEN)["status"] == "COMPLETED"
    name, content = list(expected_files(CHOSEN, OPTIONS).items())[-1]
    assert knowing.files(CHOSEN) == {name: content}


def test_a_page_that_nobody_knows_leaves_its_evidence(knowing: Knowing) -> None:
    """It is neither "not found" nor "no attachments": tried again, then failed, with what it showed."""
    outcome = knowing.outcome(UNKNOWN)
    assert (outcome["status"], outcome["attempts"]) == ("FAILED", 2)
    address = f"{knowing.bench.demo.url}/order_headers/{UNKNOWN}"
    assert outcome["reason"] == f"{address} shows no order (a page of the kind unknown)"
    evidence = knowing.bench.folder / "downloads" / outcome["evidence"]
    assert "Scheduled maintenance" in (evidence / "page.html").read_text(encoding="utf-8")
    assert (evidence / "page.url").read_text().strip() == address
    assert (evidence / "page.png").read_bytes().startswith(b"\x89PNG")


def test_the_suites_word_on_the_sign_in_wins(knowing: Knowing) -> None:
    """A good order's page is a signed-out one when the suite says so, and is never published."""
    outcome = knowing.outcome(OUT)
    assert outcome["status"] == "SESSION_EXPIRED", outcome
    assert knowing.files(OUT) == {}
