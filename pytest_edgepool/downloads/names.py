"""Names for files and folders that every file system takes. Never touches a disk."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pytest_edgepool.errors import UsageMistake

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

DEFAULT_PATTERN = "<supplier>/<PO>"
UNKNOWN_SUPPLIER = "Unknown supplier"
MAX_CHARACTERS = 150
MAX_BYTES = 230  # file systems take 255 bytes of UTF-8; the rest is for " (2)" and the like

_MAX_VALUE_CHARACTERS = 70  # of a supplier or PO number, so that a whole path stays short enough for Windows
_MAX_VALUE_BYTES = 80  # so that two of them fit into one folder's name and neither is cut off there
_DIGEST_CHARACTERS = 8
_MAX_SUFFIX_CHARACTERS = 12
_LEVELS = "<levels>"
_FALLBACK = "attachment"
_NO_NAME = "download"  # what a browser calls a file that nobody has named (measured)
_PLACEHOLDER = re.compile(r"<([^<>]*)>")
_ONLY_A_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,8}")  # a site that forgot the name and still knows the kind
_JOINERS = "\u200c\u200d"  # invisible, but several scripts cannot be written without them
_BREAKS = frozenset({"Cc", "Zl", "Zp"})  # tabs and line ends stand between words
_UNSEEN = frozenset({"Cf", "Cs"})  # bidirectional marks, zero widths, broken characters stand inside them


def safe_name(name: str, fallback: str) -> str:
    """Return a file name that every file system takes, as near to `name` as can be.

    Args:
        name: what a site or a page calls the file; folders in it are dropped.
        fallback: the name when nothing is left.
    """
    last = re.split(r"[/\\]", name)[-1].strip()
    if _ONLY_A_SUFFIX.fullmatch(last):
        last = fallback + last
    return _safe(last, MAX_CHARACTERS) or _safe(fallback, MAX_CHARACTERS) or "file"


def called(suggested: str, url: str, page_name: str) -> str:
    """Return what an attachment is called, whichever way it came; not made safe yet.

    What the site calls it comes first; where the page shows the same name, it is the page's, which no browser has
    changed. A piece of the address (`/attachments/4711`), or a browser's word for no name at all (`download.pdf`), is
    no name: then the page's is taken, else `attachment.pdf`.

    Args:
        suggested: the name that the browser suggests, "" when none is known.
        url: where it came from at last.
        page_name: what the page calls it, "" when it does not say.
    """
    last = unquote(urlsplit(url).path.rpartition("/")[2])
    bare = PurePosixPath(suggested)
    is_name = bool(suggested) and ("." in last or bare.stem != (last or _NO_NAME))
    if is_name:
        return page_name if page_name and _skeleton(page_name) == _skeleton(suggested) else suggested
    name = page_name or _FALLBACK
    return name if PurePosixPath(name).suffix else name + bare.suffix


def _skeleton(name: str) -> str:
    """Return what browsers leave of a name when they make it harmless."""
    return "".join(char for char in _folded(name) if char.isalnum())


def unique_name(name: str, taken: Collection[str]) -> str:
    """Return `name`, or `name (2)`, `name (3)`, ...: the first that no taken one equals, whatever its case."""
    known = {_folded(other) for other in taken}
    path = PurePosixPath(name)
    candidate, count = name, 1
    while _folded(candidate) in known:
        count += 1
        candidate = f"{path.stem} ({count}){path.suffix}"
    return candidate


def folder_for(pattern: str, *, supplier: str, number: str, levels: Sequence[str] = ()) -> PurePosixPath:
    """Return the folder of a PO, relative to the output folder and never outside it.

    A number that had to be changed gets a piece of its digest, so that distinct POs have distinct folders.

    Args:
        pattern: folders with the placeholders `<supplier>` and `<PO>`, divided by slashes; `<levels>` is a folder's
            whole name, and stands for none or several.
        supplier: as the site shows it; may be empty.
        number: the PO number.
        levels: the folders that the sheet names for this PO, from the outermost.

    Raises:
        UsageMistake: the pattern leads outside, has an unknown placeholder, or does not tell POs apart.
    """
    values = {"supplier": _supplier_part(supplier), "po": _number_part(number)}
    pieces = [piece.strip() for piece in re.split(r"[/\\]", pattern) if piece.strip()]
    _check_pattern(pattern, [piece for piece in pieces if piece.casefold() != _LEVELS], frozenset(values))
    filled: list[str] = []
    for piece in pieces:
        if piece.casefold() == _LEVELS:
            filled += [_folder_part(level, _MAX_VALUE_CHARACTERS, _MAX_VALUE_BYTES) for level in levels]
        else:
            filled.append(_PLACEHOLDER.sub(lambda found: values[found.group(1).casefold()], piece))
    return PurePosixPath(*(_folder_part(part, MAX_BYTES, MAX_BYTES) or "_" for part in filled))


def path_for(given: str, whose: str, taken: Collection[PurePosixPath] = ()) -> PurePosixPath:
    """Return a path that a suite names for a file, made safe: relative to the output folder and never outside it.

    Args:
        given: folders and the file's name, divided by slashes.
        whose: whose file it is, for the message.
        taken: what other files of the same order have.

    Raises:
        UsageMistake: it leads outside, or names no file.
    """
    pieces = re.split(r"[/\\]", given)
    if not given.strip() or not all(pieces) or {".", ".."} & set(pieces) or re.match(r"[A-Za-z]:", given):
        raise UsageMistake(
            f"pytest_edgepool_file_path gave {given!r} for {whose}; return folders and a name, divided by slashes, "
            "below the output folder."
        )
    folder = PurePosixPath(*(_folder_part(each, MAX_CHARACTERS, MAX_BYTES) or "_" for each in pieces[:-1]))
    return folder / unique_name(safe_name(pieces[-1], _FALLBACK), [each.name for each in taken])


def _check_pattern(pattern: str, pieces: list[str], known: frozenset[str]) -> None:
    wanted = {found.casefold(): found for piece in pieces for found in _PLACEHOLDER.findall(piece)}
    for unknown in [wanted[name] for name in wanted if name not in known]:
        known_ones = "only <supplier> and <PO> are known, and <levels> between slashes"
        raise UsageMistake(f"The folder pattern {pattern!r} has <{unknown}>; {known_ones}.")
    if "po" not in wanted:
        raise UsageMistake(f"The folder pattern {pattern!r} gives all POs one folder; put <PO> into it.")
    if pattern.strip().startswith(("/", "\\")) or {".", ".."} & set(pieces) or re.match(r"\s*[A-Za-z]:", pattern):
        raise UsageMistake(f"The folder pattern {pattern!r} leads out of the output folder; write it relative to it.")
    if max(_most_bytes(piece) for piece in pieces) > MAX_BYTES:
        raise UsageMistake(
            f"The folder pattern {pattern!r} makes too long a name of one folder; divide it with slashes."
        )


def _most_bytes(piece: str) -> int:
    """Return how long a folder's name can get; one that had to be cut would no longer tell POs apart."""
    words, count = _PLACEHOLDER.subn("", piece)
    return len(words.encode("utf-8", "surrogatepass")) + count * (_MAX_VALUE_BYTES + 1 + _DIGEST_CHARACTERS)


