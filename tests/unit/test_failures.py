"""Every failure has one kind, and the kind says what is done about it."""

from __future__ import annotations

import importlib
import pkgutil
import re
from dataclasses import fields

import pytest
from selenium.common.exceptions import WebDriverException

import pytest_edgepool
from pytest_edgepool import errors
from pytest_edgepool.failures import FAILURES, Kind, failure_of
from pytest_edgepool.outcomes.status import DONE, Status
from pytest_edgepool.settings import Settings

SAMPLES = {
    errors.TooManyRequests(429): Kind.TOO_FAST,
    errors.ServerTrouble(503): Kind.SITE,
    errors.SiteUnreachable("nobody"): Kind.SITE,
    errors.StrangePage("none"): Kind.SITE,
    errors.AskedToWait("an hour"): Kind.LONG_WAIT,
    errors.TransferBroken("cut"): Kind.TRANSFER,
    errors.NotAsNamed("a page"): Kind.NOT_AS_NAMED,
    errors.FileRefused("404"): Kind.ANSWER,
    errors.SignedOut("who?"): Kind.SIGNED_OUT,
    errors.SessionRenewed("again"): Kind.SIGNED_OUT,
    errors.TabTrouble("crashed"): Kind.TAB,
    WebDriverException("tab crashed"): Kind.TAB,
    errors.BrowserTrouble("gone"): Kind.BROWSER,
    ConnectionResetError(104, "reset"): Kind.BROWSER,
    errors.DeadlinePassed("PO 7", 300.0): Kind.DEADLINE,
    errors.DiskTrouble("full"): Kind.DISK,
    OSError(28, "No space left on device"): Kind.DISK,
    errors.OutputVanished("gone"): Kind.OUTPUT_GONE,
    errors.NobodySignedIn("nobody"): Kind.PROFILE,
    errors.ProfileTrouble("no clone"): Kind.PROFILE,
    errors.UsageMistake("wrong"): Kind.MISTAKE,
    errors.Permanent("useless"): Kind.REFUSED,
    errors.RunStopped("ended"): Kind.STOPPED,
    errors.Retired("others have it"): Kind.RETIRED,
    KeyError("guid"): Kind.BUG,
}


ROOTS = {errors.EdgepoolError, errors.Retryable}  # nobody raises these


def all_errors() -> set[type[errors.EdgepoolError]]:
    """Every error class that a module of the package defines."""
    for module in pkgutil.walk_packages(pytest_edgepool.__path__, "pytest_edgepool."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: set[type[errors.EdgepoolError]] = set()
    waiting: list[type[errors.EdgepoolError]] = [errors.EdgepoolError]
    while waiting:
        found.add(waiting.pop())
        waiting += [sub for each in list(found) for sub in each.__subclasses__() if sub not in found]
    return found


@pytest.mark.parametrize(("error", "kind"), SAMPLES.items(), ids=[type(each).__name__ for each in SAMPLES])
def test_an_error_has_one_kind(error: Exception, kind: Kind) -> None:
    """The first row that names its class, or one that it is a special case of."""
    assert failure_of(error).kind is kind


def test_each_kind_has_one_row_and_one_sample() -> None:
    """No kind is missing in the table or in these tests, none is there twice."""
    assert [each.kind for each in FAILURES] == list(Kind)
    assert set(SAMPLES.values()) == set(Kind)


def test_what_the_table_calls_retried_is_what_the_tries_take_up() -> None:
    """An error is worth another try exactly when its class says so; but a session has to be renewed first."""
    for each in all_errors() - {*ROOTS, errors.SignedOut}:
        row = next(row for row in FAILURES if issubclass(each, row.errors))
        assert row.is_retried == issubclass(each, errors.Retryable), each


def test_no_error_of_ours_is_taken_for_a_bug() -> None:
    """The last row is for what nobody foresaw."""
    ours = all_errors() - ROOTS
    assert not [each for each in ours if not any(issubclass(each, row.errors) for row in FAILURES[:-1])]


def test_a_special_case_stands_before_its_general_one() -> None:
    """A row whose classes an earlier row has swallowed would never be found."""
    for place, row in enumerate(FAILURES):
        before = tuple(each for earlier in FAILURES[:place] for each in earlier.errors)
        assert not [each for each in row.errors if before and issubclass(each, before)], row.kind


def test_no_failure_is_called_a_success() -> None:
    """Nor SKIPPED, which is an earlier success."""
    assert not {each.status for each in FAILURES} & {*DONE, Status.SKIPPED}


def test_the_settings_that_the_table_names_are_there() -> None:
    """Who reads `po_attempts` in the docs can set it."""
    named = {name for row in FAILURES for name in re.findall(r"`((?:po|edgepool)_\w+)`", f"{row.tries} {row.remedy}")}
    assert {"po_attempts", "po_retry_seconds", "po_retry_most_seconds"} <= named
    assert named <= {each.name for each in fields(Settings)}


def test_what_ends_the_run_is_what_would_meet_every_order() -> None:
    """The disk, and a site that wants to be left alone for longer than anybody waits."""
    assert {each.kind for each in FAILURES if each.ends_run} == {Kind.LONG_WAIT, Kind.DISK}
    assert failure_of(errors.AskedToWait("an hour")).status is Status.RATE_LIMIT
