"""Where an order's files go on the shelf, and what is kept of each. Never fetches or checks one."""

from __future__ import annotations

import posixpath
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pytest_edgepool.downloads.names import folder_for, path_for
from pytest_edgepool.outcomes.status import KeptFile

if TYPE_CHECKING:
    from pytest_edgepool.downloads.work import WorkFolder
    from pytest_edgepool.fulfilment.attempt import Attempt


def shelve(attempt: Attempt, supplier: str, work: WorkFolder) -> tuple[str, tuple[KeptFile, ...]]:
    """Put what is whole on the shelf; return the folder that all of it lies in or below, and what is kept of each.

    Raises:
        UsageMistake: the suite names a place that is none.
        Permanent: it cannot be put there; what was there before is there still.
        OutputVanished: what was gathered is not there any more.
    """
    order, desk = attempt.order, attempt.desk
    folder = folder_for(desk.settings.po_folder, supplier=supplier, number=order.number, levels=order.levels)
    apart: dict[str, PurePosixPath] = {}
    for each in work.files:
        given = desk.placed(order, each.name, supplier)
        if given:
            apart[each.name] = path_for(given, f"PO {order.number}", apart.values())
    desk.settle()
    output = desk.shelf.output
    work.publish(folder, apart)
    places = [PurePosixPath(each.path.relative_to(output).as_posix()) for each in work.files]
    common = PurePosixPath(posixpath.commonpath([each.parent for each in places])) if apart else folder
    kept = tuple(
        KeptFile(
            name=place.relative_to(common).as_posix(),
            size=each.size,
            sha256=each.sha256,
            url=each.url,
            original_name=each.original_name,
            content_type=each.content_type,
            fetched_at=each.fetched_at,
        )
        for each, place in zip(work.files, places, strict=True)
    )
    return common.as_posix(), kept
