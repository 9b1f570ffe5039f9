"""An order's attachments by the browser, one at a time: sent to its address, or clicked. Never tries one again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

from pytest_edgepool.browser.pressing import pressed
from pytest_edgepool.browser.shown_files import save_shown, size_of_shown
from pytest_edgepool.downloads.addresses import check_address
from pytest_edgepool.downloads.press import bring_pressed
from pytest_edgepool.downloads.transfer import NotADownload, bring, bring_shown
from pytest_edgepool.downloads.work import checked
from pytest_edgepool.errors import FileRefused, NetworkTrouble, ServerTrouble, SignedOut, TransferBroken
from pytest_edgepool.fulfilment.opening import FINAL, UNWELL, shown, trouble_of
from pytest_edgepool.portals.portal import PageKind

if TYPE_CHECKING:
    from pytest_edgepool.downloads.attachment import Arrived, Attachment
    from pytest_edgepool.downloads.work import WorkFolder
    from pytest_edgepool.fulfilment.attempt import Attempt
    from pytest_edgepool.fulfilment.by_http import Wanted


@dataclass(slots=True)
class Browsing:
    """The tab of a try, as attachments are fetched in it.

    Attributes:
        attempt: the try.
        work: where files gather.
    """

    attempt: Attempt
    work: WorkFolder
    _shown_first: str = field(default="", init=False)

    def stay(self) -> None:
        """Remember the page that the tab shows: it is the order's, on which what has no address is clicked."""
        self._shown_first = self.attempt.tab.driver.current_url

    def fetch(self, wanted: Wanted) -> Arrived:
        """Fetch one attachment as soon as the site may be asked; the wait is not taken off the order's time.

        Raises:
            SignedOut: the site asked to sign in again.
            FileRefused: the site has no such file, or does not let this user have it.
            ServerTrouble: the site is unwell.
            NetworkTrouble: it did not answer.
            TransferBroken: the file did not come whole.
        """
        attempt, back_off = self.attempt, self.attempt.desk.back_off
        attempt.deadline = attempt.deadline.later(back_off.wait())
        with attempt.browser.within(attempt.deadline):
            if back_off.is_in_trouble:
                attempt.tab.watch()
            try:
                arrived = self._brought(wanted.attachment)
                return _believed(checked(arrived, wanted.name_of(arrived)), wanted)
            except (NetworkTrouble, ServerTrouble) as error:
                back_off.hear(error, attempt.order.number)
                raise

    def _brought(self, attachment: Attachment) -> Arrived:
        attempt = self.attempt
        try:
            if attachment.url:
                check_address(attachment.url, attachment.name or "a file")
                return bring(attempt.tab, attachment, self.work, attempt.deadline)
            return self._pressed(attachment)
        except NotADownload as error:
            page = attempt.desk.portal.read(attempt.tab.driver)
            size = size_of_shown(attempt.tab.driver)
            if size is not None:
                return replace(self._saved(attachment), expected_bytes=size or None)
            if page.kind is PageKind.SIGNED_OUT:
                raise SignedOut("the site asked to sign in again instead of sending a file") from error
            if page.kind in UNWELL:
                raise trouble_of(attempt, page) from error
            if page.kind in FINAL:
                raise FileRefused(f"{error}: {page.kind} (HTTP status {page.http_status})") from error
            raise TransferBroken(f"{error} (HTTP status {page.http_status})") from error

    def _saved(self, attachment: Attachment) -> Arrived:
        """Have a picture or a text saved that the browser, not told to save it, shows.

        It is asked for a second time, and must have the size that it is shown with.
        """
        tab = self.attempt.tab
        tab.be_alone()
        return bring_shown(tab, attachment, self.work, self.attempt.deadline, partial(save_shown, tab.driver))

    def _pressed(self, attachment: Attachment) -> Arrived:
        """Click what brings a file, on the page that shows it: the click before may have led away from it."""
        attempt = self.attempt
        page = attachment.page or self._shown_first
        if attempt.tab.driver.current_url.partition("#")[0] != page.partition("#")[0]:
            shown(attempt, page)
        with pressed(attempt.tab, attempt.browser.devtools) as door:
            try:
                return bring_pressed(door, attachment, self.work, attempt.deadline)
            except NotADownload:
                if (led_to := door.went_to()) != attempt.tab.driver.current_url:
                    attempt.tab.open(led_to)  # in a window, which is closed: the portal reads it in the tab
                raise


def _believed(arrived: Arrived, wanted: Wanted) -> Arrived:
    """Return what arrived; what is doubtful must arrive twice alike."""
    if arrived.is_doubtful and arrived.sha256 != wanted.doubted:
        wanted.doubted = arrived.sha256
        name = wanted.name_of(arrived)
        raise TransferBroken(f"{name}: it stood still on its way, and is fetched once more to be sure")
    return arrived
