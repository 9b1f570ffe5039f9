"""Every knob once: name, type, default, why. Never reads the command line, the environment or a file itself.

A knob `edgepool_profile` is the option `--edgepool-profile`, the ini key `edgepool_profile` and the environment
variable `EDGEPOOL_PROFILE`; `po_url` is `--po-url`, `po_url` and `EDGEPOOL_PO_URL`. Order: command line, environment,
ini, default. The knobs themselves are here, in `browser_settings.py` and in `order_settings.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal

from pytest_edgepool.browser_settings import BROWSERS, CHANNELS, VERIFICATIONS, BrowserSettings
from pytest_edgepool.knob import IniType, Kind, Knob, Value, ini_type_of, knob, option_of, variable_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "BROWSERS",
    "CHANNELS",
    "VERIFICATIONS",
    "InForce",
    "IniType",
    "Kind",
    "Knob",
    "LogLevel",
    "Settings",
    "default_of",
    "ini_type_of",
    "knobs",
    "option_of",
    "read_value",
    "resolve",
    "variable_of",
]

LogLevel = Literal["basic", "detailed", "complete"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(BrowserSettings):
    """What is in force. Durations are seconds, counts are whole numbers; an empty text means "not set".

    The knobs of orders, and of which browser runs, come from `order_settings.py` and `browser_settings.py`.
    """

    edgepool_headed: bool = knob(
        default=False, kind="yes", why="show the browsers (default: headless, with the same guarantees)"
    )
    edgepool_arg: tuple[str, ...] = knob((), "texts", "one more browser switch; may be given again", metavar="ARG")
    edgepool_max_browsers: int = knob(10, "whole", "most browsers at once", metavar="N", least=1)
    edgepool_grace: float = knob(60.0, "seconds", "what the PO in hand gets when the run is ended", metavar="S")
    edgepool_log: LogLevel = knob(  # noqa: RUF009 - it returns a field
        "basic",
        "text",
        "how much the log tells: outcomes; steps too; driver calls too",
        metavar="LEVEL",
        choices=("basic", "detailed", "complete"),
    )
    edgepool_progress: str = knob(
        "auto",
        "text",
        "what is told while POs run: a live line on a terminal, else plain lines now and then; or always one of them",
        choices=("auto", "live", "plain", "none"),
        option=False,
    )
    edgepool_start_timeout: float = knob(60.0, "seconds", "how long a browser may take to start", option=False, least=1)
    edgepool_heartbeat: float = knob(
        20.0,
        "seconds",
        "how long a browser, its driver or its supervisor may be silent before a new one replaces it; 0: for ever",
        option=False,
    )
    edgepool_file_timeout: float = knob(10.0, "seconds", "limit of the file proof", option=False, least=1)
    edgepool_capability_timeout: float = knob(10.0, "seconds", "limit of the capability proof", option=False, least=1)
    edgepool_auth_timeout: float = knob(30.0, "seconds", "limit of the sign-in proof", option=False, least=1)
    edgepool_verify_attempts: int = knob(
        3,
        "whole",
        "tries a proof gets when what failed may pass (a network error, no answer in time)",
        option=False,
        least=1,
    )
    edgepool_verify_retry_seconds: float = knob(
        1.0, "seconds", "pause before a proof's second try; it doubles each time", option=False
    )
    edgepool_verify_retry_most_seconds: float = knob(
        10.0, "seconds", "longest pause between two tries of a proof", option=False
    )
    edgepool_mendings: int = knob(
        3, "whole", "how often in a run one worker may try to mend its profile; 0: never", option=False
    )
    edgepool_hold: float = knob(
        120.0, "seconds", "how long a worker that is not signed in waits for another that may still help", option=False
    )
    edgepool_keep_session: bool = knob(
        default=True, kind="yes", why="at a clean end, put the freshest session into the managed base", option=False
    )
    edgepool_rotating_session: bool = knob(
        default=False,
        kind="yes",
        why="the site changes the session with each use: workers take turns and hand it on (right, but not faster)",
        option=False,
    )
    edgepool_login_wait: float = knob(
        600.0, "seconds", "how long the sign-in that a run opens by itself waits for the person", option=False, least=1
    )
    edgepool_base_wait: float = knob(
        3600.0, "seconds", "longest wait for a busy base with --edgepool-base-busy=wait", option=False
    )
    edgepool_launches: int = knob(
        0, "whole", "browsers that may start at the same time on this machine; 0: as many as it has cores", option=False
    )
    edgepool_indexeddb: bool = knob(
        default=True, kind="yes", why="copy IndexedDB into clones (some sign-ins live there)", option=False
    )
    edgepool_extensions: bool = knob(default=False, kind="yes", why="copy extensions into clones", option=False)
    edgepool_memory_limit: float = knob(
        0.75,
        "number",
        "share of the memory (machine's or container's, whichever is tighter) from which on browsers are recycled and "
        "POs wait; 0: never",
        option=False,
    )
    edgepool_recycle_tabs: int = knob(
        500, "whole", "tabs after which a browser is started anew, between two POs; 0: never", option=False
    )
    edgepool_recycle_age: float = knob(
        0.0, "seconds", "age at which a browser is started anew, between two POs; 0: never", option=False
    )
    edgepool_recycle_least_tabs: int = knob(
        25, "whole", "tabs that a browser has before it is started anew for memory", option=False, least=1
    )
    edgepool_processor_limit: float = knob(
        20.0,
        "number",
        "load (waiting programs for each core, on average over a minute) from which on POs wait; 0: never",
        option=False,
    )
    edgepool_pace_wait: float = knob(
        60.0, "seconds", "how long a PO waits at most while memory or processor stay short; 0: never", option=False
    )
    edgepool_state_dir: str = knob(
        "", "text", "where managed bases, templates, clones and locks live; the user's state folder", option=False
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """The settings of a run, and where each that is not a default came from."""

    settings: Settings
    sources: Mapping[str, str]


def knobs() -> dict[str, Knob]:
    """Return every knob by the name of its field, in the order of the settings page."""
    return {each.name: each.metadata["knob"] for each in fields(Settings)}


def default_of(name: str) -> Any:
    """Return the default of the setting `name`."""
    return next(each.default for each in fields(Settings) if each.name == name)


def read_value(name: str, raw: object, spoken: str) -> Value:
    """Return what `raw` (text, list of texts, or a value of the right type) means for the setting `name`.

    Args:
        name: the setting's field name.
        raw: what was given.
        spoken: how the user gave it, for the message: `--po-attempts`, `EDGEPOOL_PO_ATTEMPTS`, `ini key po_attempts`.

    Raises:
        UsageMistake: one sentence naming the setting, the value and what is allowed.
    """
    return knobs()[name].read(raw, spoken)


def resolve(
    command_line: Callable[[str], object],
    environment: Mapping[str, str],
    ini: Callable[[str], object],
) -> InForce:
    """Return what is in force.

    Args:
        command_line: the value given for an option, or None.
        environment: the environment variables.
        ini: the value given for an ini key, or None.

    Raises:
        UsageMistake: a value that is not allowed.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for name, told in knobs().items():
        given = command_line(name) if told.option else None
        if given is not None:
            spoken, source = option_of(name), "command line"
        elif environment.get(variable_of(name)):
            given, spoken, source = environment[variable_of(name)], variable_of(name), "environment"
        elif (given := ini(name)) is not None:
            spoken, source = f"ini key {name}", "ini"
        else:
            continue
        values[name] = read_value(name, given, spoken)
        sources[name] = source
    if "po_url" not in values and environment.get("COUPA_BASE_URL"):
        values["po_url"] = read_value("po_url", environment["COUPA_BASE_URL"], "COUPA_BASE_URL")
        sources["po_url"] = "COUPA_BASE_URL"
    return InForce(settings=Settings(**values), sources=sources)
