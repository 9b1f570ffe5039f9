"""A worker keeps its sign-in, takes another's, and waits its turn where the site changes the session with each use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.browser.devtools import DevToolsRefusal
from pytest_edgepool.errors import BrowserTrouble, RunStopped
from pytest_edgepool.events import CleanupFailed, Event, SessionHandedOver
from pytest_edgepool.locks import is_free
from pytest_edgepool.prepare import Plan
from pytest_edgepool.profiles.base import Base
from pytest_edgepool.profiles.session import SessionState, freshest, keep
from pytest_edgepool.run import Run
from pytest_edgepool.settings import Settings
from pytest_edgepool.workers.keeping import session_for_base
from pytest_edgepool.workers.sessions import Sessions
from tests.staged import holding

if TYPE_CHECKING:
    from pathlib import Path

ROTATING = Settings(edgepool_rotating_session=True)


@dataclass
class Jar:
    """A browser's DevTools as far as cookies go: what is set replaces, what has the name `bad` is refused."""

    cookies: dict[str, dict[str, Any]] = field(default_factory=dict)
    is_dead: bool = False

    def call(self, method: str, deadline: object, session: str = "", **params: Any) -> dict[str, Any]:
        if self.is_dead:
            raise BrowserTrouble("the browser's DevTools connection broke")
        if method == "Storage.getCookies":
            return {"cookies": list(self.cookies.values())}
        assert method == "Storage.setCookies"
        if any(each["name"] == "bad" for each in params["cookies"]):
            raise DevToolsRefusal(method, "Invalid cookie fields")
        self.cookies |= {each["name"]: each for each in params["cookies"]}
        return {}


@dataclass
class Browser:
    """A running browser of which only the cookies matter."""

    devtools: Jar = field(default_factory=Jar)

    def now_has(self, value: str) -> None:
        self.devtools.cookies["sso"] = {"name": "sso", "value": value, "domain": "site.test", "path": "/"}

    @property
    def has(self) -> str:
        return str(self.devtools.cookies["sso"]["value"])


@dataclass
class Known:
    """A worker's sessions, its browser, and what was told."""

    sessions: Sessions
    browser: Any
    told: list[Event]


def known(tmp_path: Path, name: str = "gw0", settings: Settings = ROTATING, value: str = "first") -> Known:
    run = Run(tmp_path, "r1")
    run.join()
    told: list[Event] = []
    browser = Browser()
    browser.now_has(value)
    return Known(Sessions(run, settings, name, told.append), browser, told)


def use(worker: Known, value: str) -> None:
    """What an order does at a site that changes the session with each use."""
    with worker.sessions.turn(lambda: worker.browser, lambda: 1):
        worker.browser.now_has(value)
        worker.sessions.keep(worker.browser, 1, {})


def test_a_session_is_handed_on_from_turn_to_turn(tmp_path: Path) -> None:
    """Each begins with what the last one left, and only when somebody else had the site meanwhile."""
    first, second = known(tmp_path, "gw0"), known(tmp_path, "gw1")
    use(first, "one")
    with second.sessions.turn(lambda: second.browser, lambda: 1):
        assert second.browser.has == "one"
        second.browser.now_has("two")
        second.sessions.keep(second.browser, 1, {})
    use(second, "three")
    assert [type(each) for each in second.told] == [SessionHandedOver]
    with first.sessions.turn(lambda: first.browser, lambda: 1):
        assert first.browser.has == "three"


def test_only_one_has_the_site_at_a_time(tmp_path: Path) -> None:
    """Who waits when the run is ended gives up; a turn inside a turn is the same turn."""
    mine = known(tmp_path)
    run = Run(tmp_path, "r1")
    with mine.sessions.turn(lambda: mine.browser, lambda: 0):
        with mine.sessions.turn(lambda: mine.browser, lambda: 0):
            pass
        assert not is_free(run.folder / "turn.lock")
    assert is_free(run.folder / "turn.lock")
    with holding(run.folder / "turn.lock"):
        run.stop("enough")
        with pytest.raises(RunStopped), mine.sessions.turn(lambda: mine.browser, lambda: 0):
            pass


def test_a_turn_ends_whatever_happens_in_it(tmp_path: Path) -> None:
    """A browser that died in it leaves nothing, and that is told; the lock is free."""
    mine = known(tmp_path)
    use(mine, "one")
    with pytest.raises(ZeroDivisionError), mine.sessions.turn(lambda: mine.browser, lambda: 0):  # noqa: PT012 - it is the end of the turn that is looked at
        mine.browser.devtools.is_dead = True
        raise ZeroDivisionError
    assert [type(each) for each in mine.told] == [CleanupFailed]
    assert is_free(Run(tmp_path, "r1").folder / "turn.lock")


