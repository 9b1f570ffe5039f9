"""Orders as pytest items: `pos.csv::PO15262984`, in sheet order, the same in each worker. Never fetches anything."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_edgepool.errors import EdgepoolError, Permanent, UsageMistake
from pytest_edgepool.outcomes.status import Outcome, Verdict, verdict_of
from pytest_edgepool.plugin.junit import note
from pytest_edgepool.plugin.keys import ORDER, SHEETS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pytest_edgepool.orders.order import PurchaseOrder
    from pytest_edgepool.orders.sheet import Sheet
    from pytest_edgepool.settings import InForce

_SUFFIXES = (".csv", ".tsv", ".xlsx")  # of `FILE::PO3` that counts as a sheet when no setting names one


def read_sheets(config: pytest.Config, force: InForce) -> None:
    """Read the sheets of this run, if there are any, into the config.

    Raises:
        pytest.UsageError: a sheet that cannot be run; one sentence.
    """
    paths = _given(config, force) or _named_by_items(config)
    if not paths:
        return
    from pytest_edgepool.orders.sheet import SheetRules
    from pytest_edgepool.orders.sheet import read_sheets as read
    from pytest_edgepool.plugin.site import number_rule

    settings = force.settings
    try:
        rules = SheetRules(
            worksheet=settings.po_worksheet,
            honours_status=settings.po_honour_status,
            numbers=number_rule(settings),
        )
        sheets = read(paths, settings.po_column or None, rules)
    except UsageMistake as mistake:
        if force.settings.po_csv:
            raise pytest.UsageError(str(mistake)) from None
        # `x.csv::a` may be an item of somebody else's
        config.issue_config_time_warning(pytest.PytestConfigWarning(str(mistake)), stacklevel=2)
        return
    _refuse_names(config, sheets)
    config.stash[SHEETS] = sheets


def _given(config: pytest.Config, force: InForce) -> list[Path]:
    """Return the sheets of the settings, each once; what an ini names lies beside it, wherever pytest is called."""
    beside = config.inipath.parent if force.sources.get("po_csv") == "ini" and config.inipath else None
    if beside == config.invocation_params.dir:
        beside = None  # the same, and people read the short name
    paths = (Path(each).expanduser() for each in force.settings.po_csv)
    found = [path if beside is None else beside / path for path in paths]
    return list({whole_path(config, str(path)): path for path in reversed(found)}.values())[::-1]


def _named_by_items(config: pytest.Config) -> list[Path]:
    """Return the sheets of items named on the command line (`pos.csv::PO3`), as a summary's line is given again."""
    named = dict.fromkeys(Path(arg.partition("::")[0]) for arg in config.args if "::" in arg)
    return [path for path in named if path.suffix.lower() in _SUFFIXES and whole_path(config, str(path)).is_file()]


def thaw_sheets(config: pytest.Config, told: dict[str, str]) -> None:
    """Read the frozen sheets in a worker; their digest must be the controller's."""
    from pytest_edgepool.orders.sheet import thaw
    from pytest_edgepool.run import Run

    run = Run(Path(told["state"]), told["run"])
    config.stash[SHEETS] = thaw(run.orders_file.read_bytes(), told["digest"])


class OrderFailed(Permanent):
    """An order whose outcome is a failure; its message is the outcome's one line."""


def judge(outcome: Outcome) -> None:
    """Pass, skip or fail the running test by an order's outcome."""
    verdict = verdict_of(outcome.status)
    told = f"{outcome.status}: {outcome.reason}" if outcome.reason else str(outcome.status)
    if verdict is Verdict.SKIPPED:
        pytest.skip(told)
    if verdict is Verdict.FAILED:
        evidence = f"\nevidence: {outcome.evidence}" if outcome.evidence else ""
        raise OrderFailed(f"{told}{evidence}")


def run_order(
    request: pytest.FixtureRequest, purchase_order: PurchaseOrder, po_download: Callable[[PurchaseOrder], Outcome]
) -> None:
    """Fetch one order: what every item of a sheet calls."""
    outcome = po_download(purchase_order)
    note(request.node, outcome)  # again, for a suite whose `po_download` is its own
    judge(outcome)


