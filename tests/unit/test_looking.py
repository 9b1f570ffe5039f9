"""What a run needs is looked up before anything is made, and what is missing is one sentence."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool import looking
from pytest_edgepool.errors import BaseUnusable, BrowserNotFound, NobodySignedIn, UsageMistake
from pytest_edgepool.looking import look
from pytest_edgepool.profiles.base import Base, managed_folder, record_url
from pytest_edgepool.profiles.policies import Policies, Policy
from pytest_edgepool.settings import Settings
from tests.profiles import lock_by, make_base, snapshot
from tests.staged import idle

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_edgepool.browser.binaries import Browser

URL = "https://x.test"


@pytest.fixture
def state(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir(mode=0o700)
    return tmp_path / "state"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A browser and a driver that are there and say their versions."""
    for name in ("chromium", "chromedriver"):
        (tmp_path / name).write_text("#!/bin/sh\necho 'Chromium 156.0.1.2'\n")
        (tmp_path / name).chmod(0o755)
    return Settings(edgepool_binary=str(tmp_path / "chromium"), edgepool_driver=str(tmp_path / "chromedriver"))


def changed(settings: Settings, **given: object) -> Settings:
    values = {name: getattr(settings, name) for name in Settings.__dataclass_fields__}
    return Settings(**{**values, **given})


def signed_in(state: Path) -> Base:
    base = make_base(managed_folder(state, "chromium", "stable") / "profile", managed=True)
    record_url(state, "chromium", "stable", f"{URL}/")
    return base


def test_everything_is_found_after_a_sign_in(state: Path, settings: Settings) -> None:
    """Browser, base, portal and the site that was remembered: the plain command needs no more."""
    base = signed_in(state)
    found = look(settings, state, has_orders=True)
    assert (found.base, found.url, found.browser.brand) == (base, URL, "chromium")
    assert found.portal is not None
    assert found.portal.name == "coupa"


def test_a_suite_without_orders_needs_neither_site_nor_base(state: Path, settings: Settings) -> None:
    """Its browsers start on empty profiles."""
    found = look(settings, state, has_orders=False)
    assert (found.base, found.portal, found.url) == (None, None, "")


def test_looking_writes_nothing(tmp_path: Path, settings: Settings) -> None:
    """Not even the state folder."""
    before = snapshot(tmp_path)
    with pytest.raises(UsageMistake):
        look(settings, tmp_path / "none", has_orders=True)
    assert snapshot(tmp_path) == before
    assert not (tmp_path / "none").exists()


def test_an_unknown_site_is_one_sentence(state: Path, settings: Settings) -> None:
    """It names the option and the command."""
    with pytest.raises(UsageMistake, match=r"address is not known: .*--po-url=.*edgepool login"):
        look(settings, state, has_orders=True)


@pytest.mark.parametrize("url", ["x.test", "ftp://x.test", "//x.test", "file:///etc"])
def test_what_is_no_address_is_one_sentence(state: Path, settings: Settings, url: str) -> None:
    """It names the option and shows what was given."""
    with pytest.raises(UsageMistake, match=f"--po-url: '{url}' is no address"):
        look(changed(settings, po_url=url), state, has_orders=True)


def test_an_address_may_be_in_capitals(state: Path, settings: Settings) -> None:
    """A scheme has no case; the slash at the end is not part of the site."""
    signed_in(state)
    assert look(changed(settings, po_url="HTTPS://x.test/"), state, has_orders=True).url == "HTTPS://x.test"


def test_orders_need_somebody_signed_in(state: Path, settings: Settings) -> None:
    """The sentence is the command to give."""
    with pytest.raises(UsageMistake, match=f"Nobody is signed in yet.*edgepool login --url {URL}`"):
        look(changed(settings, po_url=URL), state, has_orders=True)


