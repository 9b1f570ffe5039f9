"""Files that a tab shows because the site did not say that they are to be saved. Never follows the download."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

# https://html.spec.whatwg.org/multipage/document-lifecycle.html#loading-a-document: all else that a browser shows in a
# document of its own making (a picture, a text, a film) is a file. JSON is what a site's own errors come in, and XML
# that asks for something is a page. Where the site says nothing good (or the browser nothing of it) it is none either.
_SIZE_OF_SHOWN = r"""
const [entry] = performance.getEntriesByType('navigation')
const status = entry ? entry.responseStatus : 0
if (!/^https?:$/.test(location.protocol) || status < 200 || status > 299) { return null }
if (/^(text\/html|application\/xhtml\+xml|multipart\/.*|.*[\/+]json)$/.test(document.contentType)) { return null }
if (document.querySelector('form, input, script')) { return null }
return entry.decodedBodySize
"""
# A link with `download` saves whatever the site says, on the document's own origin; and here it is its own address.
_SAVE_SHOWN = """
const link = document.createElementNS('http://www.w3.org/1999/xhtml', 'a')
link.href = location.href
link.download = ''
link.click()
"""


def size_of_shown(driver: WebDriver) -> int | None:
    """Return the size in bytes of the file that the tab shows, 0 when it is not known; None where it shows no file.

    Raises:
        selenium.common.exceptions.WebDriverException: the tab is gone.
    """
    size = driver.execute_script(_SIZE_OF_SHOWN)
    return None if size is None else int(size)


def save_shown(driver: WebDriver) -> None:
    """Have the browser save the file that the tab shows, under the name that it would give it.

    Raises:
        selenium.common.exceptions.WebDriverException: the tab is gone.
    """
    driver.execute_script(_SAVE_SHOWN)
