"""A portal is found by its name, and an unknown name is the user's mistake."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.portals.coupa import CoupaPortal
from pytest_edgepool.portals.portal import Page, PageKind, portal_named


def test_coupa_is_known() -> None:
    """The portal for a sheet of orders needs no plugin."""
    assert portal_named("coupa") == CoupaPortal()


def test_the_demo_has_coupas_pages_under_its_own_name() -> None:
    """Reports name the demo, though it is read like any Coupa."""
    assert portal_named("demo") == CoupaPortal(name="demo")


def test_none_is_no_portal() -> None:
    """A suite without a site gets nothing that could read one."""
    assert portal_named("none") is None


def test_an_unknown_name_is_told_with_the_known_ones() -> None:
    """The sentence names the remedy: what may be given instead."""
    with pytest.raises(UsageMistake) as caught:
        portal_named("ariba")
    assert str(caught.value) == "There is no portal named 'ariba'; --po-portal takes one of: coupa, demo, none."


def test_a_plugins_portal_is_known_and_named() -> None:
    """What a plugin registers is found, and listed when somebody mistypes it."""
    extra = {"ariba": CoupaPortal(name="ariba")}
    assert portal_named("ariba", extra) is extra["ariba"]
    with pytest.raises(UsageMistake, match="ariba, coupa, demo, none"):
        portal_named("arriba", extra)


def test_a_plugins_portal_wins_over_ours() -> None:
    """Somebody whose Coupa differs can replace our reading of it."""
    mine = CoupaPortal(name="mine")
    assert portal_named("coupa", {"coupa": mine}) is mine


def test_names_are_exact() -> None:
    """A name in other letters is not guessed."""
    with pytest.raises(UsageMistake, match="'Coupa'"):
        portal_named("Coupa")


def test_a_page_without_more_is_empty() -> None:
    """A page starts with nothing found, so that nothing is claimed by default."""
    page = Page(PageKind.UNKNOWN, "https://x.test/")
    assert (page.title, page.supplier, page.attachments, page.http_status) == ("", "", (), 0)


@pytest.mark.parametrize("absent", ["selenium", "flask", "werkzeug", "pytest_edgepool.portals.demo"])
def test_knowing_portals_imports_nothing_heavy(absent: str) -> None:
    """Asking for the demo's portal by name needs neither a browser library nor the demo's own code."""
    code = (
        "import sys; from pytest_edgepool.portals.portal import portal_named; portal_named('demo');"
        f"sys.exit({absent!r} in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
