"""The bytes of the demo's files: small and well formed, the same on every machine. Never reads a clock or a disk."""

from __future__ import annotations

import hashlib
import io
import struct
import zipfile
import zlib
from functools import lru_cache

OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
SMALLEST_BYTES = 5 * 1024
LARGEST_BYTES = 150 * 1024
LARGEST_TEXT_BYTES = 2 * 1024

MIME_TYPES = {
    ".pdf": "application/pdf",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".txt": "text/plain; charset=utf-8",
    ".png": "image/png",
    ".csv": "text/csv; charset=utf-8",
    ".msg": "application/vnd.ms-outlook",
}

_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_VND = "application/vnd.openxmlformats-officedocument"
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


# Bounded, because a long-running site would else keep every file it ever sent.
@lru_cache(maxsize=128)
def file_bytes(suffix: str, seed: str) -> bytes:
    """Return the file for that seed.

    Args:
        suffix: one of `MIME_TYPES`, with its dot.
        seed: any text; another one gives another file, of another size.
    """
    digest = hashlib.sha256(seed.encode()).digest()
    share = int.from_bytes(digest[:4]) / 2**32
    if suffix == ".txt":
        return _text(digest, 200 + int(share * (LARGEST_TEXT_BYTES - 400)))
    # The frame around the noise (headers, XML) is below 3 KiB.
    noise = hashlib.shake_256(digest).digest(SMALLEST_BYTES + int(share * (LARGEST_BYTES - SMALLEST_BYTES - 3 * 1024)))
    if suffix == ".pdf":
        return _pdf(noise)
    if suffix == ".png":
        return _png(noise)
    if suffix == ".docx":
        return _docx(noise)
    if suffix == ".xlsx":
        return _xlsx(noise)
    return OLE_MAGIC + noise


def markup_text(suffix: str, seed: str) -> bytes:
    """Return a text that begins as a page of the web does and is none; a table when the suffix is `.csv`."""
    beginning = "<part>;<amount>" if suffix == ".csv" else "<!DOCTYPE html> is what our pages begin with."
    return f"{beginning}\n".encode() + file_bytes(".txt", seed)


def _text(digest: bytes, size: int) -> bytes:
    words = hashlib.shake_256(digest).hexdigest(size // 2)
    lines = [words[start : start + 64] for start in range(0, len(words), 64)]
    return ("Notiz · note · anotação\n" + "\n".join(lines) + "\n").encode()


def _pdf(noise: bytes) -> bytes:
    """Return a PDF of one empty page that carries the noise as an attached stream."""
    bodies = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /PieceInfo 4 0 R >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(noise), noise),
    ]
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(bodies, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table_at = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table_at
    return bytes(out)


def _png(noise: bytes) -> bytes:
    """Return a picture of one grey dot that carries the noise in a chunk that nobody must know."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"noIz", noise),
        (b"IDAT", zlib.compress(b"\x00\x80", 0)),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _docx(noise: bytes) -> bytes:
    main = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    text = f'<w:document xmlns:w="{main}"><w:body><w:p><w:r><w:t>Demo</w:t></w:r></w:p></w:body></w:document>'
    return _office(
        "word/document.xml", f"{_VND}.wordprocessingml.document.main+xml", {"word/document.xml": text}, noise
    )


def _xlsx(noise: bytes) -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheets = '<sheets><sheet name="Demo" sheetId="1" r:id="rId1"/></sheets>'
    parts = {
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{_OFFICE}/relationships">{sheets}</workbook>',
        "xl/_rels/workbook.xml.rels": _relationship("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{main}"><sheetData/></worksheet>',
    }
    extra = f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_VND}.spreadsheetml.worksheet+xml"/>'
    return _office("xl/workbook.xml", f"{_VND}.spreadsheetml.sheet.main+xml", parts, noise, extra)


def _office(main: str, main_type: str, parts: dict[str, str], noise: bytes, extra: str = "") -> bytes:
    types = (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="bin" ContentType="application/octet-stream"/>'
        f'<Override PartName="/{main}" ContentType="{main_type}"/>{extra}</Types>'
    )
    texts = {"[Content_Types].xml": types, "_rels/.rels": _relationship("officeDocument", main), **parts}
    entries = {name: (text if text.startswith("<?xml") else _XML + text).encode() for name, text in texts.items()}
    entries["customData/noise.bin"] = noise
    out = io.BytesIO()
    # Stored, not deflated: compressors of different machines give different bytes.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as package:
        for name, content in entries.items():
            entry = zipfile.ZipInfo(name, date_time=(2025, 1, 1, 0, 0, 0))
            entry.create_system = 0  # else the platform would be in the bytes
            package.writestr(entry, content)
    return out.getvalue()


def _relationship(kind: str, target: str) -> str:
    return (
        f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/relationships/{kind}" Target="{target}"/></Relationships>'
    )
