"""The knobs of which browser runs, and on which profile. Never reads a value from anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from pytest_edgepool.knob import knob
from pytest_edgepool.order_settings import OrderSettings

BROWSERS = ("auto", "edge", "chrome", "chromium")
CHANNELS = ("stable", "beta", "dev", "canary")
VERIFICATIONS = ("file", "capability", "auth")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserSettings(OrderSettings):
    """What is in force for browsers and profiles, beside what is for orders."""

    edgepool_browser: str = knob(
        "auto",
        "text",
        "which browser: auto takes Edge, else Chrome, else Chromium",
        metavar="NAME",
        choices=BROWSERS,
    )
    edgepool_channel: str = knob("stable", "text", "the browser's release channel", metavar="NAME", choices=CHANNELS)
    edgepool_binary: str = knob("", "text", "path of the browser's executable", metavar="PATH")
    edgepool_driver: str = knob("", "text", "path of the driver's executable", metavar="PATH")
    edgepool_profile: str = knob(
        "auto",
        "text",
        "the base profile: auto (the managed one if there is one), managed, default, or the path of a user data dir",
        metavar="WHERE",
    )
    edgepool_profile_directory: str = knob(
        "", "text", "profile folder inside the base; what `Local State` names last used, else Default", metavar="NAME"
    )
    edgepool_login: str = knob(
        "auto",
        "text",
        "when nobody is signed in: auto opens a browser for it first, on a terminal with a screen; never",
        metavar="WHEN",
        choices=("auto", "never"),
    )
    edgepool_base: str = knob(
        "gw0",
        "text",
        "who works on the base profile itself: gw0, or nobody (all on clones)",
        metavar="WHO",
        choices=("gw0", "nobody"),
    )
    edgepool_base_busy: str = knob(
        "clone",
        "text",
        "when the base is held by another run or browser: work on a clone, wait, or fail",
        metavar="DO",
        choices=("clone", "wait", "fail"),
    )
    edgepool_verify: str = knob(
        ",".join(VERIFICATIONS),
        "text",
        "which proofs a profile must give before work",
        metavar="METHODS",
        some_of=VERIFICATIONS,
    )
