"""What a tab showed when something failed: screenshot, page, address. Never keeps a form field, a script or a query."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from selenium.common.exceptions import WebDriverException

from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed
from pytest_edgepool.redact import plain_url, redacted

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver.remote.webdriver import WebDriver

# A copy of the page without what people typed and what the site hides in it: tokens live in hidden fields, scripts
# and meta tags.
_PAGE_WITHOUT_SECRETS = """
const page = document.documentElement.cloneNode(true);
for (const field of page.querySelectorAll('input, textarea, option')) { field.removeAttribute('value');
field.textContent = ''; }
for (const hidden of page.querySelectorAll('script, meta, noscript, template, link')) hidden.remove();
return page.outerHTML;
"""


def take(driver: WebDriver, folder: Path) -> str:
    """Write `page.png`, `page.html` and `page.url` into `folder`; what cannot be had is left out.

    Returns:
        "" when all was written, else why something is missing, as one clause: evidence must never hide the failure it
        is for.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "page.url").write_text(plain_url(driver.current_url) + "\n", encoding="utf-8")
        page = str(driver.execute_script(_PAGE_WITHOUT_SECRETS))
        (folder / "page.html").write_text("<!doctype html>\n" + redacted(page), encoding="utf-8")
        (folder / "page.png").write_bytes(base64.b64decode(driver.get_screenshot_as_base64()))
    except (WebDriverException, BrowserTrouble, DeadlinePassed, OSError) as error:
        return redacted(str(error).splitlines()[0] if str(error) else type(error).__name__)
    return ""
