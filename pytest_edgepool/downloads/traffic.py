"""What the browser tells of its downloads, put together. Never asks it anything."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One download as the browser tells it.

    Attributes:
        guid: its name in the incoming folder.
        url: where it comes from.
        name: the file name that the site gave.
        total_bytes: the promised length; 0 when none was.
        received_bytes: how many have come.
        state: `inProgress`, `completed` or `canceled`.
        is_doubtful: whether it stood still or went back on its way. The browser may have gone on after a break, by
            range, and does not look whether the site still has the same content (measured: it glues two together).
    """

    guid: str
    url: str = ""
    name: str = ""
    total_bytes: int = 0
    received_bytes: int = 0
    state: str = "inProgress"
    is_doubtful: bool = False

    @property
    def has_ended(self) -> bool:
        """Whether the browser is done with it, one way or the other."""
        return self.state != "inProgress"


@dataclass(slots=True)
class Traffic:
    """What is known of a tab's downloads so far."""

    known: dict[str, Incoming] = field(default_factory=dict)

    def take(self, method: str, told: dict[str, Any]) -> None:
        """Learn from one browser event; others than download events say nothing.

        Nor does the progress of a download whose beginning was not seen: it began before, for somebody else.
        """
        if method == "Browser.downloadWillBegin":
            self.known[told["guid"]] = Incoming(
                guid=told["guid"], url=str(told.get("url", "")), name=str(told.get("suggestedFilename", ""))
            )
        elif method == "Browser.downloadProgress" and (known := self.known.get(told["guid"])):
            total, received = max(0, int(told.get("totalBytes", 0))), int(told.get("receivedBytes", 0))
            stood_still = received == known.received_bytes and 0 < received < total
            self.known[known.guid] = replace(
                known,
                total_bytes=total,
                received_bytes=received,
                state=str(told.get("state", "inProgress")),
                is_doubtful=known.is_doubtful or stood_still or received < known.received_bytes,
            )

    @property
    def are_all_ended(self) -> bool:
        """Whether nothing is under way."""
        return all(each.has_ended for each in self.known.values())
