"""Signing in to the demo site without a person: its user is everybody's. Never knows of any other site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By

from pytest_edgepool.clock import SYSTEM_CLOCK, Clock, Deadline, wait_until
from pytest_edgepool.portals.coupa import CoupaPortal
from pytest_edgepool.portals.demo.truth import DEMO_PASSWORD, DEMO_USER
from pytest_edgepool.portals.portal import PageKind

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

_PATIENCE_SECONDS = 20.0


def fill_in(driver: WebDriver, clock: Clock = SYSTEM_CLOCK) -> None:
    """Fill in the sign-in form that the tab shows and send it; a tab that shows none is left as it is.

    A page that is nothing yet is waited for, because a script in it may still lead to the form.

    Raises:
        selenium.common.exceptions.WebDriverException: the driver or its tab did not answer.
    """
    wait_until(lambda: _shows_something(driver), Deadline.after(_PATIENCE_SECONDS, "the sign-in form", clock))
    for field, value in (("user_email", DEMO_USER), ("user_password", DEMO_PASSWORD)):
        for found in driver.find_elements(By.ID, field):
            found.send_keys(value)
    for button in driver.find_elements(By.CSS_SELECTOR, "#new_session [type=submit]"):
        button.click()


def _shows_something(driver: WebDriver) -> bool:
    try:
        return CoupaPortal().read(driver).kind is not PageKind.UNKNOWN
    except WebDriverException:
        return False  # between two pages; a driver that is gone says so again at the next call
