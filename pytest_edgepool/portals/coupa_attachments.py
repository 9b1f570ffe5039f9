"""Which of a Coupa page's elements are attachments, and what the page calls each. Never fetches one.

An address counts by what it is, an element by where it stands; no list of words decides, for tenants have Coupa in
every language. Words only help to find a file's name within its label.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urldefrag, urlencode, urlsplit

from pytest_edgepool.portals.addresses import is_web_address
from pytest_edgepool.portals.portal import FoundAttachment
from pytest_edgepool.redact import origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_edgepool.portals.coupa_facts import Candidate

# `/attachments/5`: the attachment's own page, which leads back to the order; a transfer would fetch HTML.
BARE_PATH = re.compile(r"/attachments?/\d+/?$", re.ASCII)
FILE_PATH = re.compile(r"/attachments?/attachment_file/|/attachments?/\d+/download(?:/|$)", re.ASCII)
ATTACHMENT_PATH = re.compile(r"/attachments?(?:/|$)", re.IGNORECASE)
_COLLECTION_PATH = re.compile(r"/attachments?/?$", re.IGNORECASE)
# What a link on an attachment may do besides handing it out; a file's own name may well say so, too.
_DEEDS = frozenset({"new", "edit", "destroy", "delete", "remove", "preview", "summary"})
_DEEDS_ANYWHERE = frozenset({"destroy", "delete", "remove"})

# They say how the same file is to be handed out, not which file.
_MANNERS = frozenset({"disposition", "filename", "file", "name", "download", "inline"})
_NAME_KEYS = ("filename", "file", "name")

FILE_NAME = re.compile(r"[^\s].*\.[A-Za-z0-9]{1,8}")
# A dot in a label makes no file (john.smith@corp.com, v2.5): what is missed is only told of names that are a file's.
_KNOWN_FILE = re.compile(
    r"\w\.(?:pdf|docx?|docm|xls[xmb]?|pptx?|msg|eml|zip|rar|7z|png|jpe?g|gif|tiff?|bmp|csv|txt|xml|rtf|od[tsp]|dwg)"
    r"(?![A-Za-z0-9])",
    re.IGNORECASE,
)
_NAME_FIRST = re.compile(r"(?P<name>[^\s].*\.[A-Za-z0-9]{1,8})(?![A-Za-z0-9]).*")
# What Coupa's widgets say before the file's name, by language; after it they say what they like.
_SAID_BEFORE = (
    "file attachment",
    "anexo de arquivo",
    "anexo do arquivo",
    "ficheiro anexo",
    "dateianhang",
    "archivo adjunto",
    "pièce jointe",
    "fichier joint",
    "allegato",
    "bijlage",
    "załącznik",
    "添付ファイル",
    "文件附件",
    "첨부 파일",
)
_WORDS = "|".join(map(re.escape, _SAID_BEFORE))
LABEL_FORMS = (
    re.compile(rf"(?P<name>.+?)\s+(?:{_WORDS})", re.IGNORECASE),
    re.compile(rf"(?:{_WORDS})\s*[:：]?\s*(?P<name>.+)", re.IGNORECASE),  # noqa: RUF001 - as it is written there
)


def attachments_in(candidates: Iterable[Candidate], page_url: str = "") -> tuple[FoundAttachment, ...]:
    """Return the attachments among the candidates, in page order, each file once, under the first name that is told.

    Args:
        candidates: what may be attachments.
        page_url: the page's own address.
    """
    found: dict[object, FoundAttachment] = {}
    for each in candidates:
        if each.press and not each.url:
            label = next(filter(None, (*each.labels, *each.titles, each.text)), "")
            found.setdefault(each.press, FoundAttachment("", _name(each), press=each.press, label=label))
        elif is_attachment(each, page_url):
            key = file_key(each.url)
            seen = found.get(key)
            if seen is None or not seen.name:
                found[key] = FoundAttachment(seen.url if seen else urldefrag(each.url).url, _name(each))
    return tuple(found.values())


def unread_in(candidates: Sequence[Candidate], page_url: str = "") -> int:
    """Return how many of the candidates are seen to be files, and are none of the attachments that were found.

    What says the name of an attachment that was found is about that one: another way to it, or a button to remove it.
    """
    found = [each for each in candidates if each.press or is_attachment(each, page_url)]
    marks = {each.mark for each in found if each.mark}
    names = [name for each in found if (name := _name(each))]
    missed: set[object] = set()
    for each in candidates:
        if each not in found and each.mark not in marks and _is_missed(each, page_url):
            spoken = (*each.labels, *each.titles, each.text)
            if not any(name in text for name in names for text in spoken):
                missed.add(each.mark or (each.url, spoken))
    return len(missed)


def _is_missed(candidate: Candidate, page_url: str) -> bool:
    if candidate.mark and (candidate.is_unread or is_web_address(candidate.url)):
        return candidate.is_unread or not _is_deed(urlsplit(candidate.url).path)
    named = any(map(_KNOWN_FILE.search, (*candidate.labels, *candidate.titles, candidate.text)))
    if not named or candidate.is_unread:
        return named
    if not (candidate.is_among and candidate.is_named and is_web_address(candidate.url)):
        return False
    path = urlsplit(candidate.url).path
    return origin_of(candidate.url) == origin_of(page_url) and not (BARE_PATH.search(path) or _is_deed(path))


def is_attachment(candidate: Candidate, page_url: str = "") -> bool:
    """Return whether an element's address is that of a file which is attached."""
    if not is_web_address(candidate.url):
        return False
    parts = urlsplit(candidate.url)
    if _is_deed(parts.path) or _COLLECTION_PATH.search(parts.path):
        return False
    asked = dict(parse_qsl(parts.query))
    is_told = any(asked.get(key) for key in _NAME_KEYS) and _has_number(parts.path, asked)
    is_handed_out = asked.get("disposition", "").lower() == "attachment" or is_told
    if BARE_PATH.search(parts.path):
        return is_handed_out
    if candidate.is_marked or FILE_PATH.search(parts.path):
        return True
    if ATTACHMENT_PATH.search(parts.path) and is_handed_out:
        return True
    return _is_named_file(candidate, page_url)


