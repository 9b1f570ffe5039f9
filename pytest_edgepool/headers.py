"""How columns' headers are compared, and what the result columns are called. Never says what a header means."""

from __future__ import annotations

import unicodedata

# What users' sheets already hold.
RESULT_COLUMNS = (
    "STATUS",
    "SUPPLIER",
    "ATTACHMENTS_FOUND",
    "ATTACHMENTS_DOWNLOADED",
    "AttachmentName",
    "LAST_PROCESSED",
    "ERROR_MESSAGE",
    "DOWNLOAD_FOLDER",
    "COUPA_URL",
)


def bare(header: str) -> str:
    """Return a header as plain small letters and digits: accents, spaces and punctuation do not matter."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    return "".join(char for char in plain if char.isalnum())
