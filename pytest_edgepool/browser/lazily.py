"""WebDriver for our own reading of a background tab: switched to it when first needed. Never for others' code.

A script whose answer is plain needs none; all else does, and from then on all goes by WebDriver. A script may run
twice, and while the tab is on its way: so only what reads, and is read again when it is doubted, goes this way.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pytest_edgepool.browser.background import OnlyByDriver

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.browser.background import BackgroundPage
    from pytest_edgepool.clock import Deadline


class LazyDriver:
    """What stands for the WebDriver of a background tab.

    Args:
        driver: the browser's WebDriver.
        page: the tab.
    """

    def __init__(self, driver: WebDriver, page: BackgroundPage) -> None:
        self._driver = driver
        self._page = page
        self.is_switched = False
        self._is_plain = True

    def wait_for_page(self, loader: str, deadline: Deadline) -> None:
        """Wait until the page that was answered is the tab's; from then on all goes by WebDriver, which waits for it.

        Nobody else does: the page that was there before would be read.

        Raises:
            BrowserTrouble: the browser died.
        """
        if not self.is_switched:
            self._is_plain = False
            self._page.wait_shown(loader, deadline)

    def switched(self) -> WebDriver:
        """Return the WebDriver, on this tab from now on.

        Raises:
            selenium.common.exceptions.WebDriverException: there is no such tab any more.
        """
        if not self.is_switched:
            self._driver.switch_to.window(self._page.handle)
            self.is_switched = True
        return self._driver

    def execute_script(self, script: str, *arguments: Any) -> Any:
        """Run a script in the page, as WebDriver does.

        Raises:
            selenium.common.exceptions.WebDriverException: it failed, or the tab is gone.
        """
        if not arguments and self._is_plain and not self.is_switched:
            with suppress(OnlyByDriver):
                return self._page.evaluate(script)
        return self.switched().execute_script(script, *arguments)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.switched(), name)


def real(driver: WebDriver) -> WebDriver:
    """Return the WebDriver itself, on the tab: what others' code is given.

    Raises:
        selenium.common.exceptions.WebDriverException: there is no such tab any more.
    """
    return driver.switched() if isinstance(driver, LazyDriver) else driver