def _is_named_file(candidate: Candidate, page_url: str) -> bool:
    """Return whether what stands among attachments under a file's name leads to that file, at this very site."""
    if not (candidate.is_among and candidate.is_named) or origin_of(candidate.url) != origin_of(page_url):
        return False
    addressed = _addressed(candidate.url)
    spoken = (*candidate.labels, *candidate.titles)
    return candidate.is_download or bool(addressed and any(addressed in each for each in spoken))


def _is_deed(path: str) -> bool:
    *before, last = (unquote(each).lower() for each in path.rstrip("/").split("/"))
    if any(_DEEDS_ANYWHERE & _words(each) for each in before):
        return True
    return not FILE_NAME.fullmatch(last) and bool(_DEEDS & _words(last))


def _words(segment: str) -> set[str]:
    return set(re.split(r"[_-]", segment))


def _has_number(path: str, asked: Mapping[str, str]) -> bool:
    """Return whether an address says which of a collection is meant, and not only what it shall be called."""
    values = (value for key, value in asked.items() if key.lower() not in _MANNERS)
    return any(re.search(r"\d", each) for each in (*path.split("/"), *values))


def file_key(url: str) -> tuple[str, str, str, str]:
    """Return what two addresses of one file have in common.

    Where the path says which file it is, a query that says how to hand it out does not count. Elsewhere it may be the
    query that tells two files apart: counted as one, one of them would be lost.
    """
    parts = urlsplit(url)
    within = FILE_PATH.search(parts.path) or BARE_PATH.search(parts.path)
    is_told = bool(within and re.search(r"\d", parts.path[within.start() :], re.ASCII))
    ignored = _MANNERS if is_told else frozenset({"disposition"})
    asked = [
        (key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key.lower() not in ignored
    ]
    return parts.scheme, parts.netloc.lower(), unquote(parts.path).rstrip("/"), urlencode(asked)


def _name(candidate: Candidate) -> str:
    return next(filter(None, _names(candidate)), "")


def _names(candidate: Candidate) -> Iterator[str]:
    """Give what the file may be called, the surest first."""
    addressed = _addressed(candidate.url)
    spoken = (*candidate.labels, *candidate.titles)
    if addressed and any(addressed in each for each in spoken):
        yield addressed  # in whatever language the rest of the label is
    for each in spoken:
        yield from (found["name"] for form in LABEL_FORMS if (found := form.fullmatch(each)))
    yield from (text for text in (*candidate.titles, candidate.text) if FILE_NAME.fullmatch(text))
    for label in candidate.labels:
        found = _NAME_FIRST.fullmatch(label)
        if found:
            yield found["name"]
    asked = dict(parse_qsl(urlsplit(candidate.url).query)) if is_web_address(candidate.url) else {}
    yield from (asked[key] for key in _NAME_KEYS if FILE_NAME.fullmatch(asked.get(key, "")))


def _addressed(url: str) -> str:
    """Return the file name that ends an address, "" when it ends in none."""
    last = unquote(urlsplit(url).path.rpartition("/")[2]) if is_web_address(url) else ""
    return last if FILE_NAME.fullmatch(last) else ""