def test_elsewhere_there_are_no_turns(tmp_path: Path) -> None:
    """Where the session stays as it is, all workers use it at once."""
    mine = known(tmp_path, settings=Settings())
    with mine.sessions.turn(lambda: mine.browser, lambda: 0):
        assert not (Run(tmp_path, "r1").folder / "turn.lock").exists()


def test_what_is_refused_is_told_by_name(tmp_path: Path) -> None:
    """And the rest arrives."""
    mine = known(tmp_path)
    bad = {"name": "bad", "value": "hush", "domain": "site.test", "path": "/"}
    good = {"name": "good", "value": "1", "domain": "site.test", "path": "/"}
    mine.sessions.put(
        mine.browser, SessionState(worker="gw3", slot=3, at=9.0, cookies=(bad, good), local_storage={}), 1
    )
    [told] = mine.told
    assert told == SessionHandedOver(slot=1, giver="gw3", cookies=1, refused=["bad (site.test)"], origins=0)
    assert "good" in mine.browser.devtools.cookies


def test_a_session_is_offered_once(tmp_path: Path) -> None:
    """What did not help is not tried again; what was withheld is not offered, and stays one's own."""
    mine, other = known(tmp_path, "gw0"), known(tmp_path, "gw1")
    other.sessions.keep(other.browser, 1, {})
    offered = mine.sessions.of_others(set())
    assert offered == other.sessions.own
    assert offered is not None
    assert mine.sessions.of_others({(offered.worker, offered.at)}) is None
    assert other.sessions.of_others(set()) is None
    other.sessions.withhold()
    assert mine.sessions.of_others(set()) is None
    assert other.sessions.own == offered


# -- what the base gets at the end


def plan(tmp_path: Path, *, managed: bool = True) -> Plan:
    base = Base(user_data_dir=tmp_path / "udd", profile_directory="Default", managed=managed)
    return Plan(browser=None, base=base, portal="demo", url="https://site.test", template_key="k")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("slots", "changes", "managed", "kept"),
    [
        ((1, 2), {}, True, True),
        ((0, 2), {}, True, False),
        ((0, 2), {"edgepool_rotating_session": True}, True, True),
        ((2, 0), {"edgepool_rotating_session": True}, True, False),
        ((1,), {"edgepool_base": "nobody"}, True, False),
        ((1,), {"edgepool_base": "nobody", "edgepool_rotating_session": True}, True, True),
        ((1, 2), {"edgepool_keep_session": False}, True, False),
        ((1, 2), {}, False, False),
        ((), {}, True, False),
    ],
)
def test_the_base_gets_the_freshest_session_only_when_it_lacks_it(
    tmp_path: Path, slots: tuple[int, ...], changes: dict[str, Any], managed: bool, kept: bool
) -> None:
    """Never a base of the user's own, never what its own worker left there, never when nobody may touch it."""
    run = Run(tmp_path, "r1")
    run.join()
    for at, slot in enumerate(slots):
        keep(run, SessionState(worker=f"gw{slot}", slot=slot, at=float(at), local_storage={}))
    found = session_for_base(run, Settings(**changes), plan(tmp_path, managed=managed))
    assert (found is not None) is kept
    assert not kept or found == freshest(run)


def test_a_run_that_was_ended_leaves_the_base_alone(tmp_path: Path) -> None:
    """There is no time, and it is no clean end."""
    run = Run(tmp_path, "r1")
    run.join()
    keep(run, SessionState(worker="gw1", slot=1, at=1.0, local_storage={}))
    run.stop("signal")
    assert session_for_base(run, Settings(), plan(tmp_path)) is None


def test_a_recycled_browser_s_cookies_go_to_the_next_one_once(tmp_path: Path) -> None:
    """Without local storage: what was kept of that is older than the profile's own files."""
    worker = known(tmp_path, settings=Settings(), value="fresh")
    assert worker.sessions.to_begin_with() is None
    worker.sessions.carry(worker.browser, 1)
    carried = worker.sessions.to_begin_with()
    assert carried is not None
    assert [each["value"] for each in carried.cookies] == ["fresh"]
    assert carried.local_storage == {}
    assert worker.sessions.to_begin_with() is None
    assert freshest(Run(tmp_path, "r1")) is None, "nobody else is given it"


def test_where_the_session_changes_with_each_use_the_last_turn_s_counts(tmp_path: Path) -> None:
    """What an idle browser holds was used up by others meanwhile."""
    first, second = known(tmp_path, "gw0"), known(tmp_path, "gw1")
    use(first, "one")
    use(second, "two")
    first.sessions.carry(first.browser, 1)
    begun = first.sessions.to_begin_with()
    assert begun is first.sessions.own
    with first.sessions.turn(lambda: first.browser, lambda: 1):
        assert first.browser.has == "two"
