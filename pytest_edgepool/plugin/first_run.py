"""The first run: whoever is at a terminal with a screen signs in before any worker starts. Never judges a sign-in."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_edgepool.errors import EdgepoolError, NobodySignedIn, UsageMistake
from pytest_edgepool.terminal import has_screen, is_terminal, listening_for_enter

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import TextIO

    import pytest

    from pytest_edgepool.looking import Found
    from pytest_edgepool.portals.portal import Portal
    from pytest_edgepool.settings import Settings


def look_or_sign_in(
    config: pytest.Config, settings: Settings, state: Path, portals: Mapping[str, Portal] | None = None
) -> Found:
    """Look up what a run with orders needs; where nobody has signed in yet, have the person do it first if one is here.

    Args:
        config: pytest's config.
        settings: what is in force.
        state: the state folder.
        portals: further portals by name, from plugins.

    Raises:
        UsageMistake: what is missing; nobody is here to sign in, or they did not.
        KeyboardInterrupt: they gave up.
    """
    from pytest_edgepool.looking import look

    try:
        return look(settings, state, has_orders=True, portals=portals)
    except NobodySignedIn:
        with _uncaptured(config):
            if not may_sign_in(settings, sys.stdin, sys.stdout, os.environ):
                raise
            _sign_in(settings, portals)
    return look(settings, state, has_orders=True, portals=portals)


def may_sign_in(
    settings: Settings,
    keyboard: TextIO | None,
    paper: TextIO | None,
    environment: Mapping[str, str],
    platform: str = sys.platform,
) -> bool:
    """Return whether a browser may be opened for somebody to sign in: they want it, and they are there to see it.

    Args:
        settings: what is in force.
        keyboard: pytest's input.
        paper: pytest's output.
        environment: the environment's variables.
        platform: as `sys.platform`.
    """
    return settings.edgepool_login == "auto" and is_terminal(keyboard, paper) and has_screen(environment, platform)


def address_from(typed: str) -> str:
    """Return the address that somebody typed, with the scheme that people leave out.

    Raises:
        UsageMistake: nothing was typed.
    """
    address = typed.strip()
    if not address:
        raise UsageMistake("The site's address is not known: give it with --po-url=https://….")
    return address if "://" in address else f"https://{address}"


def _sign_in(settings: Settings, portals: Mapping[str, Portal] | None) -> None:
    from pytest_edgepool.login import Login
    from pytest_edgepool.run import state_folder

    try:
        _say("Nobody is signed in yet, so that comes first; the run then goes on by itself.")
        url = settings.po_url or address_from(_asked("The site's address (https://yourcompany.coupahost.com): "))
        Login(
            settings=replace(settings, po_url=url, edgepool_headed=True),
            state=state_folder(settings.edgepool_state_dir),
            patience_seconds=settings.edgepool_login_wait,
            say=_say,
            says_so=listening_for_enter(sys.stdin),
            portals=portals,
        ).sign_in()
    except UsageMistake:
        raise
    except EdgepoolError as error:
        raise UsageMistake(str(error)) from error
    except KeyboardInterrupt:
        _say("\nNobody has signed in, so nothing was run.")
        raise


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")
    sys.stdout.flush()


def _asked(question: str) -> str:
    sys.stdout.write(question)
    sys.stdout.flush()
    return sys.stdin.readline()


@contextmanager
def _uncaptured(config: pytest.Config) -> Iterator[None]:
    """Have the terminal, its input too, which pytest keeps from tests and with it from everybody."""
    capture = config.pluginmanager.getplugin("capturemanager")
    if capture is None:
        yield
        return
    capture.suspend_global_capture(in_=True)
    try:
        yield
    finally:
        capture.resume_global_capture()
        capture.suspend_global_capture()  # as pytest has it between its hooks
