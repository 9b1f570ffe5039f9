"""Where an order's page is, whatever the sheet's author put before its number."""

from __future__ import annotations

import pytest

from pytest_edgepool.portals.coupa import CoupaPortal

BASE = "https://acme.coupahost.com"
PORTAL = CoupaPortal()


@pytest.mark.parametrize(
    "number",
    ["15262984", "PO15262984", "po15262984", "PM15262984", "Pm15262984", " PO15262984 ", "PO 15262984", "PO-15262984"],
)
def test_the_prefix_is_left_out(number: str) -> None:
    """The address holds the digits alone, in whatever letters the prefix was written."""
    assert PORTAL.order_url(BASE, number) == f"{BASE}/order_headers/15262984"


@pytest.mark.parametrize(
    ("number", "last"),
    [
        ("15PO262984", "15PO262984"),
        ("15262984PO", "15262984PO"),
        ("POPO15262984", "POPO15262984"),
        ("POLAND7", "POLAND7"),
        ("XPO123456", "XPO123456"),
        ("PO", "PO"),
        ("", ""),
    ],
)
def test_only_a_prefix_before_digits_is_left_out(number: str, last: str) -> None:
    """Letters elsewhere belong to the number: taking them away could name another order."""
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
    assert PORTAL.order_url(base, "PO1234") == f"{BASE}/order_headers/1234"
    assert PORTAL.home_url(base) == f"{BASE}/order_headers"


def test_a_base_below_the_root_is_kept() -> None:
    """A site behind a path prefix keeps it."""
    assert PORTAL.order_url("https://proxy.test/coupa/", "PO1234") == "https://proxy.test/coupa/order_headers/1234"
