"""From the work folder to the shelf: whole or not at all, and nothing of the user's is ever deleted."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from pytest_edgepool.downloads.attachment import Arrived
from pytest_edgepool.downloads.shelf import Shelf, WorkFolder, are_whole
from pytest_edgepool.downloads.work import checked
from pytest_edgepool.errors import Permanent, TransferBroken

if TYPE_CHECKING:
    from multiprocessing.synchronize import Barrier

    from pytest_edgepool.downloads.attachment import DownloadedFile

PROCESSES = multiprocessing.get_context("spawn")
PDF = b"%PDF-1.7\n" + b"x" * 5000
URL = "https://x.test/attachments/1"
TARGET = PurePosixPath("Acme/PO1")


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "downloads", "run1")


def accept(
    work: WorkFolder, path: Path, *, name: str, url: str, expected_bytes: int | None, content_type: str = ""
) -> DownloadedFile:
    """Check a file that arrived and take it among the whole ones, as a transfer's end does."""
    came = Arrived(path=path, name=name, url=url, expected_bytes=expected_bytes, content_type=content_type)
    return work.take(checked(came, name), name)


def arrived(work: WorkFolder, content: bytes = PDF, name: str = "0f8fad5b-guid") -> Path:
    path = work.incoming / name
    path.write_bytes(content)
    return path


def put(shelf: Shelf, target: PurePosixPath = TARGET, **files: bytes) -> Path:
    with shelf.work_folder("PO1") as work:
        for name, content in files.items():
            accept(work, arrived(work, content), name=f"{name}.txt", url=URL, expected_bytes=None)
        return work.publish(target)


