"""What the demo site remembers while it runs: its settings, who is signed in, its log. Never speaks HTTP."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import Counter, deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pytest_edgepool.clock import SYSTEM_CLOCK
from pytest_edgepool.portals.demo.options import DemoOptions, FaultName, plain_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from collections.abc import Set as AbstractSet

    from pytest_edgepool.clock import Clock

# A site served for days must not fill the memory with its log.
MOST_LOGGED = 200_000
# As long as sites that hand out signed addresses usually have it.
SIGNED_SECONDS = 900


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoRequest:
    """One request that the site answered.

    Attributes:
        method: GET, HEAD or POST.
        path: what was asked for, without the query.
        user_agent: what the browser said it is.
        session: the session cookie or token that came with it, "" when none did.
        status: the HTTP status of the answer.
        range: the part of a file that was asked for, as the request had it; "" is all of it.
    """

    method: str
    path: str
    user_agent: str
    session: str
    status: int
    range: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ElsewhereRequest:
    """One request that the other origin answered: where the files of the shape `elsewhere` really are.

    Attributes:
        path: what was asked for, without the query.
        status: the HTTP status of the answer.
        cookie: what the browser should not have sent.
        referer: from where it came.
        authorization: what nobody should have sent.
    """

    path: str
    status: int
    cookie: str
    referer: str
    authorization: str


class DemoSite:
    """One demo site's state; every method may be called from any thread while it is being served.

    Args:
        options: how it behaves at first.
        clock: where the time of day comes from.
    """

    def __init__(self, options: DemoOptions | None = None, clock: Clock = SYSTEM_CLOCK) -> None:
        self._lock = threading.Lock()
        self._options = options or DemoOptions()
        self._clock = clock
        self._key = (self._options.session_key or secrets.token_hex(32)).encode()
        self._generation = 0
        self._ended: set[str] = set()
        self._struck: Counter[str] = Counter()
        self._log: deque[DemoRequest] = deque(maxlen=MOST_LOGGED)
        self._closing = threading.Event()
        self._limit = (0, "")
        self._elsewhere_log: deque[ElsewhereRequest] = deque(maxlen=MOST_LOGGED)
        # Given by whoever serves the site: begins to serve the other origin, if need be, and returns its port.
        self.elsewhere_port: Callable[[], int] | None = None

    @property
    def options(self) -> DemoOptions:
        """How the site behaves now."""
        with self._lock:
            return self._options

    def change(self, **changes: object) -> None:
        """Give some options new values, from the next request on; new faults strike from their first request again.

        Raises:
            UsageMistake: a value is not allowed; nothing has changed then.
            TypeError: there is no option of that name.
        """
        with self._lock:
            self._options = replace(self._options, **changes)  # type: ignore[arg-type]
            if "faults" in changes:
                self._struck.clear()

    @property
    def log(self) -> list[DemoRequest]:
        """The requests answered so far, in the order of their answers; a copy."""
        with self._lock:
            return list(self._log)

    def record(self, request: DemoRequest) -> None:
        """Add a request to the log."""
        with self._lock:
            self._log.append(request)

    @property
    def elsewhere_log(self) -> list[ElsewhereRequest]:
        """The requests that the other origin answered so far; a copy."""
        with self._lock:
            return list(self._elsewhere_log)

    def record_elsewhere(self, request: ElsewhereRequest) -> None:
        """Add a request to the other origin's log."""
        with self._lock:
            self._elsewhere_log.append(request)

    def clear_log(self) -> None:
        """Forget the requests so far."""
        with self._lock:
            self._log.clear()
            self._elsewhere_log.clear()

    def count(self, what: str) -> int:
        """Return how often this was asked for `what`, this time included, since the faults were set."""
        with self._lock:
            self._struck[what] += 1
            return self._struck[what]

    def begin_session(self) -> str:
        """Return the cookie value, or token, of a new session.

        It carries its own proof, so that a site with the same key knows it even after a restart.
        """
        born = int(self._clock.now().timestamp() * 1000)
        with self._lock:
            claim = f"{secrets.token_hex(8)}-{born}-{self._generation}"
        return f"{claim}-{self._proof(claim)}"

    def knows_session(self, cookie: str) -> bool:
        """Return whether that cookie value stands for somebody who is signed in now."""
        claim, _, proof = cookie.rpartition("-")
        if not hmac.compare_digest(proof.encode(), self._proof(claim).encode()):
            return False
        _, born, generation = claim.split("-")
        age_seconds = self._clock.now().timestamp() - int(born) / 1000
        with self._lock:
            patience_seconds = self._options.session_seconds
            is_current = int(generation) == self._generation and cookie not in self._ended
        return is_current and (patience_seconds is None or age_seconds < patience_seconds)

    def rotate_session(self, cookie: str) -> str:
        """End that session and return the cookie value of the one that follows it, "" when nobody has that session.

        Of two requests with the same cookie at most one gets a new one.
        """
        if not self.knows_session(cookie):
            return ""
        with self._lock:
            if cookie in self._ended:
                return ""
            self._ended.add(cookie)
        return self.begin_session()

    def end_session(self, cookie: str) -> None:
        """Sign out whoever has that cookie or token."""
        with self._lock:
            self._ended.add(cookie)

    def end_all_sessions(self) -> None:
        """Sign everybody out, as a restart of the real site would."""
        with self._lock:
            self._generation += 1

    def sign(self, path: str) -> dict[str, str]:
        """Return the query with which anybody may have that path for a while, whoever he is."""
        expires = str(int(self._clock.now().timestamp()) + SIGNED_SECONDS)
        return {"expires": expires, "signature": self._proof(f"{expires} {path}")}

    def has_signed(self, path: str, query: Mapping[str, str]) -> bool:
        """Return whether that query opens that path now."""
        expires, signature = query.get("expires", ""), query.get("signature", "")
        if not hmac.compare_digest(signature.encode(), self._proof(f"{expires} {path}").encode()):
            return False
        return self._clock.now().timestamp() < int(expires)

    def take_fault(self, number: str, among: AbstractSet[FaultName]) -> FaultName | None:
        """Return which of these faults strikes this request for that order, and count the stroke."""
        number = plain_number(number)
        with self._lock:
            fault = self._options.fault_of(number)
            if fault is None or fault.name not in among:
                return None
            self._struck[number] += 1
            is_over = fault.first_requests is not None and self._struck[number] > fault.first_requests
            return None if is_over else fault.name

    def limit(self, status: int, retry_after: str = "") -> None:
        """Answer every page and file with that status and `Retry-After` from now on; 0 ends it."""
        with self._lock:
            self._limit = (status, retry_after)

    @property
    def limited(self) -> tuple[int, str]:
        """The status that every request gets now, and its `Retry-After`; 0 when each gets what it asks for."""
        with self._lock:
            return self._limit

    def pause(self, seconds: float) -> None:
        """Hold the calling thread back that long, or until the site closes."""
        if seconds > 0:
            self._closing.wait(seconds)

    def close(self) -> None:
        """End all pauses, now and for ever: answers under way are sent at once."""
        self._closing.set()

    def _proof(self, claim: str) -> str:
        return hmac.new(self._key, claim.encode(), hashlib.sha256).hexdigest()
