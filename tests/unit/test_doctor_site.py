"""Which site is asked, and what a portal or an address that is none means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.browser.binaries import Browser
from pytest_edgepool.doctor.base_checkup import site_of
from pytest_edgepool.doctor.finding import Finding, Verdict
from pytest_edgepool.doctor.ground import Ground
from pytest_edgepool.doctor.trial import Site
from pytest_edgepool.profiles.base import BaseStatus, managed_base, record_url
from pytest_edgepool.run import Run
from pytest_edgepool.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

CHROME = Browser(brand="chrome", channel="stable", binary="/x", version="1.2.3", driver="/y", driver_version="1.2.3")


def asked(tmp_path: Path, **settings: str) -> Site | Finding | None:
    base = managed_base(tmp_path, "chrome", "stable")
    seen = Ground(base=base, is_default=False, status=BaseStatus.AVAILABLE)
    return site_of(Settings(**settings), Run(tmp_path, "x"), CHROME, seen)  # type: ignore[arg-type]


def test_the_site_that_was_signed_in_to_is_asked(tmp_path: Path) -> None:
    """As a run would: it needs no address then."""
    record_url(tmp_path, "chrome", "stable", "https://a.example/")
    found = asked(tmp_path)
    assert isinstance(found, Site)
    assert (found.url, found.portal.name) == ("https://a.example", "coupa")


def test_the_site_that_is_named_wins(tmp_path: Path) -> None:
    """Over the one that is remembered; and the portal that is named asks it."""
    record_url(tmp_path, "chrome", "stable", "https://a.example/")
    found = asked(tmp_path, po_url="https://b.example", po_portal="demo")
    assert isinstance(found, Site)
    assert (found.url, found.portal.name) == ("https://b.example", "demo")


def test_without_a_portal_no_site_is_asked(tmp_path: Path) -> None:
    """Nobody would know what its answer means."""
    assert asked(tmp_path, po_url="https://b.example", po_portal="none") is None


@pytest.mark.parametrize(
    ("settings", "verdict", "told"),
    [
        ({}, Verdict.WARNING, "its address is not known"),
        ({"po_url": "b.example"}, Verdict.WRONG, "is no address of a site"),
        ({"po_url": "https://b.example", "po_portal": "ariba"}, Verdict.WARNING, "'ariba' is no portal of ours"),
    ],
)
def test_a_site_that_cannot_be_asked_is_a_finding(
    tmp_path: Path, settings: dict[str, str], verdict: Verdict, told: str
) -> None:
    """With what to do about it; a suite's own portal is known to its runs only."""
    found = asked(tmp_path, **settings)
    assert isinstance(found, Finding)
    assert found.verdict is verdict
    assert told in found.told
    assert found.remedy


def test_what_may_be_secret_in_an_address_is_not_told(tmp_path: Path) -> None:
    """Neither its user nor its query."""
    found = asked(tmp_path, po_url="ftp://me:word@b.example/x?token=y")
    assert isinstance(found, Finding)
    assert "word" not in found.told
    assert "token" not in found.told
