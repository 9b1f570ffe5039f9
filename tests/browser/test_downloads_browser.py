"""Downloads of a real browser: each that a click or an address begins arrives once, whole, under a name of its own."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.browser.binaries import find
from pytest_edgepool.browser.edge import RunningBrowser
from pytest_edgepool.browser.launch import Launch
from pytest_edgepool.clock import Deadline
from pytest_edgepool.downloads.attachment import Attachment
from pytest_edgepool.downloads.shelf import Shelf
from pytest_edgepool.downloads.transfer import Downloads, NotADownload, fetch
from pytest_edgepool.errors import DeadlinePassed, TransferBroken
from pytest_edgepool.processes import ProcessRecord, end
from pytest_edgepool.settings import Settings
from tests.support import CHROMIUM

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.browser.tabs import Tab

PATIENCE_SECONDS = 60.0
CHUNK = b"x" * 32_768

pytestmark = pytest.mark.skipif(not CHROMIUM, reason="no Chrome or Chromium here")


class Files(BaseHTTPRequestHandler):
    """Pages and files; what stands after /file/ is the file's name, and its content is the whole path."""

    over = threading.Event()
    hung_up = threading.Event()
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        kind = self.path.split("/")[1]
        getattr(self, f"send_{kind}", self.send_page)()

    def send_page(self) -> None:
        self.answer(b"<title>a page</title>", "text/html")

    def send_file(self) -> None:
        name = self.path.rpartition("/")[2]
        self.answer(self.path.encode(), "application/octet-stream", name)

    def send_pdf(self) -> None:
        self.answer(b"%PDF-1.4\n%%EOF\n", "application/pdf")

    def send_page_as_file(self) -> None:
        self.answer(b"<!doctype html><title>sign in</title>", "text/html", "inv.pdf")

    def send_cut(self) -> None:
        self.begin("cut.bin", len(CHUNK) * 4)
        self.wfile.write(CHUNK)
        self.close_connection = True

    def send_dribble(self) -> None:
        """A file that goes on until the test is over: each tenth of a second a piece."""
        self.begin("endless.bin", len(CHUNK) * 100_000)
        self.close_connection = True
        try:
            while not self.over.wait(0.1):
                self.wfile.write(CHUNK)
        except OSError:
            self.hung_up.set()

    def send_late(self) -> None:
        """A file whose content comes only when others have had time to make themselves heard."""
        self.begin("late.txt", 4)
        self.wfile.write(b"la")
        self.over.wait(1.5)
        self.wfile.write(b"te")

    def begin(self, name: str, length: int) -> None:
        self.send_response(200)
        self.send_header("Content-Disposition", f'attachment; filename="{name}"')
        self.send_header("Content-Length", str(length))
        self.end_headers()

    def answer(self, body: bytes, kind: str, name: str = "") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        if name:
            self.send_header("Content-Disposition", f'attachment; filename="{name}"')
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
        """Say nothing."""


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of those files."""
    Files.over.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Files) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            Files.over.set()
            server.shutdown()
            thread.join()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBrowser]:
    """One browser for all tests."""
    records: list[ProcessRecord] = []
    launch = Launch(browser=find(Settings()), user_data_dir=tmp_path_factory.mktemp("profile"))
    try:
        running = RunningBrowser.start(launch, records.append)
        yield running
        running.quit()
    finally:
        end(records, patience_seconds=0)


@pytest.fixture
def tab(browser: RunningBrowser) -> Iterator[Tab]:
    with browser.tab() as made:
        yield made


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "out", "run")


def click(tab: Tab, page: str, selector: str = "a") -> None:
    """Put that markup onto the page and click each element that is meant, one after the other."""
    tab.driver.execute_script("document.body.innerHTML = arguments[0]", page)
    for each in tab.driver.find_elements("css selector", selector):
        each.click()


def soon() -> Deadline:
    return Deadline.after(PATIENCE_SECONDS, "the test")


def test_clicks_on_three_files_of_one_name_bring_three(tab: Tab, site: str, tmp_path: Path) -> None:
    """Files of one name each arrive, with a number in the name and their own content."""
    tab.open(site)
    with Downloads(tab, tmp_path).expect() as expected:
        click(tab, "".join(f"<a href='/file/{place}/inv.txt'>{place}</a> " for place in (1, 2, 3)))
    assert {each.name: each.path.read_text() for each in expected.files} == {
        "inv.txt": "/file/1/inv.txt",
        "inv (2).txt": "/file/2/inv.txt",
        "inv (3).txt": "/file/3/inv.txt",
    }


def test_a_file_that_a_page_makes_itself_arrives(tab: Tab, site: str, tmp_path: Path) -> None:
    """A `blob:` address is a download as any other, and no place is remembered for it."""
    tab.open(site)
    with Downloads(tab, tmp_path).expect() as expected:
        tab.driver.execute_script(
            "const a = document.body.appendChild(document.createElement('a'));"
            "a.href = URL.createObjectURL(new Blob(['made here'])); a.download = 'made.txt'; a.click()"
        )
    [file] = expected.files
    assert (file.name, file.path.read_text(), file.url) == ("made.txt", "made here", "blob:")


@pytest.mark.parametrize("rel", ["", "noopener", "noreferrer"])
def test_a_file_behind_a_new_tab_arrives(tab: Tab, site: str, tmp_path: Path, rel: str) -> None:
    """A link with `target=_blank` downloads into the same folder, whoever its opener is."""
    tab.open(site)
    with Downloads(tab, tmp_path).expect() as expected:
        click(tab, f"<a target='_blank' rel='{rel}' href='/file/1/new.txt'>x</a>")
    assert [(each.name, each.path.read_text()) for each in expected.files] == [("new.txt", "/file/1/new.txt")]


def test_a_file_behind_a_popup_arrives(tab: Tab, site: str, tmp_path: Path) -> None:
    """So does one that a script opens."""
    tab.open(site)
    with Downloads(tab, tmp_path).expect() as expected:
        click(tab, "<button onclick=\"window.open('/file/1/pop.txt')\">x</button>", "button")
    assert [each.name for each in expected.files] == ["pop.txt"]


def test_a_click_that_begins_nothing_is_told(tab: Tab, site: str, tmp_path: Path) -> None:
    """Expecting a download that does not come ends with the time that was given."""
    tab.open(site)
    with pytest.raises(DeadlinePassed, match="the expected download"):  # noqa: SIM117 - what raises is the inner end
        with Downloads(tab, tmp_path).expect(timeout_seconds=0.5):
            click(tab, "<button>x</button>", "button")


def test_a_transfer_that_breaks_off_is_told(tab: Tab, site: str, tmp_path: Path) -> None:
    """A click whose file is canceled fails with its name, and leaves no file."""
    tab.open(site)
    with pytest.raises(TransferBroken, match=r"cut\.bin"):  # noqa: SIM117 - what raises is the inner end
        with Downloads(tab, tmp_path).expect():
            click(tab, "<a href='/cut'>x</a>")
    assert [each for each in tmp_path.rglob("*") if each.is_file()] == []


def test_a_failed_block_keeps_its_own_error(tab: Tab, site: str, tmp_path: Path) -> None:
    """What went wrong inside the block comes out, not that no download came."""
    with pytest.raises(KeyError, match="mine"), Downloads(tab, tmp_path).expect():
        raise KeyError("mine")


def test_a_known_address_is_fetched_without_a_click(tab: Tab, site: str, shelf: Shelf) -> None:
    """The page stays where it was, and the file is in the work folder under the site's name."""
    tab.open(f"{site}/home")
    with shelf.work_folder("PO1") as work:
        file = fetch(tab, Attachment(url=f"{site}/file/1/a.txt#secret"), work, soon())
        assert (file.name, file.path.read_text()) == ("a.txt", "/file/1/a.txt")
        assert file.url == f"{site}/file/1/a.txt"
    assert tab.driver.current_url == f"{site}/home"


