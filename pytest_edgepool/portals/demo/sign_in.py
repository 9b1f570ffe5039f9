"""Signing in to the demo site without a person: its user is everybody's. Never knows of any other site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from selenium.webdriver.common.by import By

from pytest_edgepool.portals.demo.truth import DEMO_PASSWORD, DEMO_USER

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver


def fill_in(driver: WebDriver) -> None:
    """Fill in the sign-in form that the tab shows and send it; a tab that shows none is left as it is.

    Raises:
        selenium.common.exceptions.WebDriverException: the driver or its tab did not answer.
    """
    for field, value in (("user_email", DEMO_USER), ("user_password", DEMO_PASSWORD)):
        for found in driver.find_elements(By.ID, field):
            found.send_keys(value)
    for button in driver.find_elements(By.CSS_SELECTOR, "#new_session [type=submit]"):
        button.click()
