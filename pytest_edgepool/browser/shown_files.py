"""Files that a tab shows because the site did not say that they are to be saved. Never follows the download."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

# https://html.spec.whatwg.org/multipage/document-lifecycle.html#loading-a-document: all else that a browser shows in a
# document of its own making (a picture, a text, a film) is a file.
_SHOWS_FILE = r"""
return /^https?:$/.test(location.protocol)
  && !/^(text\/html|application\/xhtml\+xml|multipart\/.*)$/.test(document.contentType)
"""
# A link with `download` saves whatever the site says, on the document's own origin; and here it is its own address.
_SAVE_SHOWN = """
const link = document.createElementNS('http://www.w3.org/1999/xhtml', 'a')
link.href = location.href
link.download = ''
link.click()
"""


def shows_file(driver: WebDriver) -> bool:
    """Return whether the tab shows a file and no page.

    Raises:
        selenium.common.exceptions.WebDriverException: the tab is gone.
    """
    return bool(driver.execute_script(_SHOWS_FILE))


def save_shown(driver: WebDriver) -> None:
    """Have the browser save the file that the tab shows, under the name that it would give it.

    Raises:
        selenium.common.exceptions.WebDriverException: the tab is gone.
    """
    driver.execute_script(_SAVE_SHOWN)
