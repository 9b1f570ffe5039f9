"""The browser and the driver that go together are found, or one sentence says what was looked for and where."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from pytest_edgepool.browser.binaries import Browser, find, version_of_browser
from pytest_edgepool.browser.memory import TABS_BETWEEN_LOOKS, Footprint, Watch
from pytest_edgepool.browser.places import DRIVER_VARIABLES, confined, out_of_sight, places_of
from pytest_edgepool.errors import BrowserNotFound
from pytest_edgepool.settings import BROWSERS, CHANNELS, Settings

pytestmark = pytest.mark.skipif(os.name != "posix", reason="stages executables as shell scripts")
EDGE, CHROMIUM = "microsoft-edge-stable", "chromium"


class Machine:
    """A machine on which just these programs are installed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"PATH": str(folder / "bin"), "HOME": str(folder)}

    def install(self, name: str, version: str = "156.0.1.2", says: str = "") -> Path:
        path = self.folder / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\necho '{says or f'Some Program {version} (built yesterday)'}'\n")
        path.chmod(0o755)
        return path

    def found(self, **given: str) -> Browser:
        settings = Settings(**{f"edgepool_{name}": value for name, value in given.items()})  # type: ignore[arg-type]
        return find(settings, self.environment)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Nothing installed, no network, nothing fetched before."""
    monkeypatch.setenv("SE_OFFLINE", "true")
    monkeypatch.setenv("SE_CACHE_PATH", str(tmp_path / "cache"))
    monkeypatch.setenv("SE_AVOID_STATS", "true")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    for name in {each for names in DRIVER_VARIABLES.values() for each in names}:
        monkeypatch.delenv(name, raising=False)
    return Machine(tmp_path)


def test_a_pair_is_found_on_the_path(machine: Machine) -> None:
    """With both versions, and a name that people know."""
    browser, driver = machine.install(EDGE), machine.install("msedgedriver", "156.0.9.9")
    found = machine.found()
    assert found == Browser(
        brand="edge",
        channel="stable",
        binary=str(browser),
        version="156.0.1.2",
        driver=str(driver),
        driver_version="156.0.9.9",
    )
    assert found.title == "Microsoft Edge 156.0.1.2"


def test_a_browser_survives_json() -> None:
    """The plan of a run carries it to the workers."""
    browser = Browser(brand="chrome", channel="beta", binary="/b", version="1.2.3", driver="/d", driver_version="1.2.3")
    assert Browser.from_json(json.loads(json.dumps(browser.to_json()))) == browser
    assert browser.title == "Google Chrome beta 1.2.3"


def test_edge_comes_before_chrome_before_chromium(machine: Machine) -> None:
    """`auto` takes the first brand that has browser and driver."""
    for name in (CHROMIUM, "google-chrome", EDGE, "chromedriver", "msedgedriver"):
        machine.install(name)
    assert machine.found().brand == "edge"
    assert machine.found(browser="chromium").brand == "chromium"
    (machine.folder / "bin" / EDGE).unlink()
    assert machine.found().brand == "chrome"


def test_an_edge_without_a_driver_does_not_stop_a_chromium_with_one(machine: Machine) -> None:
    """The first usable pair wins."""
    for name in (EDGE, CHROMIUM, "chromedriver"):
        machine.install(name)
    assert machine.found().brand == "chromium"


def test_a_driver_of_another_version_is_no_driver(machine: Machine) -> None:
    """`auto` goes on to the next brand; a brand that was asked for is told."""
    machine.install(EDGE, "157.0.0.1")
    for name in ("msedgedriver", CHROMIUM, "chromedriver"):
        machine.install(name)
    assert machine.found().brand == "chromium"
    with pytest.raises(BrowserNotFound, match=r"msedgedriver is version 156.*is 157.*must be the same"):
        machine.found(browser="edge")


def test_a_browser_that_cannot_be_run_does_not_stop_the_search(machine: Machine) -> None:
    """A broken installation is not the only one."""
    machine.install(EDGE).write_bytes(b"\x00\x01\x02 no program")
    for name in ("msedgedriver", CHROMIUM, "chromedriver"):
        machine.install(name)
    assert machine.found().brand == "chromium"
    with pytest.raises(BrowserNotFound, match="cannot be run"):
        machine.found(browser="edge")


def test_when_none_has_a_driver_the_first_is_told(machine: Machine) -> None:
    """The browser that would have been taken is the one to mend."""
    machine.install(EDGE)
    machine.install(CHROMIUM)
    with pytest.raises(BrowserNotFound, match=r"No driver for .*microsoft-edge-stable: msedgedriver is not on PATH"):
        machine.found()


def test_no_browser_at_all_is_one_sentence(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what was looked for, where, and what to do."""
    with pytest.raises(BrowserNotFound) as error:
        machine.found(channel="canary", browser="chromium")
    assert str(error.value) == (
        "No browser found: looked for chromium (canary) as nothing known on PATH and in the usual places; "
        "install Microsoft Edge or name one with --edgepool-binary."
    )
    with pytest.raises(BrowserNotFound, match=r"edge \(dev\), chrome \(dev\).* as microsoft-edge-dev, google-chrome"):
        machine.found(channel="dev")


