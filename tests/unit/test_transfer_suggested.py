"""A file that comes by direct HTTP is called as the browser calls it."""

from __future__ import annotations

import pytest

from pytest_edgepool.downloads.suggested import is_attachment, suggested_name

# What Chromium 156 suggested for these answers (disposition, last part of the address, type), each tried.
MEASURED = [
    ('attachment; filename="../../etc/passwd"', "f.bin", "application/octet-stream", "_.._etc_passwd"),
    ('attachment; filename="C:\\\\x\\\\con.pdf"', "f.bin", "application/octet-stream", "C__x_con.pdf"),
    ('attachment; filename="CON.pdf"', "f.bin", "application/octet-stream", "CON.pdf"),
    ('attachment; filename="a\u202efdp.exe"', "f.bin", "application/octet-stream", "a_fdp.exe"),
    ('attachment; filename="tab\\there.pdf"', "f.bin", "application/octet-stream", "tabthere.pdf"),
    ('attachment; filename="dots... "', "f.bin", "application/octet-stream", "dots..._"),
    ('attachment; filename="Invoice.pdf"', "f.bin", "application/octet-stream", "Invoice.pdf"),
    ('attachment; filename=""', "f.bin", "application/octet-stream", "f.bin"),
    ('attachment; filename="\U0001f600 smile.pdf"', "f.bin", "application/octet-stream", "\U0001f600 smile.pdf"),
    ('attachment; filename="  lead.pdf"', "f.bin", "application/octet-stream", "lead.pdf"),
    ('attachment; filename=".hidden"', "f.bin", "application/octet-stream", "hidden"),
    ('attachment; filename="a%20b.pdf"', "f.bin", "application/octet-stream", "a b.pdf"),
    ('attachment; filename="a%2Fb.pdf"', "f.bin", "application/octet-stream", "a_b.pdf"),
    ('attachment; filename="semi;colon.pdf"', "f.bin", "application/octet-stream", "semi;colon.pdf"),
    ('attachment; filename="quote\\"d.pdf"', "f.bin", "application/octet-stream", "quote_d.pdf"),
    ('attachment; filename="Rechnung \xfc.pdf"', "f.bin", "application/octet-stream", "Rechnung \xfc.pdf"),
    ('attachment; filename="tilde~x.pdf"', "f.bin", "application/octet-stream", "tilde~x.pdf"),
    ('attachment; filename="star*?.pdf"', "f.bin", "application/octet-stream", "star__.pdf"),
    ('attachment; filename="LPT1"', "f.bin", "application/octet-stream", "LPT1"),
    ('attachment; filename="aux.txt"', "f.bin", "application/octet-stream", "aux.txt"),
    ('attachment; filename="nul"', "f.bin", "application/octet-stream", "nul"),
    ('attachment; filename="a b  c.pdf"', "f.bin", "application/octet-stream", "a b  c.pdf"),
    ('attachment; filename="noext"', "f.bin", "application/octet-stream", "noext"),
    ('attachment; filename="x.tar.gz"', "f.bin", "application/octet-stream", "x.tar.gz"),
    ('attachment; filename="a\u200bb.pdf"', "f.bin", "application/octet-stream", "a_b.pdf"),
    ('attachment; filename="a\u200db.pdf"', "f.bin", "application/octet-stream", "a_b.pdf"),
    ('attachment; filename="e\u0301.pdf"', "f.bin", "application/octet-stream", "e\u0301.pdf"),
    ('attachment; filename="\u0130.pdf"', "f.bin", "application/octet-stream", "\u0130.pdf"),
    ('attachment; filename="file.lnk"', "f.bin", "application/octet-stream", "file.lnk"),
    ('attachment; filename="=?UTF-8?B?w7wucGRm?="', "f.bin", "application/octet-stream", "\xfc.pdf"),
    ('attachment; filename="a.pdf."', "f.bin", "application/octet-stream", "a.pdf"),
    ('attachment; filename="a:b.pdf"', "f.bin", "application/octet-stream", "a_b.pdf"),
    ('attachment; filename="a<b>.pdf"', "f.bin", "application/octet-stream", "a_b_.pdf"),
    ('attachment; filename="a|b.pdf"', "f.bin", "application/octet-stream", "a_b.pdf"),
    ('attachment; filename="doc.local"', "f.bin", "application/octet-stream", "doc.local"),
    ('attachment; filename="desktop.ini"', "f.bin", "application/octet-stream", "desktop.ini"),
    ('attachment; filename="Thumbs.db"', "f.bin", "application/octet-stream", "Thumbs.db"),
    ('attachment; filename="\xa0nb.pdf\xa0"', "f.bin", "application/octet-stream", "_nb.pdf_"),
    ('attachment; filename="\u2028ls.pdf"', "f.bin", "application/octet-stream", "_ls.pdf"),
    ("attachment; filename*=UTF-8''%E2%82%AC%20rates.pdf", "f.bin", "application/pdf", "\u20ac rates.pdf"),
    (
        "attachment; filename=\"fallback.pdf\"; filename*=UTF-8''n%C3%A4me.pdf",
        "f.bin",
        "application/pdf",
        "n\xe4me.pdf",
    ),
    ("attachment; filename*=iso-8859-1''n%E4me.pdf", "f.bin", "application/pdf", "n\xe4me.pdf"),
    ("attachment; filename*=UTF-8''..%2F..%2Fx.pdf", "f.bin", "application/pdf", "_.._x.pdf"),
    ("attachment; filename=token.pdf", "f.bin", "application/pdf", "token.pdf"),
    ("attachment; filename=to ken.pdf", "f.bin", "application/pdf", "to ken.pdf"),
    ('attachment; name="n.pdf"', "f.bin", "application/pdf", "f.bin"),
    ("attachment", "f.bin", "application/pdf", "f.bin"),
    ("", "f%20g.pdf", "application/octet-stream", "f g.pdf"),
    ("", "f%2Fg.pdf", "application/octet-stream", "f_g.pdf"),
    ("", "na%C3%AFve.pdf?x=1", "application/octet-stream", "na\xefve.pdf"),
    ("", "", "application/octet-stream", "download"),
    ("attachment", "", "application/pdf", "download.pdf"),
    ("attachment", "", "application/octet-stream", "download"),
    ('attachment; filename=""', "", "application/pdf", "download.pdf"),
    ("attachment", "", "text/csv", "download.csv"),
    ("", "noext", "application/pdf", "noext.pdf"),
    ("", "noext", "application/octet-stream", "noext"),
    ("attachment", "noext", "image/png", "noext.png"),
    ("attachment", "x.php", "application/pdf", "x.php"),
    ("", "x.php", "application/pdf", "x.php"),
    ('attachment; filename="noext"', "f.bin", "application/pdf", "noext"),
    ('attachment; filename="noext"', "f.bin", "application/zip", "noext"),
    ('attachment; filename="wrong.txt"', "f.bin", "application/pdf", "wrong.txt"),
    ('attachment; filename="page"', "f.bin", "text/html", "page"),
    ('attachment; filename="t"', "f.bin", "text/plain", "t"),
    ('attachment; filename="doc"', "f.bin", "application/msword", "doc"),
    (
        'attachment; filename="doc"',
        "f.bin",
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "doc",
    ),
    ('attachment; filename="m"', "f.bin", "application/vnd.ms-outlook", "m"),
    ('attachment; filename="m"', "f.bin", "image/jpeg", "m"),
    ('attachment; filename="m"', "f.bin", "text/csv", "m"),
    ('attachment; filename="m"', "f.bin", "application/vnd.ms-excel", "m"),
    ('attachment; filename="m"', "f.bin", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "m"),
    ('attachment; filename="m"', "f.bin", "application/xml", "m"),
    ('attachment; filename="m"', "f.bin", "message/rfc822", "m"),
    ('attachment; filename="m"', "f.bin", "image/tiff", "m"),
    ('attachment; filename="m"', "f.bin", "", "m"),
    ('inline; filename="i.pdf"', "f.bin", "application/pdf", "i.pdf"),
    ('inline; filename="i.bin"', "f.bin", "application/octet-stream", "i.bin"),
    ('filename="i.bin"', "f.bin", "application/octet-stream", "i.bin"),
    ('form-data; filename="i.bin"', "f.bin", "text/html", "i.bin"),
    ("", "a.csv", "text/csv", "a.csv"),
    ("", "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "a.docx"),
    ("", "a.msg", "application/vnd.ms-outlook", "a.msg"),
    ("", "a.eml", "message/rfc822", "a.eml"),
    ("", "a.zip", "application/zip", "a.zip"),
    ("attachment", "a.html", "text/html", "a.html"),
    ("", "a.pdf", "application/x-pdf", "a.pdf"),
    ("", "..%2f..%2fx", "application/octet-stream", "_.._x"),
    ("", ".htaccess", "application/octet-stream", "htaccess"),
    ("", "a.pdf/", "application/octet-stream", "download"),
    ("", "x;jsessionid=1", "application/octet-stream", "x"),
    ("", "a%00b.pdf", "application/octet-stream", "a_b.pdf"),
    ("", "a%0Ab.pdf", "application/octet-stream", "a_b.pdf"),
    ('attachment; filename="a.pdf"; filename="b.pdf"', "f.bin", "application/pdf", "a.pdf"),
    ('attachment; FileName="UP.pdf"', "f.bin", "application/pdf", "UP.pdf"),
    ("ATTACHMENT;filename=x.pdf", "f.bin", "application/pdf", "x.pdf"),
    ("attachment; filename='single.pdf'", "f.bin", "application/pdf", "'single.pdf'"),
    ('attachment; filename="unclosed.pdf', "f.bin", "application/pdf", "unclosed.pdf"),
    ("attachment; filename*=\"UTF-8''q%20q.pdf\"", "f.bin", "application/pdf", "f.bin"),
    ("attachment; filename*=bad", "f.bin", "application/pdf", "f.bin"),
    ("attachment; filename*=UTF-8''%FF.pdf; filename=ok.pdf", "f.bin", "application/pdf", "ok.pdf"),
    ("attachment; filename=\xfc-raw.pdf", "f.bin", "application/pdf", "\xfc-raw.pdf"),
    ('"x"; filename=weird.bin', "f.bin", "application/octet-stream", "f.bin"),
]


@pytest.mark.parametrize(("disposition", "last", "kind", "name"), MEASURED)
def test_the_name_is_the_one_that_the_browser_gives(disposition: str, last: str, kind: str, name: str) -> None:
    """The header comes as http.client reads it: bytes as Latin-1."""
    sent = disposition.encode().decode("latin-1")
    assert suggested_name(sent, f"https://acme.test/files/{last}", kind) == name


@pytest.mark.parametrize("disposition", ["attachment", "ATTACHMENT;filename=x", "form-data", "filename=x", "x; y=z"])
def test_a_browser_saves_what_is_not_inline(disposition: str) -> None:
    """Measured: also a word that nobody knows, and none."""
    assert is_attachment(disposition)


@pytest.mark.parametrize("disposition", ["", "inline", "Inline; filename=x.pdf", '"x"; filename=y'])
def test_a_browser_shows_what_is_inline(disposition: str) -> None:
    """If it can."""
    assert not is_attachment(disposition)
