"""What settings and suite say of the site: where orders are, which attachments count. Never asks the site."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_edgepool.browser.lazily import real
from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.orders.numbers import NumberRule, asked_as
from pytest_edgepool.portals.addresses import checked_order_path, is_web_address, order_url
from pytest_edgepool.portals.portal import FoundAttachment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest
    from selenium.webdriver.remote.webdriver import WebDriver

    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.portals.portal import Page, Portal
    from pytest_edgepool.settings import Settings


def number_rule(settings: Settings) -> NumberRule:
    """Return what the settings say of PO numbers.

    Raises:
        UsageMistake: the pattern of numbers or that of addresses cannot be used.
    """
    checked_order_path(settings.po_order_path)
    return NumberRule(
        pattern=settings.po_number_pattern,
        prefixes=tuple(each.strip() for each in settings.po_prefixes.split(",") if each.strip()),
        prefix=settings.po_prefix_rule,  # type: ignore[arg-type]
    )


def addresses_of(
    order: PurchaseOrder, base_url: str, portal: Portal, config: pytest.Config, settings: Settings
) -> tuple[str, ...]:
    """Return the addresses that an order's page may have, the likeliest first: the suite's, else by the settings."""
    given = config.hook.pytest_edgepool_order_url(order=order, base_url=base_url)
    if given:
        return (str(given),)
    numbers = order.asked_as or asked_as(order.number, number_rule(settings))
    path = checked_order_path(settings.po_order_path)
    urls = (order_url(base_url, path, each) if path else portal.order_url(base_url, each) for each in numbers)
    return tuple(dict.fromkeys(urls))


def chosen_by(
    config: pytest.Config,
) -> Callable[[PurchaseOrder, Page, WebDriver], Sequence[FoundAttachment] | None]:
    """Return who asks the suite which of a page's attachments are the order's."""

    def chosen(order: PurchaseOrder, page: Page, driver: WebDriver) -> Sequence[FoundAttachment] | None:
        hook = config.hook.pytest_edgepool_attachments
        if not hook.get_hookimpls():
            return None  # nobody asks the driver: it need not be on the tab
        given = hook(order=order, page=page, driver=real(driver))
        return None if given is None else tuple(map(_checked, given))

    return chosen


def placed_by(config: pytest.Config, order: PurchaseOrder, name: str, supplier: str) -> str | None:
    """Return where the suite wants a file, None where it does not say."""
    given = config.hook.pytest_edgepool_file_path(order=order, name=name, supplier=supplier)
    return None if given is None else str(given)


def signed_in_by(config: pytest.Config) -> Callable[[WebDriver, str], bool | None] | None:
    """Return who asks the suite whether a tab shows that the site knows us; None where no one would answer."""
    hook = config.hook.pytest_edgepool_signed_in
    if not hook.get_hookimpls():
        return None

    def signed_in(driver: WebDriver, base_url: str) -> bool | None:
        said = hook(driver=driver, base_url=base_url)
        return None if said is None else bool(said)

    return signed_in


def _checked(given: object) -> FoundAttachment:
    if isinstance(given, FoundAttachment) and (is_web_address(given.url) or (given.press and not given.url)):
        return given
    raise UsageMistake(
        f"pytest_edgepool_attachments gave {given!r}: it must give FoundAttachment(url, name) with an http or https "
        "address, or with press= instead."
    )