def test_a_damaged_base_is_one_sentence(state: Path, settings: Settings) -> None:
    """It says in which way, and the remedy."""
    base = signed_in(state)
    (base.user_data_dir / "Local State").write_text("{half")
    with pytest.raises(BaseUnusable, match=r"is CORRUPTED; sign in again with `edgepool login`"):
        look(settings, state, has_orders=True)


def test_somebodys_own_damaged_base_has_another_remedy(tmp_path: Path, state: Path, settings: Settings) -> None:
    """Signing in with us would not mend it."""
    base = make_base(tmp_path / "udd")
    (base.profile_folder / "Preferences").unlink()
    own = changed(settings, edgepool_profile=str(base.user_data_dir), po_url=URL)
    with pytest.raises(BaseUnusable, match=r"is CORRUPTED; open .* once in its own browser"):
        look(own, state, has_orders=True)


@pytest.mark.skipif(os.name != "posix", reason="POSIX browsers lock with a symlink")
def test_a_base_that_is_open_is_no_mistake(state: Path, settings: Settings) -> None:
    """What is done about it is a setting, and comes later."""
    base = signed_in(state)
    with idle() as pid:
        lock_by(base.user_data_dir, pid)
        assert look(settings, state, has_orders=True).base == base


def test_a_missing_browser_is_told_before_a_missing_site(state: Path, tmp_path: Path) -> None:
    """First what has to be installed."""
    with pytest.raises(BrowserNotFound):
        look(Settings(edgepool_binary=str(tmp_path / "none")), state, has_orders=True)


@pytest.mark.parametrize("url", ["", URL])
def test_nobody_signed_in_is_told_apart(state: Path, settings: Settings, url: str) -> None:
    """Whoever sits at a terminal may then sign in at once, with or without having named the site."""
    with pytest.raises(NobodySignedIn):
        look(changed(settings, po_url=url), state, has_orders=True)
    make_base(managed_folder(state, "chromium", "stable") / "profile")
    if not url:
        with pytest.raises(UsageMistake, match="address is not known") as error:
            look(settings, state, has_orders=True)
        assert not isinstance(error.value, NobodySignedIn)


def test_the_site_beside_a_named_base_is_remembered_too(tmp_path: Path, state: Path, settings: Settings) -> None:
    """A managed base of another state folder brings its site along."""
    record_url(tmp_path / "other", "chromium", "stable", URL)
    base = make_base(managed_folder(tmp_path / "other", "chromium", "stable") / "profile", managed=True)
    found = look(changed(settings, edgepool_profile=str(base.user_data_dir)), state, has_orders=True)
    assert (found.base, found.url) == (base, URL)


# -- what the machine's owner forbids


