"""Every knob has one name in each place, one order of who wins, and one sentence for what is not allowed."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.settings import (
    InForce,
    Settings,
    default_of,
    ini_type_of,
    knobs,
    option_of,
    read_value,
    resolve,
    variable_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

ALL = sorted(knobs())
# One value that is not the default, as text and as what it means.
OTHERS: dict[str, tuple[str, object]] = {
    "edgepool_profile": ("managed", "managed"),
    "edgepool_verify": ("auth", "auth"),
    "po_update": ("2", 2),
}


def other_of(name: str) -> tuple[str, object]:
    """A text that is allowed for a setting and not its default, and what it means."""
    told, default = knobs()[name], default_of(name)
    if name in OTHERS:
        return OTHERS[name]
    if told.choices:
        text = next(each for each in told.choices if each != default)
        return text, text
    if told.kind == "whole":
        return "7", 7
    if told.kind in ("seconds", "number"):
        return "7.5", 7.5
    if told.kind == "yes":
        return ("no", False) if default else ("yes", True)
    return ("x y", ("x y",)) if told.kind == "texts" else ("x y", "x y")


def resolved(
    command_line: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    ini: Mapping[str, object] | None = None,
) -> InForce:
    return resolve((command_line or {}).get, environment or {}, (ini or {}).get)


@pytest.mark.parametrize("name", ALL)
def test_each_place_gives_a_setting(name: str) -> None:
    """Ini beats the default, the environment beats ini, and the header can say which it was."""
    text, meant = other_of(name)
    default = default_of(name)
    as_default = "0" if default is False else "1" if default is True else default

    def of(force: InForce) -> tuple[object, str | None]:
        return getattr(force.settings, name), force.sources.get(name)

    assert of(resolved()) == (default, None)
    assert of(resolved(ini={name: text})) == (meant, "ini")
    assert of(resolved(environment={variable_of(name): text}, ini={name: as_default})) == (meant, "environment")


@pytest.mark.parametrize("name", [name for name in ALL if knobs()[name].option])
def test_the_command_line_wins(name: str) -> None:
    """What was typed is what is in force, whatever environment and ini say."""
    text, meant = other_of(name)
    force = resolved({name: text}, {variable_of(name): "no such value"}, {name: "no such value"})
    assert getattr(force.settings, name) == meant
    assert force.sources[name] == "command line"


@pytest.mark.parametrize("name", [name for name in ALL if not knobs()[name].option])
def test_what_is_no_option_is_not_read_from_the_command_line(name: str) -> None:
    """A setting without an option cannot come from an option of somebody else's with the same name."""
    assert resolved({name: other_of(name)[0]}).sources == {}


def test_an_empty_variable_is_not_set() -> None:
    """`EDGEPOOL_PROFILE= pytest` is the same as without."""
    assert resolved(environment={"EDGEPOOL_PROFILE": ""}).sources == {}


@pytest.mark.parametrize("name", ALL)
def test_names_follow_one_rule(name: str) -> None:
    """Option, variable and ini key of a setting can be told from each other's."""
    words = name.replace("_", "-")
    assert option_of(name) == f"--{words}"
    assert variable_of(name) == "EDGEPOOL_" + words.removeprefix("edgepool-").replace("-", "_").upper()


@pytest.mark.parametrize(
    ("name", "option", "variable"),
    [
        ("edgepool_profile", "--edgepool-profile", "EDGEPOOL_PROFILE"),
        ("po_url", "--po-url", "EDGEPOOL_PO_URL"),
        ("edgepool_max_browsers", "--edgepool-max-browsers", "EDGEPOOL_MAX_BROWSERS"),
    ],
)
def test_the_names_that_suites_use_are_fixed(name: str, option: str, variable: str) -> None:
    """The contract names these."""
    assert (option_of(name), variable_of(name)) == (option, variable)
    assert name in knobs()


def test_no_two_settings_share_a_name() -> None:
    """One variable means one setting."""
    assert len({variable_of(name) for name in ALL}) == len({option_of(name) for name in ALL}) == len(ALL)


@pytest.mark.parametrize("name", ALL)
def test_every_knob_is_told(name: str) -> None:
    """Each says what it is for, and an option with a value what stands for it; its default is allowed."""
    told = knobs()[name]
    assert told.why
    assert not told.why.endswith(".")
    assert bool(told.metavar) == (told.option and told.kind not in ("yes", "times"))
    assert read_value(name, default_of(name), "the default") == default_of(name) or default_of(name) == ""


