"""How many processes run items, and how the orders are dealt out to them. Never starts a worker."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.plugin.collect import orders_of
from pytest_edgepool.plugin.keys import SIZING
from pytest_edgepool.plugin.options import in_force

if TYPE_CHECKING:
    from pytest_edgepool.settings import Settings

# What may go to any worker; xdist 3.8's others hang when one dies, or give its item to one after the other.
_FREE = ("no", "load", "worksteal")


def hasten(config: pytest.Config) -> None:
    """Choose the distribution when the user has not: nobody idles while another holds more than one order not begun."""
    option = config.option
    chosen = getattr(option, "dist", "no") != "no" or getattr(option, "distload", False)
    if not chosen and getattr(option, "maxschedchunk", 0) is None:
        option.maxschedchunk = 1


def binds_orders(config: pytest.Config) -> bool:
    """Whether the distribution binds items to workers, so that nobody else can have those of one that died."""
    return config.getoption("dist", "no") not in _FREE


def why_bound(config: pytest.Config) -> str:
    """Return the reason why an order of a worker that died is not run again, as one clause."""
    return f"--dist={config.getoption('dist', 'no')} binds POs to workers, so nobody else could have it"


def note_of_bound(config: pytest.Config) -> list[str]:
    """Return what is to be said at the start of the distribution: a list of sentences."""
    if not binds_orders(config):
        return []
    chosen = f"--dist={config.getoption('dist', 'no')}"
    return [f"{chosen} binds POs to workers: if one dies, its PO fails and the run is ended; --dist=load would go on"]


def auto_workers(config: pytest.Config) -> int | None:
    """Return how many workers `-n auto` means for these orders; None leaves it to xdist and its own variable."""
    orders = len(orders_of(config))
    if not orders or os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS"):
        return None
    from pytest_edgepool.plugin.sizing import size_of

    # With paths there are other tests too, whose number nobody knows yet.
    known = None if config.args_source is pytest.Config.ArgsSource.ARGS else orders
    size = size_of(in_force(config).settings, known)
    config.stash[SIZING] = size.told()
    return size.workers


def count_workers(config: pytest.Config) -> int:
    """Return how many processes will run items: what `--tx` comes to, or one."""
    if config.getoption("dist", "no") == "no":
        return 1
    specs: list[str] = config.getoption("tx", None) or []
    return sum(int(many) if (many := each.partition("*")[0]).isdecimal() and "*" in each else 1 for each in specs) or 1


def count_clones(config: pytest.Config, settings: Settings) -> int:
    """Return how many clones the run will want at once: a worker's without an order is never made."""
    browsers = min(count_workers(config), max(1, len(orders_of(config))))
    return browsers if settings.edgepool_base == "nobody" else browsers - 1


def check_workers(config: pytest.Config, settings: Settings) -> None:
    """Refuse what cannot end well.

    Raises:
        pytest.UsageError: more workers than browsers allowed, or a distribution that fetches each order several times.
    """
    if config.getoption("dist", "no") == "each":
        raise pytest.UsageError(
            "--dist=each would fetch each PO once in every worker; use --dist=load or leave it out."
        )
    workers = count_workers(config)
    if workers > settings.edgepool_max_browsers:
        raise pytest.UsageError(
            f"{workers} workers want {workers} browsers, and --edgepool-max-browsers allows "
            f"{settings.edgepool_max_browsers}; start fewer workers or raise it."
        )
