"""`--po-update`: once a copy beside the sheet, twice the sheet itself; an edited sheet is left to its editor."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.plugin.conftest import Shop

SHEET = "Note;PO_NUMBER\r\n=keep;FAIL1\r\n;FAIL2\r\n"
# Edits the sheet while the run goes on, as a user does who has it open.
EDIT = """
def pytest_sessionfinish(session):
    if not hasattr(session.config, "workerinput"):
        sheet = FOLDER / "pos.csv"
        sheet.write_bytes(sheet.read_bytes().replace(%r, %r))
"""

# Root may write to anything: as anybody else is told it, a file is writable when its owner may.
NOT_ROOT = """
if os.geteuid() == 0:
    os.access = lambda path, mode: bool(os.stat(path).st_mode & 0o200)
"""


def written(shop: Shop, text: str = SHEET) -> None:
    (shop.folder / "pos.csv").write_bytes(text.encode())
    (shop.folder / "pos.csv").chmod(0o640)


def names(shop: Shop) -> set[str]:
    return {each.name for each in shop.folder.glob("pos*")}


def test_given_once_a_copy_is_made_beside_the_sheet(shop: Shop) -> None:
    """The sheet stays; the copy may be read by whoever may read the sheet."""
    written(shop)
    ran = shop.run("--po-csv=pos.csv", "--po-update")
    assert (shop.folder / "pos.csv").read_bytes() == SHEET.encode()
    copy = shop.folder / "pos.updated.csv"
    assert copy.read_text().splitlines()[1].startswith("=keep;FAIL1;FAILED;0;0;")
    assert copy.stat().st_mode & 0o777 == 0o640
    assert "results were written into pos.updated.csv, beside pos.csv" in ran.out
    assert names(shop) == {"pos.csv", "pos.updated.csv"}


def test_given_twice_the_sheet_itself_has_them_and_a_backup_lies_beside_it(shop: Shop) -> None:
    """As it was is kept, byte for byte; a link to the sheet stays a link."""
    written(shop)
    (shop.folder / "link.csv").symlink_to("pos.csv")
    ran = shop.run("--po-csv=link.csv", "--po-update", "--po-update")
    assert (shop.folder / "link.csv").is_symlink()
    (backup,) = shop.folder.glob("link.backup-*.csv")  # named as the user names the sheet
    assert backup.read_bytes() == SHEET.encode()
    header, first, second = (shop.folder / "pos.csv").read_bytes().decode().split("\r\n")[:3]
    assert header.startswith("Note;PO_NUMBER;STATUS;ATTACHMENTS_FOUND;")
    assert first.startswith("=keep;FAIL1;FAILED;")
    assert second.startswith(";FAIL2;FAILED;")
    assert "results were written into link.csv; link.backup-" in ran.out


def test_a_sheet_that_was_edited_meanwhile_gets_a_copy(shop: Shop) -> None:
    """Who has it open would write over our results, or we over theirs."""
    written(shop)
    shop.fake(EDIT % (b"=keep", b"=edited"))
    ran = shop.run("--po-csv=pos.csv", "--po-update", "--po-update")
    assert (shop.folder / "pos.csv").read_bytes() == SHEET.replace("=keep", "=edited").encode()
    assert (shop.folder / "pos.updated.csv").read_text().splitlines()[1].startswith("=edited;FAIL1;FAILED;")
    assert "pos.csv was changed while the run went on, so its results are in pos.updated.csv" in ran.out


def test_rows_that_moved_meanwhile_are_not_written_to(shop: Shop) -> None:
    """No result stands beside another PO; the report has them all."""
    written(shop)
    shop.fake(EDIT % (b"\r\n;FAIL2", b"\r\n;NEW\r\n;FAIL2"))
    ran = shop.run("--po-csv=pos.csv", "--po-update")
    assert names(shop) == {"pos.csv"}
    assert "pos.csv, line 3: holds NEW where FAIL2 was when the run began; the results are in the report." in ran.out


def test_without_it_nothing_is_written_beside_the_sheet(shop: Shop) -> None:
    """Asked for is asked for."""
    written(shop)
    shop.run("--po-csv=pos.csv")
    assert names(shop) == {"pos.csv"}


def test_a_link_without_the_suffix_of_its_target_is_read_by_its_own(shop: Shop) -> None:
    """What a shared folder holds under a number is a sheet by the name that the user gives; the copy lies beside it."""
    kept = shop.folder / "store" / "4711"
    kept.parent.mkdir()
    kept.write_bytes(SHEET.encode())
    (shop.folder / "pos.csv").unlink(missing_ok=True)
    (shop.folder / "pos.csv").symlink_to(kept)
    ran = shop.run("--po-csv=pos.csv", "--po-update")
    assert "results were written into pos.updated.csv" in ran.out
    assert {each.name for each in kept.parent.iterdir()} == {"4711", "pos.updated.csv"}


def test_a_copy_never_replaces_another_sheet_of_the_run(shop: Shop) -> None:
    """`pos.updated.csv` may be asked for too; what it holds is its user's."""
    written(shop)
    (shop.folder / "pos.updated.csv").write_text("PO_NUMBER\nFAIL3\n")
    ran = shop.run("--po-csv=pos.csv", "--po-csv=pos.updated.csv", "--po-update")
    assert (shop.folder / "pos.updated.csv").read_text() == "PO_NUMBER\nFAIL3\n"
    assert "pos.csv: its copy would replace pos.updated.csv, which is a sheet of this run too; rename" in ran.out
    assert "FAIL3,FAILED" in (shop.folder / "pos.updated.updated.csv").read_text()


def test_what_was_not_tried_leaves_what_the_sheet_knows(shop: Shop) -> None:
    """The run stops before these POs: COMPLETED stays COMPLETED, and the reports say whose word it is."""
    written(shop, "PO_NUMBER;STATUS\nFAIL1;\nSTOP2;COMPLETED\nSTOP3;PARTIAL\n")
    shop.fake('STATUSES["STOP"] = Status.STOPPED\n')
    shop.run("--po-csv=pos.csv", "--po-update", "--po-update", "-n0")
    statuses = [line.split(";")[:2] for line in (shop.folder / "pos.csv").read_text().splitlines()]
    assert statuses == [["PO_NUMBER", "STATUS"], ["FAIL1", "FAILED"], ["STOP2", "COMPLETED"], ["STOP3", "PARTIAL"]]
    told = json.loads((shop.folder / "downloads" / "report.json").read_bytes())
    assert told["totals"] == {"COMPLETED, as the sheet says": 1, "FAILED": 1, "STOPPED": 1}
    assert "STOP2,COMPLETED," in (shop.folder / "downloads" / "report.csv").read_text(encoding="utf-8-sig")


def test_a_sheet_that_may_not_be_written_to_is_refused(shop: Shop) -> None:
    """A rename would replace it all the same, and its owner has said no."""
    written(shop)
    (shop.folder / "pos.csv").chmod(0o440)
    shop.fake(NOT_ROOT)
    ran = shop.run("--po-csv=pos.csv", "--po-update", "--po-update")
    assert (shop.folder / "pos.csv").read_bytes() == SHEET.encode()
    assert "pos.csv: may not be written to; give yourself the right to, or --po-update once" in ran.out
    assert names(shop) == {"pos.csv"}