def test_a_browser_in_a_sandbox_is_found_where_flatpak_exports_it(machine: Machine) -> None:
    """When there is no other: it may not see the folders that it would work in."""
    edge = machine.install("../.local/share/flatpak/exports/bin/com.microsoft.Edge")
    machine.install("msedgedriver")
    assert machine.found().binary == str(machine.folder / ".local/share/flatpak/exports/bin/com.microsoft.Edge")
    assert edge.samefile(machine.found().binary)
    machine.install(CHROMIUM)
    machine.install("chromedriver")
    assert machine.found().brand == "chromium"
    assert machine.found(browser="edge").brand == "edge"


def test_a_snap_is_driven_by_its_own_driver(machine: Machine) -> None:
    """Any other looks for the profile in a folder that this browser does not see."""
    machine.install("chromium-browser").write_text("#!/bin/sh\n# exec /snap/bin/chromium\necho 'Chromium 156.0.1.2'\n")
    other, own = machine.install("chromedriver"), machine.install("chromium.chromedriver")
    assert machine.found().driver == str(own)
    own.unlink()
    assert machine.found().driver == str(other)


@pytest.mark.parametrize("variable", ["SE_CHROMEDRIVER", "CHROMEWEBDRIVER"])
@pytest.mark.parametrize("as_folder", [True, False])
def test_a_driver_may_lie_where_a_variable_says(machine: Machine, variable: str, as_folder: bool) -> None:
    """As hosted CI machines have it: a folder, or the driver itself; it wins over the path."""
    machine.install(CHROMIUM)
    machine.install("chromedriver")
    own = machine.install("own/chromedriver", "156.7.7.7")
    machine.environment[variable] = str(own.parent if as_folder else own)
    assert machine.found().driver == str(own)


def test_a_variable_that_leads_nowhere_is_passed_over(machine: Machine) -> None:
    """An empty or outdated one does not hide the driver on the path."""
    machine.install(CHROMIUM)
    driver = machine.install("chromedriver")
    machine.environment |= {"SE_CHROMEDRIVER": "", "CHROMEWEBDRIVER": str(machine.folder / "none")}
    assert machine.found().driver == str(driver)


def test_what_was_named_is_taken(machine: Machine) -> None:
    """Paths of browser and driver, whatever else is there; the versions need not match then."""
    machine.install(EDGE)
    machine.install("msedgedriver")
    browser, driver = machine.install("my/chromium", "150.0.0.1"), machine.install("my/driver", "156.0.0.1")
    found = machine.found(binary=str(browser), driver=str(driver))
    assert (found.brand, found.binary, found.driver) == ("chromium", str(browser), str(driver))


def test_a_named_driver_speaks_for_its_browsers(machine: Machine) -> None:
    """A chromedriver cannot drive the Edge that lies beside."""
    for name in (EDGE, CHROMIUM):
        machine.install(name)
    assert machine.found(driver=str(machine.install("my/chromedriver"))).brand == "chromium"
    assert machine.found(driver=str(machine.install("my/msedgedriver"))).brand == "edge"
    assert machine.found(driver=str(machine.install("my/driver"))).brand == "edge"