def _supplier_part(supplier: str) -> str:
    return _folder_part(supplier, _MAX_VALUE_CHARACTERS, _MAX_VALUE_BYTES) or UNKNOWN_SUPPLIER


def _number_part(number: str) -> str:
    part = _folder_part(number, _MAX_VALUE_CHARACTERS, _MAX_VALUE_BYTES)
    if part == number:
        return part
    digest = hashlib.sha256(number.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGEST_CHARACTERS]
    return f"{part}-{digest}".lstrip("-")


def _folder_part(text: str, max_characters: int, max_bytes: int) -> str:
    """Return a folder's name; slashes become underscores, and no folder of ours (`.edgepool`) can be meant."""
    return _safe(re.sub(r"[/\\]", "_", text), max_characters, max_bytes, keep_suffix=False)


def _safe(text: str, max_characters: int, max_bytes: int = MAX_BYTES, *, keep_suffix: bool = True) -> str:
    from pathvalidate import sanitize_filename

    seen = "".join(_seen(char) for char in unicodedata.normalize("NFC", text))
    clean = " ".join(seen.split()).lstrip(". ").rstrip(". ")
    clean = _shortened(clean, max_characters, max_bytes, keep_suffix=keep_suffix)
    safe = str(sanitize_filename(clean, replacement_text="_", platform="universal", max_len=255))
    # A reserved name has become longer: CON is CON_ now.
    return _shortened(safe, max_characters, max_bytes, keep_suffix=keep_suffix).rstrip(". ")


def _seen(char: str) -> str:
    category = unicodedata.category(char)
    if category in _BREAKS:
        return " "
    return "" if category in _UNSEEN and char not in _JOINERS else char


def _shortened(name: str, max_characters: int, max_bytes: int, *, keep_suffix: bool) -> str:
    suffix = PurePosixPath(name).suffix if keep_suffix else ""
    if len(suffix) > _MAX_SUFFIX_CHARACTERS:
        suffix = ""
    stem = name.removesuffix(suffix)[: max_characters - len(suffix)]
    while len((stem + suffix).encode()) > max_bytes:
        stem = stem[:-1]
    return stem.rstrip(". ") + suffix


def _folded(name: str) -> str:
    # Folding may bring back what normalizing had taken out, so it is done on both sides (Unicode 3.13, D145).
    return unicodedata.normalize("NFD", unicodedata.normalize("NFD", name).casefold())