def test_a_policy_that_forbids_runs_is_told_first(
    state: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything else that is missing, and for the browser that was found."""
    asked: list[str] = []

    def read(brand: str) -> Policies:
        asked.append(brand)
        no = Policy(name="RemoteDebuggingAllowed", value=False, where="/etc/x.json")
        return Policies(platform="linux", found=(no,))

    monkeypatch.setattr(looking, "read_policies", read)
    for has_orders in (True, False):
        with pytest.raises(UsageMistake, match=r"The policy RemoteDebuggingAllowed in /etc/x\.json forbids automation"):
            look(settings, state, has_orders=has_orders)
    assert asked == ["chromium", "chromium"]


# -- the browser's own default profile


class Trial:
    """Says whether a browser lets itself be automated, and keeps what it was asked."""

    def __init__(self, *, yes: bool) -> None:
        self.yes = yes
        self.asked: list[tuple[str, Path]] = []

    def __call__(self, browser: Browser, user_data_dir: Path) -> bool:
        self.asked.append((browser.brand, user_data_dir))
        return self.yes


@pytest.fixture
def everyday(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Base:
    """Somebody's everyday Chromium, where this test's Chromium has it."""
    monkeypatch.setenv("CHROME_CONFIG_HOME", str(tmp_path / "config"))
    return make_base(tmp_path / "config" / "chromium", "Profile 2")


needs_linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="moves the everyday profile as Linux does"
)


@needs_linux
@pytest.mark.parametrize("has_orders", [True, False])
def test_an_everyday_profile_that_may_be_automated_is_the_base(
    state: Path, settings: Settings, everyday: Base, has_orders: bool
) -> None:
    """With `auto` and nobody signed in through us; a note says which it was, and nothing in it changes."""
    before, trial = snapshot(everyday.user_data_dir), Trial(yes=True)
    found = look(changed(settings, po_url=URL), state, has_orders=has_orders, may_automate=trial)
    assert found.base == everyday
    assert trial.asked == [("chromium", everyday.user_data_dir)]
    (note,) = found.notes
    assert "your own profile" in note
    assert str(everyday.profile_folder) in note
    assert snapshot(everyday.user_data_dir) == before


@needs_linux
def test_an_everyday_profile_that_may_not_be_automated_is_left_alone(
    state: Path, settings: Settings, everyday: Base
) -> None:
    """Then somebody has to sign in first; a suite without orders starts on empty profiles."""
    with pytest.raises(NobodySignedIn, match="Nobody is signed in yet"):
        look(changed(settings, po_url=URL), state, has_orders=True, may_automate=Trial(yes=False))
    found = look(settings, state, has_orders=False, may_automate=Trial(yes=False))
    assert (found.base, found.notes) == (None, ())


@needs_linux
def test_an_everyday_profile_that_is_open_is_taken(state: Path, settings: Settings, everyday: Base) -> None:
    """What is done about that is a setting, and comes later."""
    with idle() as pid:
        lock_by(everyday.user_data_dir, pid)
        assert look(settings, state, has_orders=False, may_automate=Trial(yes=True)).base == everyday


@needs_linux
@pytest.mark.parametrize("damage", ["Local State", "Profile 2/Preferences"])
def test_a_damaged_everyday_profile_is_not_even_tried(
    state: Path, settings: Settings, everyday: Base, damage: str
) -> None:
    """Nobody has asked for it."""
    (everyday.user_data_dir / damage).unlink()
    trial = Trial(yes=True)
    assert look(settings, state, has_orders=False, may_automate=trial).base is None
    assert trial.asked == []


@needs_linux
@pytest.mark.parametrize("wanted", ["auto", "managed"])
def test_a_managed_base_comes_before_the_everyday_profile(
    state: Path, settings: Settings, everyday: Base, wanted: str
) -> None:
    """Nothing is tried then."""
    base, trial = signed_in(state), Trial(yes=True)
    found = look(changed(settings, edgepool_profile=wanted), state, has_orders=True, may_automate=trial)
    assert (found.base, found.notes, trial.asked) == (base, (), [])


@needs_linux
def test_a_missing_site_is_told_before_anything_is_tried(state: Path, settings: Settings, everyday: Base) -> None:
    """Trying starts a browser."""
    trial = Trial(yes=True)
    with pytest.raises(NobodySignedIn, match="address is not known"):
        look(settings, state, has_orders=True, may_automate=trial)
    assert trial.asked == []


@needs_linux
def test_the_profile_of_another_installation_is_not_taken(
    tmp_path: Path, state: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sandboxed browser's everyday profile is not this one's."""
    monkeypatch.setenv("HOME", str(tmp_path))
    make_base(tmp_path / "snap" / "chromium" / "common" / "chromium")
    trial = Trial(yes=True)
    assert look(settings, state, has_orders=False, may_automate=trial).base is None
    assert trial.asked == []


def test_a_browser_that_may_not_see_our_folder_is_noted(tmp_path: Path, state: Path, settings: Settings) -> None:
    """Before it fails to start."""
    (tmp_path / "chromium").write_text("#!/bin/sh\n# exec /snap/bin/chromium\necho 'Chromium 156.0.1.2'\n")
    (note,) = look(settings, state, has_orders=False).notes
    assert "runs in a sandbox (snap) that may not see" in note