class OrderItem(pytest.Function):
    """One purchase order as a test."""

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        """Return the sheet and the order's line in it."""
        return self.path, self.stash[ORDER].row - 1, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        """Show our own errors as the sentences they are; anything else is a bug and keeps its traceback."""
        if isinstance(excinfo.value, EdgepoolError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


class SheetFile(pytest.File):
    """A sheet; collects its orders."""

    def collect(self) -> Iterable[pytest.Item]:
        """Yield an item for each order of the frozen sheet; they share one resolution of fixtures."""
        shared: Any = None
        for order in sheet_of(self.config, self.path).orders:
            item = OrderItem.from_parent(self, name=order.item_name, callobj=run_order, fixtureinfo=shared)
            shared = shared or item._fixtureinfo  # noqa: SLF001 - 10 000 items in 0.23 s instead of 0.68 s (measured)
            item.stash[ORDER] = order
            yield item


def sheet_of(config: pytest.Config, path: Path) -> Sheet:
    """Return the sheet that was read from `path`."""
    return next(each for each in config.stash[SHEETS] if whole_path(config, each.path) == path)


def whole_path(config: pytest.Config, given: str) -> Path:
    """Return where a sheet lies, from how it was given."""
    return Path(os.path.normpath(config.invocation_params.dir / Path(given).expanduser()))


def orders_of(config: pytest.Config) -> tuple[PurchaseOrder, ...]:
    """Return all orders of the run, in sheet order."""
    return tuple(order for sheet in config.stash.get(SHEETS, ()) for order in sheet.orders)


def collect_file(parent: pytest.Collector, path: Path) -> SheetFile | None:
    """Return the collector of a sheet that was asked for by name, whether given as `--po-csv` or as `pos.csv::PO3`."""
    if not any(whole_path(parent.config, each.path) == path for each in parent.config.stash.get(SHEETS, ())):
        return None
    if not parent.session.isinitpath(path):
        return None  # it only lies among the tests: they are parametrized with it
    return SheetFile.from_parent(parent, path=path, nodeid=_file_id(parent.config, path))


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Give tests that take `purchase_order` one run for each order of the sheets."""
    orders = orders_of(metafunc.config)
    if "purchase_order" in metafunc.fixturenames and orders:
        metafunc.parametrize("purchase_order", orders, ids=[each.item_name for each in orders], indirect=True)


def node_ids(config: pytest.Config, sheets: Sequence[Sheet]) -> Iterator[tuple[str, PurchaseOrder]]:
    """Yield the node id of each order's item, and the order."""
    for sheet in sheets:
        file_id = _file_id(config, whole_path(config, sheet.path))
        for order in sheet.orders:
            yield f"{file_id}::{order.item_name}", order


def _refuse_names(config: pytest.Config, sheets: Sequence[Sheet]) -> None:
    """Refuse sheets that pytest cannot collect, and two sheets whose items would have the same ids.

    Raises:
        pytest.UsageError: naming the sheet, or both.
    """
    seen: dict[str, str] = {}
    for sheet in sheets:
        path = whole_path(config, sheet.path)
        if config.args_source is not pytest.Config.ArgsSource.ARGS and ("[" in str(path) or "::" in str(path)):
            raise pytest.UsageError(
                f"{path}: pytest cannot name a file with [ or :: in its path; rename it or move it."
            )
        file_id = _file_id(config, path)
        if file_id in seen:
            both = f"{seen[file_id]} and {sheet.path} would both be {file_id}"
            raise pytest.UsageError(f"{both}; rename one, or run them one after the other.")
        seen[file_id] = sheet.path


def _file_id(config: pytest.Config, path: Path) -> str:
    """Return a sheet's node id; outside rootdir, where pytest would give all files one empty id, its name."""
    inside = path.is_relative_to(config.rootpath)
    return path.relative_to(config.rootpath).as_posix() if inside else path.name


def collect_only_sheets(config: pytest.Config) -> None:
    """Have pytest collect the sheets when the user named no path; else find a sheet far from here by its item's id."""
    paths = [whole_path(config, each.path) for each in config.stash[SHEETS]]
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = [str(path) for path in paths]
        return
    names = [path.name for path in paths]
    whole = {path.name: path for path in paths if names.count(path.name) == 1}
    for place, arg in enumerate(config.args):
        path, colons, rest = arg.partition("::")
        if path in whole and not (config.invocation_params.dir / path).exists():
            config.args[place] = f"{whole[path]}{colons}{rest}"
