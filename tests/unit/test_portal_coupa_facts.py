"""The script's answer becomes facts of the right type, whatever a page made of it."""

from __future__ import annotations

import pytest

from pytest_edgepool.portals.coupa import CoupaPortal
from pytest_edgepool.portals.coupa_facts import Candidate, PageFacts, SupplierLink, parse_facts
from pytest_edgepool.portals.coupa_script import SCRIPT
from pytest_edgepool.portals.portal import PageKind


class ScriptedDriver:
    """A driver that gives one answer to every script and remembers what it was asked."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.scripts: list[str] = []

    def execute_script(self, script: str) -> object:
        self.scripts.append(script)
        return self.answer


def test_a_whole_answer_is_kept() -> None:
    """Each fact arrives in its own field."""
    raw = {
        "url": "https://x.test/order_headers/1",
        "title": "Order",
        "status": 200,
        "isBusy": True,
        "headings": ["Order 1"],
        "errors": ["Stop"],
        "body": "Order 1 Stop",
        "passwordFields": 1,
        "nameFields": 2,
        "signOutLinks": 3,
        "suppliers": [{"title": "7 - ACME", "text": "ACME"}],
        "candidates": [
            {
                "url": "https://x.test/f",
                "isMarked": True,
                "labels": ["a.pdf file attachment"],
                "titles": [],
                "text": "a",
            }
        ],
    }
    assert parse_facts(raw) == PageFacts(
        url="https://x.test/order_headers/1",
        title="Order",
        status=200,
        is_busy=True,
        headings=("Order 1",),
        errors=("Stop",),
        body="Order 1 Stop",
        password_fields=1,
        name_fields=2,
        sign_out_links=3,
        suppliers=(SupplierLink(title="7 - ACME", text="ACME"),),
        candidates=(
            Candidate(url="https://x.test/f", is_marked=True, labels=("a.pdf file attachment",), titles=(), text="a"),
        ),
    )


@pytest.mark.parametrize("raw", [None, "text", 5, [], [{"url": "https://x.test/"}], {}, {"other": 1}])
def test_an_answer_of_another_shape_is_no_facts(raw: object) -> None:
    """A page that broke the script has told nothing."""
    assert parse_facts(raw) == PageFacts()


@pytest.mark.parametrize("value", [None, "200", 200.5, True, -1, float("nan"), [200], {}])
def test_a_status_that_is_no_count_is_unknown(value: object) -> None:
    """Nothing but a whole number is taken for an HTTP status."""
    assert parse_facts({"status": value}).status == 0


@pytest.mark.parametrize("value", [None, "true", 1, 0, "", [], {}])
def test_a_page_is_busy_only_when_it_says_so(value: object) -> None:
    """Nothing but a plain yes is taken for one."""
    assert parse_facts({"isBusy": value}).is_busy is False


@pytest.mark.parametrize("value", [None, 5, {"a": 1}, "abc", [None, 5, ""]])
def test_texts_that_are_none_are_left_out(value: object) -> None:
    """A list of headings holds texts or nothing; a text is not taken apart into letters."""
    assert parse_facts({"headings": value}).headings == ()


def test_candidates_of_wrong_types_are_empty_ones() -> None:
    """A candidate without a usable address cannot become an attachment."""
    empty = Candidate(url="", is_marked=False, labels=(), titles=(), text="")
    raw = {
        "candidates": [None, 5, {"url": 7, "isMarked": "yes", "labels": "x", "titles": None, "text": [], "press": 1}]
    }
    assert parse_facts(raw).candidates == (empty, empty, empty)


def test_white_space_in_texts_is_one_blank() -> None:
    """Markup's line breaks do not get into names."""
    assert parse_facts({"title": " a\n\t b "}).title == "a b"


def test_reading_a_page_is_one_driver_call() -> None:
    """A page is read at one moment, by the one script."""
    driver = ScriptedDriver({"url": "https://x.test/order_headers/1", "status": 200, "headings": ["Order 1"]})
    page = CoupaPortal().read(driver)  # type: ignore[arg-type]
    assert driver.scripts == [SCRIPT]
    assert page.kind is PageKind.ORDER


@pytest.mark.parametrize("answer", [None, 0, "", [], {}])
def test_a_page_that_tells_nothing_is_no_order(answer: object) -> None:
    """Without facts, nothing is claimed."""
    assert CoupaPortal().read(ScriptedDriver(answer)).kind is PageKind.UNKNOWN  # type: ignore[arg-type]
