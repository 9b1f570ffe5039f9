"""What every portal can answer about its site, and the name it is asked for by. Never opens a page or signs in."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from pytest_edgepool.errors import UsageMistake

if TYPE_CHECKING:
    from collections.abc import Mapping

    from selenium.webdriver.remote.webdriver import WebDriver

NO_PORTAL = "none"


class PageKind(StrEnum):
    """What a page is, as far as an order is concerned."""

    ORDER = "order"
    REQUISITION = "requisition"
    HOME = "home"
    SIGNED_OUT = "signed-out"
    NOT_FOUND = "not-found"
    NO_ACCESS = "no-access"
    RATE_LIMITED = "rate-limited"
    SERVER_ERROR = "server-error"
    UNKNOWN = "unknown"


HOLDS_FILES = (PageKind.ORDER, PageKind.REQUISITION)


@dataclass(frozen=True, slots=True)
class FoundAttachment:
    """One attachment that a page offers.

    Attributes:
        url: where it is fetched from, absolute, http or https; "" when only a click brings it.
        name: the file name the page shows, "" when it does not tell.
        press: a CSS selector of the element to be clicked where no address is known; else "".
        page: the address of the page on which to click, "" when that is the order's.
        label: what that element says, which it must still say when it is clicked; "" when nobody looks.
    """

    url: str
    name: str
    press: str = ""
    page: str = ""
    label: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Page:
    """One page as the portal understood it, at one moment.

    Attributes:
        kind: what the page is; ORDER, REQUISITION and HOME are only ever said of a page that showed it.
        url: its address after all redirects.
        title: its title.
        supplier: the order's supplier, "" when the page does not tell.
        attachments: what it offers, in page order, each file once; empty unless the kind is ORDER or REQUISITION.
        http_status: status of the navigation that made it, 0 when the browser does not tell.
        is_busy: whether it is still being filled, as a whole or where attachments stand: a later look finds more.
        underway: what its scripts have asked the site for and not got yet, each as a text; a later look may find more.
        is_signed_in: whether the suite itself said that the site knows us; None when it did not say.
        requisitions: the addresses of the requisitions that an order's page links to, each once.
        sections: CSS selectors of what must be clicked, each once, before the page shows all of its attachments.
        is_opening: whether what was clicked last for that has brought nothing yet.
        unread: what is to be seen on it and could not be taken for an attachment or ruled out, each as a clause.
        failed: which of its scripts' requests failed and left a part of it empty, each as a clause.
        is_doubtful: whether it refuses, or knows no such order, without any sign that the site knows us.
    """

    kind: PageKind
    url: str
    title: str = ""
    supplier: str = ""
    attachments: tuple[FoundAttachment, ...] = ()
    http_status: int = 0
    is_busy: bool = False
    underway: tuple[str, ...] = ()
    is_signed_in: bool | None = None
    requisitions: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    is_opening: bool = False
    unread: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    is_doubtful: bool = False


class Portal(Protocol):
    """What we know of one site. Implementations are immutable and safe to share between threads."""

    @property
    def name(self) -> str:
        """The name that `--po-portal` selects it by."""

    def home_url(self, base_url: str) -> str:
        """Return the address of a page that only somebody who is signed in can see."""

    def order_url(self, base_url: str, number: str) -> str:
        """Return the address of the order's page.

        Args:
            base_url: the site's address, with or without a slash at its end.
            number: what the site is asked for: prefixes that it does not have are taken off already.
        """

    def read(self, driver: WebDriver) -> Page:
        """Return what the tab shows now: one driver call, no waiting.

        Raises:
            selenium.common.exceptions.WebDriverException: the driver or its tab did not answer.
        """


def portal_named(name: str, extra: Mapping[str, Portal] | None = None, order_path: str = "") -> Portal | None:
    """Return the portal of that name, or None for "none".

    Args:
        name: what `--po-portal` was given.
        extra: further portals by name, from plugins; one of these wins over ours of the same name.
        order_path: what `po_order_path` gives, for ours.

    Raises:
        UsageMistake: nobody knows that name.
    """
    from pytest_edgepool.portals.addresses import checked_order_path
    from pytest_edgepool.portals.coupa import ORDER_PATH, CoupaPortal

    path = checked_order_path(order_path) or ORDER_PATH
    known: dict[str, Portal | None] = {
        "coupa": CoupaPortal(order_path=path),
        "demo": CoupaPortal(name="demo", order_path=path),
        NO_PORTAL: None,
        **(extra or {}),
    }
    if name not in known:
        names = ", ".join(sorted(known))
        raise UsageMistake(f"There is no portal named {name!r}; --po-portal takes one of: {names}.")
    return known[name]
