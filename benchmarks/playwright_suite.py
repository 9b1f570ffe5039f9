"""What a good engineer writes with pytest-playwright for the same job: the peer of `python -m benchmarks peers`.

One signed-in browser a worker, kept for all its POs, on a copy of the signed-in profile; a page for each PO; each
attachment is clicked and its download saved. Copied into a folder of its own as test_orders.py, and run there with
`PEER_URL`, `PEER_PROFILE`, `PEER_BROWSER`, `PEER_OUTPUT` and `PEER_ORDERS` (numbers, divided by commas) set. Knows
nothing of pytest-edgepool.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import BrowserContext, BrowserType, Page

HTTP_NOT_FOUND = 404


@pytest.fixture(scope="session")
def signed_in(browser_type: BrowserType, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserContext]:
    """One browser for all POs of this worker, on a copy of the signed-in profile."""
    profile = tmp_path_factory.mktemp("profile") / "copy"
    shutil.copytree(os.environ["PEER_PROFILE"], profile, ignore=shutil.ignore_patterns("Singleton*"))
    context = browser_type.launch_persistent_context(
        profile, executable_path=os.environ["PEER_BROWSER"], headless=True, accept_downloads=True
    )
    yield context
    context.close()


@pytest.fixture
def order_page(signed_in: BrowserContext) -> Iterator[Page]:
    """A page of its own for one PO."""
    page = signed_in.new_page()
    yield page
    page.close()


@pytest.mark.parametrize("number", os.environ["PEER_ORDERS"].split(","))
def test_attachments(order_page: Page, number: str) -> None:
    """Save every attachment of one PO."""
    answer = order_page.goto(f"{os.environ['PEER_URL']}/order_headers/{number.removeprefix('PO')}")
    assert answer is not None
    if answer.status == HTTP_NOT_FOUND:
        return
    assert order_page.locator("h1").inner_text().endswith(number.removeprefix("PO"))
    folder = Path(os.environ["PEER_OUTPUT"]) / number
    folder.mkdir(parents=True)
    for attachment in order_page.locator(".attachment-file [role=button]").all():
        with order_page.expect_download() as download:
            attachment.click()
        download.value.save_as(free(folder / download.value.suggested_filename))


def free(path: Path) -> Path:
    """Return the path, with a number when the name is taken: two files of one PO may have the same."""
    place, plain = 2, path
    while path.exists():
        path, place = plain.with_stem(f"{plain.stem} ({place})"), place + 1
    return path
