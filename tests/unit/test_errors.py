"""Every error says whose fault it was, in one sentence, and crosses to another process whole."""

from __future__ import annotations

import importlib
import inspect
import pickle
import pkgutil

import pytest

import pytest_edgepool
from pytest_edgepool import errors
from pytest_edgepool.errors import DeadlinePassed, EdgepoolError, Permanent, Retryable, ServerTrouble, SheetMistake

_SAMPLES = {"str": "some text", "int": 7, "float": 1.5, "int | None": 3, "float | None": 2.5}
_SAMPLES["tuple[SheetMistake, ...]"] = (SheetMistake("pos.csv", 3, "has no number", "fill it in"),)


def all_errors() -> list[type[EdgepoolError]]:
    """Every subclass that any module of the package defines."""
    for module in pkgutil.walk_packages(pytest_edgepool.__path__, "pytest_edgepool."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found, waiting = [], [EdgepoolError]
    while waiting:
        found.append(waiting.pop())
        waiting += found[-1].__subclasses__()
    return sorted(set(found), key=lambda each: each.__qualname__)


def sample_of(error: type[EdgepoolError]) -> EdgepoolError:
    """An error of that class, each of its fields filled in."""
    if error.__init__ is Exception.__init__:
        return error("a reason")
    parameters = list(inspect.signature(error.__init__).parameters.values())[1:]
    if any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return error("a reason")
    return error(*(_SAMPLES[str(each.annotation)] for each in parameters))


def test_every_error_survives_pickling() -> None:
    """An error that a worker raised says the same, with the same fields, in the process that reads it."""
    found = all_errors()
    assert len(found) > 15
    for each in found:
        error = sample_of(each)
        copy = pickle.loads(pickle.dumps(error))
        # As text, because an error that carries others is equal to none: errors compare by identity.
        assert (type(copy), str(copy), repr(vars(copy)), repr(copy)) == (
            each,
            str(error),
            repr(vars(error)),
            repr(error),
        )


def test_every_error_has_one_of_the_four_answers() -> None:
    """An error is the user's to mend, may pass, or will not; only a passed deadline is none of these."""
    answers = (errors.UsageMistake, Retryable, Permanent, DeadlinePassed)
    for each in all_errors():
        assert sum(issubclass(each, answer) for answer in answers) == (0 if each is EdgepoolError else 1), each


def test_every_error_has_a_text() -> None:
    """No error shows as nothing."""
    assert all(str(sample_of(each)) for each in all_errors())


@pytest.mark.parametrize(
    ("line", "sentence"),
    [(3, "pos.csv, line 3: there is no number; add one."), (None, "pos.csv: there is no number; add one.")],
)
def test_a_sheet_mistake_names_file_line_and_remedy(line: int | None, sentence: str) -> None:
    """The user reads where it is, what is wrong and what to do."""
    assert str(SheetMistake("pos.csv", line, "there is no number", "add one")) == sentence


def test_a_servers_trouble_keeps_what_it_asked_for() -> None:
    """Who waits for the site knows for how long."""
    trouble = ServerTrouble(429, retry_after_seconds=12.5)
    assert (trouble.status, trouble.retry_after_seconds) == (429, 12.5)
    assert str(trouble) == "the site answered with HTTP status 429"
    assert ServerTrouble(503).retry_after_seconds is None


def test_a_passed_deadline_says_what_took_too_long() -> None:
    """The reason of a timeout names the work and its time."""
    assert str(DeadlinePassed("PO 7", 300.0)) == "PO 7 took longer than 300 s"