@pytest.mark.parametrize("what", ["binary", "driver"])
def test_a_named_file_that_is_not_there_is_a_mistake(machine: Machine, what: str) -> None:
    """The sentence names option and path."""
    machine.install(CHROMIUM)
    with pytest.raises(BrowserNotFound, match=f"--edgepool-{what}: there is no file .*nothing"):
        machine.found(**{what: str(machine.folder / "nothing")})


@pytest.mark.parametrize(
    ("path", "brand"),
    [
        ("msedge", "edge"),
        ("Microsoft Edge Beta", "edge"),
        ("google-chrome", "chrome"),
        ("chromium-browser", "chromium"),
        ("Chromium/Application/chrome", "chromium"),
        ("edge-of-reason/chrome", "chrome"),
    ],
)
def test_a_named_browser_tells_its_brand(machine: Machine, path: str, brand: str) -> None:
    """By its own name, not by that of a folder that it happens to lie in."""
    driver = machine.install("driver")
    assert machine.found(binary=str(machine.install(path)), driver=str(driver)).brand == brand
    assert machine.found(binary=str(machine.install(path)), driver=str(driver), browser="edge").brand == "edge"


def test_a_program_that_says_no_version_is_taken(machine: Machine) -> None:
    """Not known is not wrong: the session's own report is compared later."""
    machine.install(CHROMIUM, says="Chromium")
    machine.install("chromedriver")
    assert machine.found().version == ""


# -- places


def test_every_channel_has_places_on_every_system() -> None:
    """None is forgotten, and Chromium has but one."""
    environment = {"PATH": "", "PROGRAMFILES": "/P", "PROGRAMFILES(X86)": "/P86", "LOCALAPPDATA": "/L"}
    for brand in set(BROWSERS) - {"auto", "chromium"}:
        for channel in CHANNELS:
            assert len(places_of(brand, channel, environment, "win32")) == 3
            assert len(places_of(brand, channel, environment, "darwin")) == 2
    assert places_of("chromium", "beta", environment, "win32") == []
    assert places_of("chromium", "beta", environment, "darwin") == []


def test_sandboxes_are_searched_last() -> None:
    """The machine's flatpaks, the user's, the snap."""
    environment = {"PATH": "", "HOME": "/people/me"}
    assert [each.as_posix() for each in places_of("chromium", "stable", environment, "linux")] == [
        "/var/lib/flatpak/exports/bin/org.chromium.Chromium",
        "/people/me/.local/share/flatpak/exports/bin/org.chromium.Chromium",
        "/snap/bin/chromium",
    ]
    assert [each.name for each in places_of("edge", "stable", environment, "linux")] == [
        "msedge",
        "com.microsoft.Edge",
        "com.microsoft.Edge",
    ]
    assert [each.name for each in places_of("edge", "beta", environment, "linux")] == ["msedge"]


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ("/var/lib/flatpak/exports/bin/com.microsoft.Edge", "flatpak"),
        ("/people/me/.local/share/flatpak/exports/bin/com.google.Chrome", "flatpak"),
        ("/snap/bin/chromium", "snap"),
        ("/var/lib/snapd/snap/bin/chromium", "snap"),
        ("/opt/microsoft/msedge/msedge", ""),
        ("/people/me/snap/chromium", ""),
    ],
)
def test_a_sandbox_is_told_by_its_place(place: str, kind: str) -> None:
    """Whether or not anything is there."""
    assert confined(place) == kind


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        (b'#!/bin/sh\nexec /snap/bin/chromium "$@"\n', "snap"),
        (b"#!/bin/sh\nexec flatpak run --branch=stable com.google.Chrome\n", "flatpak"),
        (b"#!/bin/sh\nexec /usr/lib/chromium/chromium\n", ""),
        (b"\x7fELF /snap/bin/ flatpak run ", ""),
        (b"", ""),
    ],
)
def test_a_sandbox_is_told_by_what_a_script_starts(tmp_path: Path, script: bytes, kind: str) -> None:
    """As Ubuntu's `chromium-browser`; also over a link; a program's own bytes say nothing."""
    (tmp_path / "chromium-browser").write_bytes(script)
    (tmp_path / "link").symlink_to("chromium-browser")
    assert confined(tmp_path / "chromium-browser") == confined(tmp_path / "link") == kind


