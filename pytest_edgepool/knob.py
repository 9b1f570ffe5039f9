"""How one setting is described, what it is called in each place, and what a text means for it. Never holds a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from pytest_edgepool.errors import UsageMistake

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["text", "texts", "whole", "number", "seconds", "yes", "times"]
IniType = Literal["string", "args", "bool"]
Value: TypeAlias = str | tuple[str, ...] | int | float | bool

_YES = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
_NONE = "none"
_WANTED: dict[Kind, str] = {
    "whole": "a whole number",
    "times": "a whole number",
    "number": "a number",
    "seconds": "a number of seconds",
}
_INI_TYPES: dict[Kind, IniType] = {"texts": "args", "yes": "bool"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """What is said of one setting, beside its name and default.

    Attributes:
        kind: how its text is read; `texts` may be given again, `yes` is a switch, `times` one that counts.
        why: one sentence for `--help` and the settings page.
        metavar: what stands for the value in `--help`.
        choices: the only values allowed, when there are such.
        some_of: where the value is any of these, between commas, or `none`.
        option: whether it can be given on the command line; else it is an ini key and an environment variable only.
        least: the smallest number allowed.
        most: the largest.
    """

    kind: Kind
    why: str
    metavar: str = ""
    choices: tuple[str, ...] = ()
    some_of: tuple[str, ...] = ()
    option: bool = True
    least: float = 0
    most: float = float("inf")

    def read(self, raw: object, spoken: str) -> Value:
        """Return what `raw` (text, list of texts, or a value of the right type) means.

        Args:
            raw: what was given.
            spoken: how the user gave it, for the message: `--po-attempts`, `EDGEPOOL_PO_ATTEMPTS`.

        Raises:
            UsageMistake: one sentence naming the setting, the value and what is allowed.
        """
        if self.kind == "texts":
            return _texts(raw)
        if self.kind == "yes":
            return _yes(raw, spoken)
        text = str(raw).strip()
        if self.kind in _WANTED:
            return self._number(text, spoken)
        if self.some_of:
            return self._some(text, spoken)
        if self.choices and text not in self.choices:
            raise UsageMistake(f"{spoken}: {text!r} is not one of {', '.join(self.choices)}.")
        return text

    def _number(self, text: str, spoken: str) -> float:
        try:
            number = int(text) if self.kind in ("whole", "times") else float(text)
        except ValueError:
            raise UsageMistake(f"{spoken}: {text!r} is not {_WANTED[self.kind]}.") from None
        if not number >= self.least:
            raise UsageMistake(f"{spoken}: {text} is not allowed; the least is {self.least:g}.")
        if number > self.most:
            raise UsageMistake(f"{spoken}: {text} is not allowed; the most is {self.most:g}.")
        if number == float("inf"):
            raise UsageMistake(f"{spoken}: {text} is not allowed; give {_WANTED[self.kind]} that ends.")
        return number

    def _some(self, text: str, spoken: str) -> str:
        named = [each.strip() for each in text.split(",")]
        if named == [_NONE]:
            return ""
        for each in named:
            if each not in self.some_of:
                raise UsageMistake(f"{spoken}: {each!r} is not one of {', '.join(self.some_of)} (or {_NONE} alone).")
        return ",".join(named)


def _texts(raw: object) -> tuple[str, ...]:
    several: Iterable[object] = raw if isinstance(raw, list | tuple) else (raw,)
    return tuple(str(each) for each in several)


def _yes(raw: object, spoken: str) -> bool:
    if isinstance(raw, bool):
        return raw
    meant = _YES.get(str(raw).strip().lower())
    if meant is None:
        raise UsageMistake(f"{spoken}: {raw!r} is neither yes nor no.")
    return meant


def knob(
    default: Any,
    kind: Kind,
    why: str,
    **more: Any,
) -> Any:
    """Return a dataclass field that carries its `Knob`."""
    return field(default=default, metadata={"knob": Knob(kind=kind, why=why, **more)})


def option_of(name: str) -> str:
    """Return the command-line option of a setting."""
    return "--" + name.replace("_", "-")


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return "EDGEPOOL_" + name.removeprefix("edgepool_").upper()


def ini_type_of(kind: Kind) -> IniType:
    """Return pytest's ini type for a kind."""
    return _INI_TYPES.get(kind, "string")