def test_a_pdf_is_saved_and_not_shown(tab: Tab, site: str, shelf: Shelf) -> None:
    """Also one that the site does not call an attachment."""
    tab.open(site)
    with shelf.work_folder("PO1") as work:
        file = fetch(tab, Attachment(url=f"{site}/pdf/1.pdf", name="inv.pdf"), work, soon())
        assert file.path.read_bytes().startswith(b"%PDF-")


def test_a_page_instead_of_a_file_is_told(tab: Tab, site: str, shelf: Shelf) -> None:
    """An address that leads to a page is no download."""
    tab.open(site)
    with shelf.work_folder("PO1") as work, pytest.raises(NotADownload, match=r"inv\.pdf"):
        fetch(tab, Attachment(url=f"{site}/home", name="inv.pdf"), work, soon())


def test_a_page_named_as_a_file_is_refused(tab: Tab, site: str, shelf: Shelf) -> None:
    """A sign-in page that completes as `inv.pdf` is a failed try."""
    tab.open(site)
    with shelf.work_folder("PO1") as work, pytest.raises(TransferBroken, match="a web page came"):
        fetch(tab, Attachment(url=f"{site}/page_as_file"), work, soon())


def test_a_file_that_was_cut_is_refused(tab: Tab, site: str, shelf: Shelf) -> None:
    """A connection that closes before the promised length is a failed try, and the next one is not touched by it."""
    tab.open(site)
    with shelf.work_folder("PO1") as work:
        with pytest.raises(TransferBroken, match="broke off"):
            fetch(tab, Attachment(url=f"{site}/cut", name="cut.bin"), work, soon())
        assert fetch(tab, Attachment(url=f"{site}/file/1/b.txt"), work, soon()).name == "b.txt"


def test_a_file_that_does_not_end_leaves_the_next_tab_alone(browser: RunningBrowser, site: str, shelf: Shelf) -> None:
    """The next order's file is not kept waiting by one that was given up."""
    with browser.tab() as first, shelf.work_folder("PO1") as work:
        first.open(site)
        with pytest.raises(DeadlinePassed):
            fetch(first, Attachment(url=f"{site}/dribble"), work, Deadline.after(1, "the file"))
    with browser.tab() as second, shelf.work_folder("PO2") as work:
        second.open(site)
        file = fetch(second, Attachment(url=f"{site}/late"), work, Deadline.after(20, "the next file"))
        assert file.path.read_text() == "late"


def test_a_file_that_is_given_up_is_canceled(browser: RunningBrowser, site: str, shelf: Shelf) -> None:
    """When the time is up the site is told so: nothing goes on filling the disk behind a closed tab."""
    Files.hung_up.clear()
    with browser.tab() as tab, shelf.work_folder("PO1") as work:
        tab.open(site)
        with pytest.raises(DeadlinePassed):
            fetch(tab, Attachment(url=f"{site}/dribble"), work, Deadline.after(1, "the file"))
    assert Files.hung_up.wait(5)


def test_downloads_of_a_new_tab_go_to_its_own_folder(browser: RunningBrowser, site: str, tmp_path: Path) -> None:
    """Each tab's files land in its folder and in no other, one tab after the other."""
    for name in ("one", "two"):
        folder = tmp_path / name
        with browser.tab() as tab:
            tab.open(site)
            with Downloads(tab, folder).expect() as expected:
                click(tab, f"<a href='/file/1/{name}.txt'>x</a>")
        assert [each.path for each in expected.files] == [folder / f"{name}.txt"]
