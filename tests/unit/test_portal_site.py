"""Which addresses an order may have follows from settings and sheet; a suite's own word wins and is checked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.orders.order import PurchaseOrder
from pytest_edgepool.plugin.site import addresses_of, chosen_by, number_rule, signed_in_by
from pytest_edgepool.portals.coupa import CoupaPortal
from pytest_edgepool.portals.portal import FoundAttachment, Page, PageKind
from pytest_edgepool.settings import Settings

BASE = "https://acme.test"
PAGE = Page(PageKind.ORDER, f"{BASE}/order_headers/1")
FILE = FoundAttachment("https://files.test/a.pdf", "a.pdf")


def order(number: str, asked_as: tuple[str, ...] = ()) -> PurchaseOrder:
    return PurchaseOrder(number=number, sheet="pos.csv", row=2, asked_as=asked_as)


def suite(**answers: Any) -> Any:
    """A config whose hooks answer so; without an answer nobody implements them."""

    def hook(name: str) -> Any:
        def call(**_asked: object) -> object:
            return answers.get(name)

        call.get_hookimpls = lambda: [1] if name in answers else []  # type: ignore[attr-defined]
        return call

    names = ("order_url", "attachments", "signed_in")
    return SimpleNamespace(hook=SimpleNamespace(**{f"pytest_edgepool_{each}": hook(each) for each in names}))


def addresses(number: str, config: Any = None, **changed: Any) -> list[str]:
    settings = Settings(**changed)
    urls = addresses_of(order(number), BASE, CoupaPortal(), config or suite(), settings)
    return [each.removeprefix(BASE) for each in urls]


def test_a_prefix_is_taken_off() -> None:
    """So it is by default; what is no prefix before digits stays."""
    assert addresses("PO15262984") == ["/order_headers/15262984"]
    assert addresses("POLAND7") == ["/order_headers/POLAND7"]


def test_a_prefix_may_be_kept_or_kept_first() -> None:
    """For sites that know some numbers with it."""
    assert addresses("PO7", po_prefix_rule="keep") == ["/order_headers/PO7"]
    assert addresses("PO7", po_prefix_rule="keep-first") == ["/order_headers/PO7", "/order_headers/7"]
    assert addresses("7", po_prefix_rule="keep-first") == ["/order_headers/7"]


def test_prefixes_are_a_setting() -> None:
    """With commas between, blanks do not matter; none at all is possible."""
    assert addresses("US0158122", po_prefixes="US0, DE") == ["/order_headers/158122"]
    assert addresses("PO7", po_prefixes="") == ["/order_headers/PO7"]


def test_the_sheets_own_reading_comes_first() -> None:
    """It was made with the rules that were in force when the sheet was read."""
    urls = addresses_of(order("PO7", ("X7", "7")), BASE, CoupaPortal(), suite(), Settings())
    assert urls == (f"{BASE}/order_headers/X7", f"{BASE}/order_headers/7")


def test_the_pattern_of_addresses_is_a_setting() -> None:
    """Also for a portal that knows nothing of it."""
    assert addresses("PO7", po_order_path="/purchasing/<number>/show") == ["/purchasing/7/show"]


def test_a_pattern_that_cannot_be_used_is_told_before_anything_starts() -> None:
    """It is looked at when the sheet's rules are made."""
    with pytest.raises(UsageMistake, match="po_order_path"):
        number_rule(Settings(po_order_path="/orders"))


def test_the_suites_address_wins() -> None:
    """Then there is no other to be tried."""
    config = suite(order_url=f"{BASE}/mine/7")
    assert addresses("PO7", config, po_prefix_rule="keep-first") == ["/mine/7"]


def test_the_suites_choice_of_attachments_is_checked() -> None:
    """None of it, or none at all, is a choice; a wrong one is a mistake that names what was given."""
    driver: Any = None
    assert chosen_by(suite())(order("7"), PAGE, driver) is None
    assert chosen_by(suite(attachments=[]))(order("7"), PAGE, driver) == ()
    pressed = FoundAttachment("", "b.pdf", press="#b")
    assert chosen_by(suite(attachments=[FILE, pressed]))(order("7"), PAGE, driver) == (FILE, pressed)
    for wrong in ("https://files.test/a.pdf", FoundAttachment("file:///etc/passwd", "p"), FoundAttachment("", "a")):
        with pytest.raises(UsageMistake, match=r"pytest_edgepool_attachments gave .*FoundAttachment\(url, name\)"):
            chosen_by(suite(attachments=[wrong]))(order("7"), PAGE, driver)


def test_nobody_is_asked_who_would_not_answer() -> None:
    """A suite without the hook pays nothing for it at each look at a page."""
    assert signed_in_by(suite()) is None
    asked = signed_in_by(suite(signed_in=False))
    driver: Any = None
    assert asked is not None
    assert asked(driver, BASE) is False
