"""Whose fault it was, and whether to try again. Never decides what to do about it.

Four answers, and every error of the project is one of them: `UsageMistake` (the user can mend it; shown as
one sentence, no traceback), `Retryable` (the world may be better in a moment), `Permanent` (trying again is
useless), and anything else, which is a bug of ours.
"""

from __future__ import annotations


class EdgepoolError(Exception):
    """The root. Subclasses pass their fields to `super().__init__`, so that every error pickles."""


class UsageMistake(EdgepoolError):  # noqa: N818 - whose fault it is, not that it is one
    """Something the user gave us is wrong: the message is one sentence naming it and the remedy."""


class SheetMistake(UsageMistake):
    """A sheet that cannot be run.

    Args:
        path: the sheet, as the user named it.
        line: 1-based line in the file, or None when the whole file is meant.
        problem: what is wrong, as a clause.
        remedy: what to do about it, as a clause.
    """

    def __init__(self, path: str, line: int | None, problem: str, remedy: str) -> None:
        super().__init__(path, line, problem, remedy)
        self.path = path
        self.line = line
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        """Return the one sentence that the user reads."""
        where = self.path if self.line is None else f"{self.path}, line {self.line}"
        return f"{where}: {self.problem}; {self.remedy}."


class SheetMistakes(SheetMistake):
    """Several mistakes in the sheets, told together.

    Args:
        first: the first of them, at least one.
        total: how many there are.
    """

    def __init__(self, first: tuple[SheetMistake, ...], total: int) -> None:
        super().__init__(first[0].path, first[0].line, first[0].problem, first[0].remedy)
        self.args = (first, total)  # so that it pickles
        self.first = first
        self.total = total

    def __str__(self) -> str:
        """Return a line for each, and how many more there are."""
        more = self.total - len(self.first)
        lines = [f"The sheet has {self.total} problems:", *map(str, self.first)]
        return "\n  ".join([*lines, f"… and {more} more."] if more else lines)


class BrowserNotFound(UsageMistake):
    """No browser, or no driver for it; the message says what was looked for and where."""


class BaseUnusable(UsageMistake):
    """The base profile is missing, damaged, or not a user data dir."""


class NobodySignedIn(BaseUnusable):
    """Nobody has signed in on this machine yet; whoever sits at a terminal with a screen may do it now."""


class Retryable(EdgepoolError):  # noqa: N818 - whose fault it is, not that it is one
    """Failed, but the same thing may work in a moment: it is tried again within bounds."""


class NetworkTrouble(Retryable):
    """The site did not answer, or the connection broke."""


class SiteUnreachable(NetworkTrouble):
    """Nobody is there at all (no such host, connection refused). At the very first look the run is stopped for it."""


class StrangePage(Retryable):
    """The site shows a page that is none of an order, and none that says why."""


class ServerTrouble(Retryable):
    """The site answered that it is unwell or that we are too fast (429, 5xx).

    Args:
        status: the HTTP status code.
        retry_after_seconds: what its `Retry-After` header asked for, or None.
    """

    def __init__(self, status: int, retry_after_seconds: float | None = None) -> None:
        super().__init__(status, retry_after_seconds)
        self.status = status
        self.retry_after_seconds = retry_after_seconds

    def __str__(self) -> str:
        """Return the reason as one clause."""
        return f"the site answered with HTTP status {self.status}"


class TooManyRequests(ServerTrouble):
    """The site answered that we are too fast (429): no worker asks it again before it may."""


class TransferBroken(Retryable):
    """A file did not arrive whole: canceled, truncated, or not what it claims to be."""


class NotAsNamed(TransferBroken):
    """A file came whole and is not what its name says; the site answered, and may send a better one."""


class OutputVanished(Retryable):
    """The output folder, or what was gathered in it, was removed under us; it is made again."""


class BrowserTrouble(Retryable):
    """The browser or its driver died or hangs; a new one may do."""


class TabTrouble(BrowserTrouble):
    """A tab failed (its renderer died, or it no longer answers); a new tab may do, else a new browser."""


class DeadlinePassed(EdgepoolError):  # noqa: N818 - whose fault it is, not that it is one
    """The time that one try had is used up.

    Args:
        what: what was being done, as a clause.
        patience_seconds: how long it was given.
    """

    def __init__(self, what: str, patience_seconds: float) -> None:
        super().__init__(what, patience_seconds)
        self.what = what
        self.patience_seconds = patience_seconds

    def __str__(self) -> str:
        """Return the reason as one clause."""
        return f"{self.what} took longer than {self.patience_seconds:g} s"


class Permanent(EdgepoolError):  # noqa: N818 - whose fault it is, not that it is one
    """Trying again is useless."""


class SignedOut(Permanent):
    """The site does not know us: nobody is signed in on this profile, or the session ended."""


class AskedToWait(Permanent):
    """The site asks to wait longer than the settings allow (`Retry-After`)."""


class FileRefused(Permanent):
    """The site has no such file, or does not let this user have it: an answer, which no further try changes."""


class DiskTrouble(Permanent):
    """The output folder cannot be written: full, read-only, or gone and not to be made again."""


class ProfileTrouble(Permanent):
    """A clone or the template could not be made."""


class Retired(Permanent):
    """This worker cannot be signed in and gives its items to others, who are."""


class SessionRenewed(Retryable):
    """The session had ended and was renewed: the same thing may work now."""


class RunStopped(Permanent):
    """The run is being ended; nothing new is begun."""