def files_below(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def publish_many(output: Path, worker: int, count: int, barrier: Barrier) -> None:
    shelf = Shelf(output, f"run{worker % 2}")
    barrier.wait(60)
    for turn in range(count):
        put(shelf, PurePosixPath("Acme/PO1"), **{f"file{n}": f"{worker} {turn}".encode() for n in range(3)})


def make_work_folders(output: Path, count: int, barrier: Barrier) -> None:
    shelf = Shelf(output, "run1")
    barrier.wait(60)
    for _ in range(count):
        with shelf.work_folder("PO1") as work:
            arrived(work)


def test_making_a_shelf_touches_nothing(shelf: Shelf) -> None:
    """A run that finds nothing to do leaves no folder."""
    assert not shelf.output.exists()


def test_a_work_folder_is_empty_private_and_on_the_same_disk(shelf: Shelf) -> None:
    """It lies below the output folder, so that a rename can publish it, and only its owner can look in."""
    with shelf.work_folder("PO1") as work:
        assert work.path.parent == shelf.output / ".edgepool" / "work" / "run1"
        assert work.path.name.startswith("PO1-")
        assert list(work.incoming.iterdir()) == []
        assert work.files == ()
        if os.name == "posix":
            assert stat.S_IMODE(work.path.stat().st_mode) == 0o700


def test_two_work_folders_of_one_po_are_two(shelf: Shelf) -> None:
    """A second try never sees files of the first."""
    with shelf.work_folder("PO1") as one, shelf.work_folder("PO1") as two:
        assert one.path != two.path


@pytest.mark.parametrize("number", ["../../x", "A/B", "C:\\x", "..", "", "\0", "x" * 500, "注" * 500, "CON"])
def test_a_hostile_number_stays_in_the_work_folder(shelf: Shelf, number: str) -> None:
    """Whatever a PO is called, its work folder is made in the run's own."""
    with shelf.work_folder(number) as work:
        assert work.path.resolve().parent == (shelf.output / ".edgepool" / "work" / "run1").resolve()


def test_a_work_folder_goes_when_its_block_ends(shelf: Shelf) -> None:
    """Nothing that was not published stays, also what still lay in the incoming folder."""
    with shelf.work_folder("PO1") as work:
        arrived(work)
        accept(work, arrived(work, name="other"), name="a.pdf", url=URL, expected_bytes=None)

    assert (work.path.exists(), work.leftover) == (False, None)


def test_a_work_folder_goes_when_its_block_fails(shelf: Shelf) -> None:
    """The error goes on as it was; the folder is gone."""
    work = shelf.work_folder("PO1")
    arrived(work)

    with pytest.raises(KeyboardInterrupt), work:
        raise KeyboardInterrupt

    assert not work.path.exists()


def test_a_work_folder_that_is_gone_already_is_no_trouble(shelf: Shelf) -> None:
    """The controller may have swept it."""
    with shelf.work_folder("PO1") as work:
        shelf.tidy()

    assert work.leftover is None


def test_a_work_folder_that_cannot_be_removed_is_told(shelf: Shelf) -> None:
    """What is in the way is kept as news, noted on an error that is under way, and hides nothing."""
    work = shelf.work_folder("PO1")
    work.path.rename(shelf.output / "moved")
    work.path.write_text("a file where the folder was")

    with pytest.raises(ValueError, match="the first error") as caught, work:
        raise ValueError("the first error")

    assert isinstance(work.leftover, NotADirectoryError)
    assert "could not be removed" in caught.value.__notes__[0]


def test_a_whole_file_is_taken_with_its_facts(shelf: Shelf) -> None:
    """Name, size, digest and place are told; the address is told without its secrets."""
    with shelf.work_folder("PO1") as work:
        source = arrived(work)
        file = accept(work, source, name="inv.pdf", url=URL + "?token=CANARY", expected_bytes=len(PDF))

        assert (file.name, file.size, file.sha256) == ("inv.pdf", len(PDF), hashlib.sha256(PDF).hexdigest())
        assert file.url == URL
        assert file.path.read_bytes() == PDF
        assert not source.exists()
        assert work.files == (file,)


def test_two_files_of_one_name_both_arrive(shelf: Shelf) -> None:
    """The second one gets a number, also when only its case differs."""
    with shelf.work_folder("PO1") as work:
        for name, content in [("inv.txt", b"1"), ("inv.txt", b"2"), ("INV.TXT", b"3")]:
            accept(work, arrived(work, content), name=name, url=URL, expected_bytes=1)
        published = work.publish(TARGET)

    assert files_below(published) == {"inv.txt": b"1", "inv (2).txt": b"2", "INV (3).TXT": b"3"}


@pytest.mark.parametrize("name", ["../../../evil.txt", "..\\evil.txt", "/evil.txt", "evil.txt\0", "\u202eevil.txt"])
def test_a_hostile_name_stays_in_its_folder(shelf: Shelf, name: str) -> None:
    """A site cannot choose where a file goes."""
    with shelf.work_folder("PO1") as work:
        accept(work, arrived(work, b"x"), name=name, url=URL, expected_bytes=1)
        published = work.publish(TARGET)

    assert files_below(published) == {"evil.txt": b"x"}


def test_a_file_without_a_name_gets_one(shelf: Shelf) -> None:
    """Nothing is lost because the site did not say what it is called."""
    with shelf.work_folder("PO1") as work:
        assert accept(work, arrived(work), name="", url=URL, expected_bytes=None).name == "attachment"


@pytest.mark.parametrize("expected_bytes", [len(PDF) + 1, len(PDF) - 1, 1])
def test_a_file_of_another_length_is_broken(shelf: Shelf, expected_bytes: int) -> None:
    """Too short or too long, the file is not taken, and both lengths are told."""
    with shelf.work_folder("PO1") as work:
        with pytest.raises(TransferBroken, match=f"inv.pdf: {len(PDF)} of {expected_bytes} bytes arrived"):
            accept(work, arrived(work), name="inv.pdf", url=URL, expected_bytes=expected_bytes)

        assert work.files == ()


@pytest.mark.parametrize("expected_bytes", [None, 0])
def test_without_a_promised_length_any_length_will_do(shelf: Shelf, expected_bytes: int | None) -> None:
    """Sites that send compressed or chunked bodies promise none; an empty file may be meant."""
    with shelf.work_folder("PO1") as work:
        assert accept(work, arrived(work), name="a.pdf", url=URL, expected_bytes=expected_bytes).size == len(PDF)
        assert accept(work, arrived(work, b""), name="b.pdf", url=URL, expected_bytes=expected_bytes).size == 0


def test_a_sign_in_page_is_no_invoice(shelf: Shelf) -> None:
    """A page of the right length under a PDF's name is broken, and the sentence says what came."""
    page = b"<!doctype html><title>Sign in</title>"
    with shelf.work_folder("PO1") as work:
        with pytest.raises(TransferBroken, match=r"inv\.pdf: a web page came instead of a PDF file"):
            accept(work, arrived(work, page), name="inv.pdf", url=URL, expected_bytes=len(page))
        with pytest.raises(TransferBroken, match="web page"):
            accept(work, arrived(work, b"<p>"), name="a.csv", url=URL, expected_bytes=3, content_type="text/html")

        assert work.files == ()


def test_a_file_that_did_not_arrive_is_broken(shelf: Shelf) -> None:
    """The download event said completed, but nothing is there."""
    with shelf.work_folder("PO1") as work, pytest.raises(TransferBroken, match=r"inv\.pdf: it did not arrive"):
        accept(work, work.incoming / "nothing", name="inv.pdf", url=URL, expected_bytes=None)


def test_only_a_real_file_can_arrive(shelf: Shelf, tmp_path: Path) -> None:
    """A folder is none, and a link is not followed."""
    (tmp_path / "secret").write_bytes(PDF)
    with shelf.work_folder("PO1") as work:
        (work.incoming / "folder").mkdir()
        (work.incoming / "link").symlink_to(tmp_path / "secret")
        for name in ("folder", "link"):
            with pytest.raises(TransferBroken, match="is not a file"):
                accept(work, work.incoming / name, name="inv.pdf", url=URL, expected_bytes=None)


def test_a_refused_file_can_be_tried_again(shelf: Shelf) -> None:
    """A broken file takes no name and does not harm the next try."""
    with shelf.work_folder("PO1") as work:
        with pytest.raises(TransferBroken):
            accept(work, arrived(work, b"half"), name="inv.pdf", url=URL, expected_bytes=len(PDF))
        assert accept(work, arrived(work), name="inv.pdf", url=URL, expected_bytes=len(PDF)).name == "inv.pdf"


def test_publishing_shows_exactly_the_whole_files(shelf: Shelf) -> None:
    """What was accepted is on the shelf under the PO's folder; what was not accepted is not."""
    with shelf.work_folder("PO1") as work:
        accept(work, arrived(work, b"1"), name="a.txt", url=URL, expected_bytes=1)
        arrived(work, b"half", "still coming")
        assert not (shelf.output / "Acme").exists()

        published = work.publish(TARGET)

        assert published == shelf.output / "Acme" / "PO1"
        assert files_below(published) == {"a.txt": b"1"}
        assert [file.path for file in work.files] == [published / "a.txt"]
    assert files_below(shelf.output) == {"Acme/PO1/a.txt": b"1"}


def test_what_the_buyer_gets_can_be_shared(shelf: Shelf) -> None:
    """The published folder is an ordinary one; only the work folder is private."""
    published = put(shelf, a=b"1")

    if os.name == "posix":
        fresh = shelf.output / "fresh"
        fresh.mkdir()
        assert stat.S_IMODE(published.stat().st_mode) == stat.S_IMODE(fresh.stat().st_mode)


def test_an_earlier_result_is_set_aside_whole(shelf: Shelf) -> None:
    """The new files replace the old folder at once, and every old file, the user's own too, is kept."""
    published = put(shelf, old=b"old")
    (published / "my notes.docx").write_bytes(b"mine")

    put(shelf, new=b"new")

    assert files_below(published) == {"new.txt": b"new"}
    aside = shelf.output / ".edgepool" / "superseded" / "run1" / "1" / "Acme" / "PO1"
    assert files_below(aside) == {"old.txt": b"old", "my notes.docx": b"mine"}


def test_each_earlier_result_has_a_place_of_its_own(shelf: Shelf) -> None:
    """Three times the same PO in one run: the last is on the shelf, the others are numbered."""
    for content in (b"1", b"2", b"3"):
        put(shelf, a=content)

    kept = files_below(shelf.output)
    assert kept == {
        "Acme/PO1/a.txt": b"3",
        ".edgepool/superseded/run1/1/Acme/PO1/a.txt": b"1",
        ".edgepool/superseded/run1/2/Acme/PO1/a.txt": b"2",
    }


def test_a_file_or_link_in_the_way_is_set_aside_too(shelf: Shelf, tmp_path: Path) -> None:
    """A link is moved, not what it points to."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "keep").write_bytes(b"keep")
    (shelf.output / "Acme").mkdir(parents=True)
    (shelf.output / "Acme" / "PO1").symlink_to(tmp_path / "elsewhere")
    (shelf.output / "Acme" / "PO2").write_bytes(b"a file")

    put(shelf, a=b"1")
    put(shelf, PurePosixPath("Acme/PO2"), a=b"2")

    superseded = shelf.output / ".edgepool" / "superseded" / "run1"
    assert (superseded / "1" / "Acme" / "PO1").is_symlink()
    assert (superseded / "2" / "Acme" / "PO2").read_bytes() == b"a file"
    assert (tmp_path / "elsewhere" / "keep").read_bytes() == b"keep"


def test_when_the_new_files_cannot_be_put_there_the_old_ones_come_back(shelf: Shelf) -> None:
    """The rename of the new ones fails; the shelf is as it was, and the error says which folder."""
    published = put(shelf, old=b"old")
    with shelf.work_folder("PO1") as work:
        file = accept(work, arrived(work, b"new"), name="new.txt", url=URL, expected_bytes=3)
        whole = file.path.parent
        real_put = shelf.put

        def put_what_has_gone(source: Path, final: Path) -> None:
            source.rename(whole.with_name("gone"))
            real_put(source, final)

        shelf.put = put_what_has_gone
        with pytest.raises(Permanent, match="PO1 cannot be written"):
            work.publish(TARGET)

    assert files_below(published) == {"old.txt": b"old"}


def test_a_supplier_that_is_a_file_is_told_and_kept(shelf: Shelf) -> None:
    """A file where a folder must be keeps the PO from being published, and stays."""
    shelf.output.mkdir()
    (shelf.output / "Acme").write_bytes(b"mine")

    with pytest.raises(Permanent, match="cannot be written"):
        put(shelf, a=b"1")

    assert files_below(shelf.output) == {"Acme": b"mine"}


@pytest.mark.parametrize("target", ["../x", "a/../../x", "/x", "", ".", ".edgepool/work", ".EDGEPOOL"])
def test_nothing_is_published_outside_or_among_our_own_files(shelf: Shelf, target: str) -> None:
    """A target that a suite's hook got wrong is refused before anything moves."""
    with pytest.raises(Permanent, match="no folder for a PO's files"):
        put(shelf, PurePosixPath(target), a=b"1")

    assert files_below(shelf.output) == {}


def test_processes_that_publish_the_same_po_lose_nothing(shelf: Shelf) -> None:
    """Four processes of two runs put one PO on the shelf again and again: one set is there whole, all others aside."""
    barrier = PROCESSES.Barrier(4)
    workers = [PROCESSES.Process(target=publish_many, args=(shelf.output, n, 2, barrier)) for n in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0] * 4
    folders = {path.parent for path in shelf.output.rglob("*.txt")}
    contents = [frozenset(files_below(folder).values()) for folder in folders]
    assert len(folders) == 8
    assert {len(files_below(folder)) for folder in folders} == {3}
    assert sorted(contents, key=sorted) == sorted(
        (frozenset({f"{worker} {turn}".encode()}) for worker in range(4) for turn in range(2)), key=sorted
    )
    assert (shelf.output / "Acme" / "PO1").is_dir()


def test_processes_make_work_folders_at_the_same_time(shelf: Shelf) -> None:
    """The first work folders of a run are made by all its workers at once."""
    barrier = PROCESSES.Barrier(4)
    workers = [PROCESSES.Process(target=make_work_folders, args=(shelf.output, 10, barrier)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert [worker.exitcode for worker in workers] == [0] * 4
    assert list((shelf.output / ".edgepool" / "work" / "run1").iterdir()) == []


def test_tidying_removes_what_killed_workers_left(shelf: Shelf) -> None:
    """The work folders of this run go, those of another run and the shelf stay; a second time does no harm."""
    published = put(shelf, a=b"1")
    arrived(shelf.work_folder("PO2"))
    other = Shelf(shelf.output, "run2").work_folder("PO3")

    shelf.tidy()
    shelf.tidy()

    assert not (shelf.output / ".edgepool" / "work" / "run1").exists()
    assert other.incoming.is_dir()
    assert files_below(published) == {"a.txt": b"1"}


def facts(**files: bytes) -> list[tuple[str, int, str]]:
    return [(f"{name}.txt", len(content), hashlib.sha256(content).hexdigest()) for name, content in files.items()]


def test_files_on_the_shelf_are_whole(shelf: Shelf) -> None:
    """What was published is recognised by size and digest, file by file."""
    put(shelf, a=b"1", b=b"22")

    assert are_whole(shelf.output, "Acme/PO1", facts(a=b"1", b=b"22"))
    assert are_whole(shelf.output, "Acme/PO1", facts(b=b"22"))


def test_no_files_are_always_whole(shelf: Shelf) -> None:
    """A PO without attachments has nothing that could be missing, and no folder."""
    assert are_whole(shelf.output, "", [])


@pytest.mark.parametrize(
    "files",
    [
        facts(a=b"1", gone=b"x"),
        facts(a=b"2"),
        facts(a=b"12"),
        facts(a=b""),
        [("", 0, "")],
        [("a.txt/deeper", 1, "x")],
        [("a\0b", 1, "x")],
        [(".", 1, "x")],
    ],
)
def test_missing_changed_and_odd_files_are_not_whole(shelf: Shelf, files: list[tuple[str, int, str]]) -> None:
    """One file that is gone, of another size, of another content or no file is enough."""
    put(shelf, a=b"1")

    assert not are_whole(shelf.output, "Acme/PO1", files)


def test_a_folder_that_is_gone_is_not_whole(shelf: Shelf) -> None:
    """The user deleted or moved it."""
    assert not are_whole(shelf.output, "Acme/PO1", facts(a=b"1"))


# -- files that go elsewhere


def test_files_that_go_apart_are_put_there_each_by_itself(tmp_path: Path) -> None:
    """The rest goes into the order's folder; what lay at their place is set aside."""
    shelf = Shelf(tmp_path / "out", "r1")
    earlier = tmp_path / "out" / "mails" / "a.msg"
    earlier.parent.mkdir(parents=True)
    earlier.write_bytes(b"earlier")
    with shelf.work_folder("PO1") as work:
        for name in ("a.txt", "b.txt"):
            accept(work, arrived(work, name.encode(), name), name=name, url=URL, expected_bytes=None)
        work.publish(PurePosixPath("ACME/PO1"), {"a.txt": PurePosixPath("mails/a.msg")})
        assert [each.path.read_bytes() for each in work.files] == [b"a.txt", b"b.txt"]
    assert earlier.read_bytes() == b"a.txt"
    assert [each.name for each in (tmp_path / "out" / "ACME" / "PO1").iterdir()] == ["b.txt"]
    assert [each.read_bytes() for each in (tmp_path / "out").rglob("superseded/**/a.msg")] == [b"earlier"]


def test_a_folder_of_which_all_goes_apart_is_not_made(tmp_path: Path) -> None:
    """An empty one would look like an order without files."""
    shelf = Shelf(tmp_path / "out", "r1")
    with shelf.work_folder("PO1") as work:
        accept(work, arrived(work, b"1", "a.txt"), name="a.txt", url=URL, expected_bytes=None)
        work.publish(PurePosixPath("ACME/PO1"), {"a.txt": PurePosixPath("mails/a.txt")})
    assert not (tmp_path / "out" / "ACME").exists()


def test_nothing_goes_apart_into_our_own_folder(tmp_path: Path) -> None:
    """Nor out of the output folder; then nothing is put anywhere."""
    shelf = Shelf(tmp_path / "out", "r1")
    with shelf.work_folder("PO1") as work:
        accept(work, arrived(work, b"1", "a.txt"), name="a.txt", url=URL, expected_bytes=None)
        for place in (".edgepool/ledger.jsonl", "../x", "/etc/x"):
            with pytest.raises(Permanent):
                work.publish(PurePosixPath("ACME/PO1"), {"a.txt": PurePosixPath(place)})
    assert not (tmp_path / "out" / "ACME").exists()


def test_the_ledger_hears_what_each_file_was(tmp_path: Path) -> None:
    """The site's own name, its type, and when it was whole."""
    with Shelf(tmp_path / "out", "r1").work_folder("PO1") as work:
        came = accept(work, arrived(work), name="CON.pdf", url=URL, expected_bytes=None, content_type="application/pdf")
        assert (came.name, came.original_name, came.content_type) == ("CON_.pdf", "CON.pdf", "application/pdf")
        assert came.fetched_at.endswith("+00:00")
        unsaid = accept(work, arrived(work, name="b"), name="b.pdf", url=URL, expected_bytes=None)
        assert unsaid.content_type == "application/pdf"