def test_a_link_into_a_sandbox_is_one(tmp_path: Path) -> None:
    """As people make them to have a short name."""
    (tmp_path / "edge").symlink_to("/var/lib/flatpak/exports/bin/com.microsoft.Edge")
    assert confined(tmp_path / "edge") == "flatpak"


@pytest.mark.parametrize(
    ("binary", "folder", "is_seen"),
    [
        ("/usr/bin/chromium", ".local/state/edgepool", True),
        ("/snap/bin/chromium", ".local/state/edgepool", False),
        ("/snap/bin/chromium", "edgepool", True),
        ("/snap/bin/chromium", "snap/chromium/common/edgepool", True),
        ("/snap/bin/chromium", "/var/edgepool", False),
        ("/var/lib/flatpak/exports/bin/com.microsoft.Edge", "edgepool", False),
        ("/var/lib/flatpak/exports/bin/com.microsoft.Edge", ".var/app/com.microsoft.Edge/edgepool", True),
        ("/var/lib/flatpak/exports/bin/com.microsoft.Edge", ".var/app/com.google.Chrome/edgepool", False),
    ],
)
def test_a_folder_that_a_sandbox_hides_is_told(binary: str, folder: str, is_seen: bool) -> None:
    """One sentence with a folder that it sees, before any browser fails to start."""
    home = Path("/people/me")
    told = out_of_sight(binary, home / folder, home)
    assert (told == "") is is_seen
    if told:
        assert str(home / folder) in told
        assert "EDGEPOOL_STATE_DIR" in told
        assert out_of_sight(binary, Path(told.partition("such as ")[2].partition(",")[0]), home) == ""


def test_windows_is_searched_where_edge_is_installed() -> None:
    """First among the 32-bit programs, where the stable Edge lies; a variable that is not set names nothing."""
    found = places_of("edge", "stable", {"PROGRAMFILES(X86)": "/P86", "LOCALAPPDATA": "/L"}, "win32")
    assert found == [
        Path("/P86/Microsoft/Edge/Application/msedge.exe"),
        Path("/L/Microsoft/Edge/Application/msedge.exe"),
    ]


def test_a_mac_is_searched_in_both_folders_of_applications() -> None:
    """The machine's and the user's."""
    found = [each.as_posix() for each in places_of("edge", "beta", {}, "darwin")]
    assert found[0] == "/Applications/Microsoft Edge Beta.app/Contents/MacOS/Microsoft Edge Beta"
    assert found[1].endswith("/Applications/Microsoft Edge Beta.app/Contents/MacOS/Microsoft Edge Beta")


def test_on_windows_a_folder_tells_the_version(tmp_path: Path) -> None:
    """Asking the program would open a window; the newest folder is the one that starts."""
    for name in ("9.0.0.1", "156.0.1.2", "156.0.10.1", "SetupMetrics"):
        (tmp_path / name).mkdir()
    assert version_of_browser(tmp_path / "msedge.exe", "win32") == "156.0.10.1"
    assert version_of_browser(tmp_path / "9.0.0.1" / "msedge.exe", "win32") == ""


# -- memory


def test_a_footprint_keeps_first_peak_and_last() -> None:
    """In the order in which they were seen."""
    footprint = Footprint()
    for used in (300, 500, 400):
        footprint = footprint.seen(used)
    assert footprint == Footprint(first=300, peak=500, last=400, looks=3)


@pytest.mark.parametrize("used", [0, -1])
def test_a_look_that_tells_nothing_changes_nothing(used: int) -> None:
    """A browser that has just died uses nothing, and that is not its footprint."""
    footprint = Footprint().seen(300)
    assert footprint.seen(used) is footprint


def test_memory_is_looked_at_now_and_then() -> None:
    """After the first tab, and then every so many: a look costs time."""
    looks: list[int] = []
    watch = Watch(lambda: looks.append(tab) or tab)  # type: ignore[func-returns-value]
    for tab in range(1, 3 * TABS_BETWEEN_LOOKS + 1):
        if watch.is_due(tab):
            watch.look()
    assert looks == [1, TABS_BETWEEN_LOOKS + 1, 2 * TABS_BETWEEN_LOOKS + 1]
    assert watch.footprint.looks == 3
    assert watch.look().last == tab
