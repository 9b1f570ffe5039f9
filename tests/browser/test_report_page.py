"""report.html in a real browser, opened from disk: it filters, shows files and evidence, and runs nothing of others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from pytest_edgepool.outcomes.report import Report, ReportRow
from pytest_edgepool.outcomes.reports.as_page import write_page
from pytest_edgepool.outcomes.status import KeptFile, Outcome, Status
from tests.support import CHROMEDRIVER, CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator

MANY = 1200
EVIL = "</script><script>window.ran = 1</script><img src=x onerror='window.ran = 1'>"


def outcome(place: int) -> Outcome:
    kept = KeptFile(name="a #1%.txt", size=5, sha256="ab" * 32, url="https://x.test/a", content_type="text/plain")
    is_well = place % 10 != 0
    return Outcome(
        number=f"PO{place}",
        status=Status.COMPLETED if is_well else Status.FAILED,
        reason="" if is_well else f"why {place} {EVIL}",
        supplier=EVIL if place % 3 == 0 else "Acme",
        url="https://x.test/po" if is_well else "javascript:window.ran=1",
        folder="Acme/PO1" if is_well else "",
        attachments_found=1,
        files=(kept,) if is_well else (),
        attempts=1,
        seconds=2.0,
        finished_at=f"2026-11-21T10:{place // 60 % 60:02}:{place % 60:02}.000+00:00",
        run="r1",
        worker=f"gw{place % 4}",
        evidence="" if is_well else "evidence/x",
    )


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[webdriver.Chrome]:
    """A browser that has the page of a large run open."""
    output = tmp_path_factory.mktemp("out")
    for name in ("Acme/PO1/a #1%.txt", "evidence/x/page.png"):
        (output / name).parent.mkdir(parents=True, exist_ok=True)
        (output / name).write_text("whole")
    rows = [
        ReportRow(number=f"PO{n}", sheet="pos.csv", columns={"PO": f"PO{n}", EVIL: EVIL}, outcome=outcome(n))
        for n in range(MANY)
    ]
    rows.append(ReportRow(number="PO-new", sheet="pos.csv", columns={}, outcome=None))
    page = output / "report.html"
    write_page(page, Report(header=("PO",), rows=rows, output=output, run={"id": "r1", "site": EVIL}))
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for switch in ("--headless=new", "--no-sandbox", f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options, webdriver.ChromeService(CHROMEDRIVER))
    try:
        driver.get(page.as_uri())
        yield driver
    finally:
        driver.quit()


@pytest.fixture(autouse=True)
def _anew(browser: webdriver.Chrome) -> Iterator[None]:
    """Begin with the page as it opens; at the end it has told no error and run nothing of others."""
    browser.refresh()
    yield
    assert browser.get_log("browser") == []
    assert browser.execute_script("return window.ran") is None


def find(browser: webdriver.Chrome, selector: str) -> list[Any]:
    return browser.find_elements(By.CSS_SELECTOR, selector)


def count(browser: webdriver.Chrome) -> str:
    return find(browser, "#count")[0].text


def test_the_first_rows_are_there_and_more_on_demand(browser: webdriver.Chrome) -> None:
    """A large run opens at once: some rows first, then more."""
    assert count(browser) == f"{MANY + 1} of {MANY + 1} rows"
    assert len(find(browser, "#orders tbody tr")) == 200
    find(browser, "#more")[0].click()
    assert len(find(browser, "#orders tbody tr")) == 400


def test_it_is_shown_fast(browser: webdriver.Chrome) -> None:
    """Filtering all rows is a matter of milliseconds, also for a search through everything."""
    took = browser.execute_script(
        "const at = performance.now(); const s = document.getElementById('search'); s.value = 'PO119';"
        "s.dispatchEvent(new Event('input')); return performance.now() - at"
    )
    assert took < 2000
    assert count(browser) == f"11 of {MANY + 1} rows"


def test_status_supplier_and_search_filter_together(browser: webdriver.Chrome) -> None:
    """Each narrows what is shown, a status is let go again, and one button shows all."""
    failed = find(browser, "button.status[data-status=FAILED]")[0]
    assert failed.get_attribute("data-count") == str(MANY // 10)
    failed.click()
    assert failed.get_attribute("aria-pressed") == "true"
    assert count(browser).startswith(f"{MANY // 10} of")
    Select(find(browser, "#supplier")[0]).select_by_value("=Acme")
    assert count(browser).startswith("80 of")
    find(browser, "#search")[0].send_keys("why 1190")
    assert [each.text for each in find(browser, "#orders tbody .open")] == ["PO1190"]
    failed.click()
    assert failed.get_attribute("aria-pressed") == "false"
    find(browser, "#reset")[0].click()
    assert count(browser).startswith(f"{MANY + 1} of")


def test_a_po_opens_and_its_file_is_where_the_link_says(browser: webdriver.Chrome) -> None:
    """Name, size, digest and source are there; the link leads to the file, whatever letters its name has."""
    find(browser, "#search")[0].send_keys("PO1199")
    find(browser, "#orders tbody .open")[0].click()
    told = find(browser, ".more")[0].text
    assert all(word in told for word in ("a #1%.txt", "5 B", "text/plain", "ab" * 32, "https://x.test/a", "gw3"))
    link = find(browser, ".more table a")[0].get_attribute("href")
    assert link.startswith("file://")
    find(browser, ".more table a")[0].click()
    WebDriverWait(browser, 20).until(lambda driver: len(driver.window_handles) == 2)
    here, there = browser.window_handles
    browser.switch_to.window(there)
    WebDriverWait(browser, 20).until(lambda driver: "whole" in driver.page_source)
    browser.close()
    browser.switch_to.window(here)


def test_a_failed_po_shows_its_evidence_and_no_script_address(browser: webdriver.Chrome) -> None:
    """What was seen is a click away; an address that would run is text, not a link."""
    find(browser, "#search")[0].send_keys("why 1190")
    find(browser, "#orders tbody .open")[0].click()
    links = [each.get_attribute("href") for each in find(browser, ".more a")]
    assert [link.rpartition("/")[2] for link in links] == ["page.png"]
    assert "javascript:window.ran=1" in find(browser, ".more")[0].text


def test_the_timeline_has_a_lane_for_each_worker(browser: webdriver.Chrome) -> None:
    """Every PO that the run tried is a bar; a click on one shows it."""
    assert [each.text for each in find(browser, ".lane > span")] == ["gw0", "gw1", "gw2", "gw3"]
    assert len(find(browser, ".lane rect")) == MANY
    browser.execute_script(
        "document.querySelector('.lane rect').dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    )
    assert find(browser, "#search")[0].get_property("value") == "PO0"


def test_it_prints_every_row(browser: webdriver.Chrome) -> None:
    """On paper there is no button for more."""
    browser.execute_script("window.dispatchEvent(new Event('beforeprint'))")
    assert len(find(browser, "#orders tbody tr")) == MANY + 1


def test_it_is_dark_where_the_system_is(browser: webdriver.Chrome) -> None:
    """Its colours follow the system's."""
    script = "return getComputedStyle(document.body).backgroundColor"
    light = browser.execute_script(script)
    for scheme in ("dark", "light"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        assert (browser.execute_script(script) == light) is (scheme == "light")
