"""Where an order's page is, by the pattern of the site's addresses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.portals.addresses import checked_order_path, number_in
from pytest_edgepool.portals.coupa import CoupaPortal, classify
from pytest_edgepool.portals.coupa_facts import PageFacts
from pytest_edgepool.portals.portal import PageKind

BASE = "https://acme.coupahost.com"
PORTAL = CoupaPortal()


@pytest.mark.parametrize(
    ("number", "last"),
    [
        ("15262984", "15262984"),
        ("PO15262984", "PO15262984"),
        (" PO15262984 ", "PO15262984"),
        ("POLAND7", "POLAND7"),
        ("", ""),
    ],
)
def test_the_number_is_asked_for_as_it_is(number: str, last: str) -> None:
    """What the site does not have is taken off before, by the rule of numbers: here it could name another order."""
    assert PORTAL.order_url(BASE, number) == f"{BASE}/order_headers/{last}"


@pytest.mark.parametrize(
    ("number", "last"),
    [
        ("../users/1", "..%2Fusers%2F1"),
        ("1?x=1#y", "1%3Fx%3D1%23y"),
        ("Bestellung 7/ä", "Bestellung%207%2F%C3%A4"),
        ("PO\N{ARABIC-INDIC DIGIT ONE}23", "PO%D9%A123"),
    ],
)
def test_a_hostile_number_stays_one_path_segment(number: str, last: str) -> None:
    """A number from a sheet cannot lead to another page of the site."""
    assert PORTAL.order_url(BASE, number) == f"{BASE}/order_headers/{last}"


@pytest.mark.parametrize("base", [BASE, f"{BASE}/", f"{BASE}//"])
def test_a_slash_after_the_base_does_not_matter(base: str) -> None:
    """Users copy the base URL with or without its slash."""
    assert PORTAL.order_url(base, "1234") == f"{BASE}/order_headers/1234"
    assert PORTAL.home_url(base) == f"{BASE}/order_headers"


def test_a_base_below_the_root_is_kept() -> None:
    """A site behind a path prefix keeps it."""
    assert PORTAL.order_url("https://proxy.test/coupa/", "1234") == "https://proxy.test/coupa/order_headers/1234"


def test_another_pattern_makes_the_address_and_knows_it() -> None:
    """A site whose orders are elsewhere is a matter of a setting, not of another portal."""
    elsewhere = CoupaPortal(order_path="/x/purchase_orders/<number>/view")
    url = elsewhere.order_url(BASE, "7/8")
    assert url == f"{BASE}/x/purchase_orders/7%2F8/view"
    facts = PageFacts(url=url, status=200, headings=("Purchase order 7/8",))
    assert classify(facts, elsewhere.order_path).kind is PageKind.ORDER
    assert classify(replace(facts, url=f"{BASE}/order_headers/8"), elsewhere.order_path).kind is PageKind.UNKNOWN


def test_a_pattern_may_have_the_number_in_the_query() -> None:
    """Then the query tells whose page it is."""
    asked = "/order.aspx?view=1&id=<number>"
    assert number_in(f"{BASE}/order.aspx?view=1&id=77", asked) == "77"
    assert number_in(f"{BASE}/order.aspx?view=1", asked) == ""


@pytest.mark.parametrize("given", ["/orders", "/<number>/<number>", "/order/{number}"])
def test_a_pattern_without_one_place_for_the_number_is_a_mistake(given: str) -> None:
    """The sentence names the setting and an example."""
    with pytest.raises(UsageMistake, match=r"po_order_path: .* must hold <number> once, like /order_headers/<number>"):
        checked_order_path(given)


def test_a_pattern_may_lack_its_slash() -> None:
    """It is put there; no pattern at all stays none."""
    assert checked_order_path("orders/<number>") == "/orders/<number>"
    assert checked_order_path(" ") == ""