@pytest.mark.parametrize(
    ("kind", "ini"),
    [("texts", "args"), ("yes", "bool"), ("text", "string"), ("whole", "string"), ("seconds", "string")],
)
def test_pytest_reads_each_kind_as_its_own_type(kind: str, ini: str) -> None:
    """A list in an ini is split by pytest, a switch is read by it, the rest is ours."""
    assert ini_type_of(kind) == ini  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "raw", "said"),
    [
        ("po_attempts", "three", "'three' is not a whole number"),
        ("po_attempts", "2.5", "'2.5' is not a whole number"),
        ("po_attempts", "0", "0 is not allowed; the least is 1"),
        ("po_attempts", "", "'' is not a whole number"),
        ("po_update", "3", "3 is not allowed; the most is 2"),
        ("po_timeout", "soon", "'soon' is not a number of seconds"),
        ("po_timeout", "0.5", "0.5 is not allowed; the least is 1"),
        ("po_timeout", "nan", "nan is not allowed; the least is 1"),
        ("po_timeout", "inf", "inf is not allowed; give a number of seconds that ends"),
        ("edgepool_grace", "-1", "-1 is not allowed; the least is 0"),
        ("po_rerun", "some", "'some' is not one of unfinished, failed, all"),
        ("edgepool_browser", "firefox", "'firefox' is not one of auto, edge, chrome, chromium"),
        ("edgepool_browser", "Edge", "'Edge' is not one of auto, edge, chrome, chromium"),
        ("edgepool_log", "debug", "'debug' is not one of basic, detailed, complete"),
        ("edgepool_headed", "maybe", "'maybe' is neither yes nor no"),
        ("edgepool_verify", "file,cookies", "'cookies' is not one of file, capability, auth (or none alone)"),
        ("edgepool_verify", "", "'' is not one of file, capability, auth (or none alone)"),
        ("edgepool_verify", "file,none", "'none' is not one of file, capability, auth (or none alone)"),
    ],
)
def test_a_bad_value_gets_one_sentence(name: str, raw: str, said: str) -> None:
    """It names how the value was given, the value, and what is allowed."""
    with pytest.raises(UsageMistake) as mistake:
        read_value(name, raw, option_of(name))
    assert str(mistake.value) == f"{option_of(name)}: {said}."


@pytest.mark.parametrize("place", ["environment", "ini"])
def test_the_sentence_names_where_the_bad_value_stood(place: str) -> None:
    """The user need not guess which of four places to mend."""
    given = {"environment": {"EDGEPOOL_GRACE": "x"}} if place == "environment" else {"ini": {"edgepool_grace": "x"}}
    spoken = {"environment": "EDGEPOOL_GRACE", "ini": "ini key edgepool_grace"}[place]
    with pytest.raises(UsageMistake, match=f"^{spoken}: 'x' is not a number of seconds"):
        resolved(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("raw", "meant"),
    [
        ("YES", True),
        (" on ", True),
        ("1", True),
        ("true", True),
        (True, True),
        ("Off", False),
        ("0", False),
        (False, False),
    ],
)
def test_a_switch_is_read_as_people_write_it(raw: object, meant: bool) -> None:
    """Case and spaces around do not matter."""
    assert read_value("edgepool_headed", raw, "x") is meant


@pytest.mark.parametrize(
    ("raw", "meant"),
    [("none", ""), ("auth", "auth"), (" file , auth ", "file,auth"), ("file,capability,auth", "file,capability,auth")],
)
def test_proofs_are_named_one_by_one_or_not_at_all(raw: str, meant: str) -> None:
    """Doing without all of them has to be said."""
    assert read_value("edgepool_verify", raw, "x") == meant


@pytest.mark.parametrize(
    ("raw", "meant"), [("a b.csv", ("a b.csv",)), (["a.csv", "b.csv"], ("a.csv", "b.csv")), ((), ())]
)
def test_what_may_be_given_again_is_a_tuple(raw: object, meant: tuple[str, ...]) -> None:
    """One text is one value, spaces and all."""
    assert read_value("po_csv", raw, "x") == meant


def test_the_sites_own_variable_is_the_last_resort() -> None:
    """COUPA_BASE_URL counts only where nothing else names the site, and the header says so."""
    environment = {"COUPA_BASE_URL": " https://x.test "}
    force = resolved(environment=environment)
    assert (force.settings.po_url, force.sources) == ("https://x.test", {"po_url": "COUPA_BASE_URL"})
    assert resolved(environment=environment, ini={"po_url": "https://y.test"}).settings.po_url == "https://y.test"


def test_settings_are_a_value() -> None:
    """Nobody changes what is in force."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().po_url = "https://x.test"  # type: ignore[misc]
    assert Settings() == resolved().settings
