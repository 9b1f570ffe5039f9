"""The demo's settings are checked when they are given, and say what is wrong."""

from __future__ import annotations

import pytest

from pytest_edgepool.errors import UsageMistake
from pytest_edgepool.portals.demo.options import FILE_FAULTS, PAGE_FAULTS, DemoFault, DemoOptions, FaultName


def test_the_default_site_behaves() -> None:
    """Without settings nothing is slow, nothing fails and nobody is signed out."""
    options = DemoOptions()
    assert (options.latency_seconds, options.chunk_delay_seconds, options.session_seconds) == (0.0, 0.0, None)
    assert dict(options.faults) == {}


@pytest.mark.parametrize("text", list(FaultName))
def test_a_fault_is_given_by_its_name(text: str) -> None:
    """A fault without a count strikes every request."""
    assert DemoFault.parse(text) == DemoFault(FaultName(text), None)


def test_a_fault_may_strike_the_first_requests_only() -> None:
    """A count after the name bounds the fault."""
    assert DemoFault.parse("server-error:2") == DemoFault(FaultName.SERVER_ERROR, 2)


def test_an_unknown_fault_is_told_with_the_known_ones() -> None:
    """The sentence lists what there is."""
    with pytest.raises(UsageMistake, match="no demo fault 'earthquake'; there are: server-error, rate-limit"):
        DemoFault.parse("earthquake")


@pytest.mark.parametrize("text", ["reset:", "reset:0", "reset:-1", "reset:two", "reset:1:2", "reset:1.5", "reset:٣"])
def test_a_count_that_is_none_is_refused(text: str) -> None:
    """A fault's count is a whole number from one."""
    with pytest.raises(UsageMistake, match="must be a whole number from 1"):
        DemoFault.parse(text)


def test_an_orders_fault_is_found_by_any_spelling() -> None:
    """`PO` before the number matters neither in the settings nor in the question."""
    options = DemoOptions(faults={"PO123456": "slow", "654321": DemoFault(FaultName.RESET, 1)})
    assert options.fault_of("123456") == options.fault_of("po123456") == DemoFault(FaultName.SLOW)
    assert options.fault_of("PO654321") == DemoFault(FaultName.RESET, 1)
    assert options.fault_of("1") is None


def test_an_unknown_fault_in_the_settings_is_refused() -> None:
    """A mistyped fault is noticed before the site is served."""
    with pytest.raises(UsageMistake, match="'slower'"):
        DemoOptions(faults={"1": "slower"})


@pytest.mark.parametrize(
    "name", ["latency_seconds", "chunk_delay_seconds", "slow_chunk_delay_seconds", "session_seconds"]
)
def test_a_negative_time_is_refused(name: str) -> None:
    """No time is negative, and the sentence names which was."""
    with pytest.raises(UsageMistake, match=f"{name} is -1; it cannot be negative"):
        DemoOptions(**{name: -1})  # type: ignore[arg-type]


def test_another_kind_of_session_is_refused() -> None:
    """The sentence lists where a browser can keep a sign-in."""
    with pytest.raises(
        UsageMistake, match="'eternal'; it must be one of: persistent, session, local-storage, indexed-db"
    ):
        DemoOptions(session="eternal")  # type: ignore[arg-type]


def test_the_settings_do_not_change_behind_our_back() -> None:
    """What the caller does to its own dictionary later is not seen."""
    faults = {"1": "slow"}
    options = DemoOptions(faults=faults)
    faults["2"] = "reset"
    assert options.fault_of("2") is None
    with pytest.raises(TypeError):
        options.faults["3"] = "reset"  # type: ignore[index]


def test_every_fault_strikes_either_pages_or_files() -> None:
    """No fault is forgotten, and none strikes both."""
    assert set(FaultName) == PAGE_FAULTS | FILE_FAULTS
    assert not PAGE_FAULTS & FILE_FAULTS
