"""What a browser shows of itself to a site, for those who ask past it: user agent, languages, cookies. Never asks one.

Cookies are asked for by address: the browser's own rules decide which belong to it (measured: 1 ms a call).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_edgepool.browser.handover import put_cookies
from pytest_edgepool.clock import Deadline

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.browser.edge import RunningBrowser

_COMMAND_SECONDS = 10.0
_ASKED = """
const data = navigator.userAgentData;
return {agent: navigator.userAgent, languages: Array.from(navigator.languages), data: data ? data.toJSON() : null};
"""


class Identity:
    """One browser as sites see it; as long as it lives.

    Args:
        browser: the browser.
        driver: its driver, in a tab that shows a page of the site.
    """

    def __init__(self, browser: RunningBrowser, driver: WebDriver) -> None:
        self.browser = browser
        self.headers = _headers(driver.execute_script(_ASKED))
        # A session of our own on the main window: what is done in tabs, and when they close, is nothing to it.
        self._session = browser.devtools.attach(browser.main_window, self._soon("attaching to the main window"))

    def cookies(self, urls: Iterable[str]) -> list[dict[str, Any]]:
        """Return the cookies that belong to these addresses, as DevTools has them.

        Raises:
            BrowserTrouble: the browser died.
            DeadlinePassed: it does not answer.
        """
        told = self.browser.devtools.call(
            "Network.getCookies", self._soon("asking for cookies"), self._session, urls=list(urls)
        )
        return list(told["cookies"])

    def keep(self, cookies: list[dict[str, Any]]) -> tuple[str, ...]:
        """Have the browser take cookies, as it would have done had it asked itself; return the refused, by name.

        Raises:
            BrowserTrouble: it died.
            DeadlinePassed: it does not answer.
        """
        return put_cookies(self.browser.devtools, cookies)

    def _soon(self, what: str) -> Deadline:
        return Deadline.after(_COMMAND_SECONDS, what)


def _headers(told: Mapping[str, Any]) -> dict[str, str]:
    """Return what a page's requests say of the browser."""
    wanted = [str(each) for each in told["languages"]]
    # Chromium: the first without a weight, each further one a tenth less, none below a tenth.
    languages = [each if not place else f"{each};q={max(1, 10 - place) / 10:g}" for place, each in enumerate(wanted)]
    headers = {"User-Agent": str(told["agent"]), "Accept-Language": ",".join(languages)}
    if data := told.get("data"):  # only where the site is secure: there browsers send it
        brands = ", ".join(f'"{each["brand"]}";v="{each["version"]}"' for each in data["brands"])
        headers |= {
            "Sec-CH-UA": brands,
            "Sec-CH-UA-Mobile": "?1" if data["mobile"] else "?0",
            "Sec-CH-UA-Platform": f'"{data["platform"]}"',
        }
    return headers
