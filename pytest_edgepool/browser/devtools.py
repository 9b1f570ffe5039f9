"""One browser-level DevTools connection, held as long as the browser. Never knows what a download or a page is for.

Why this and nothing else (measured): download settings belong to the client that made them, so a connection that
closes, or a command sent
through a tab that closes, lets files fall silently into the user's Downloads folder; and WebDriver BiDi gives no GUID
names. There is no
reader thread: messages wait in the socket and are taken while somebody waits for an answer or an event.
"""

from __future__ import annotations

import http.client
import json
import socket
import urllib.request
from collections import deque
from typing import TYPE_CHECKING, Any

from pytest_edgepool.clock import Deadline
from pytest_edgepool.errors import BrowserTrouble, DeadlinePassed, TabTrouble

if TYPE_CHECKING:
    from collections.abc import Callable

    from websocket import WebSocket

Message = dict[str, Any]

_CONNECT_SECONDS = 10.0
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # a proxy would look for the browser on itself
_KEPT_EVENTS = 10_000  # a page that streams events between two looks must not eat the memory


class DevToolsRefusal(BrowserTrouble):
    """The browser refused a command.

    Args:
        method: the command.
        message: what the browser said.
    """

    def __init__(self, method: str, message: str) -> None:
        super().__init__(method, message)
        self.method = method
        self.message = message

    def __str__(self) -> str:
        """Return the refusal as one clause."""
        return f"the browser refused {self.method}: {self.message}"


class DevTools:
    """A connection to `address` (`host:port`, as the driver's `debuggerAddress` capability names it).

    Args:
        address: where the browser listens.
        trouble: returns why the browser is no use any more, where somebody knows more than that it is gone; else "".

    Attributes:
        crashed: the sessions whose page crashed, as far as messages were taken.

    Raises:
        BrowserTrouble: nobody answers there.
    """

    def __init__(self, address: str, trouble: Callable[[], str] = str) -> None:
        import websocket

        try:
            with _DIRECT.open(f"http://{address}/json/version", timeout=_CONNECT_SECONDS) as answer:
                url = json.load(answer)["webSocketDebuggerUrl"]
            host, _, port = address.rpartition(":")
            wire = socket.create_connection((host, int(port)), _CONNECT_SECONDS)  # ours: websocket would take the proxy
            # Read as JSON, a message that is no UTF-8 fails by itself; looking at it byte by byte takes as long as all
            # else that is done with it (measured).
            self._socket: WebSocket = websocket.create_connection(
                url, suppress_origin=True, timeout=_CONNECT_SECONDS, socket=wire, skip_utf8_validation=True
            )
        except (OSError, KeyError, ValueError, http.client.HTTPException, websocket.WebSocketException) as error:
            raise BrowserTrouble(f"the browser's DevTools do not answer: {error}") from error
        self.address = address
        self.crashed: set[str] = set()
        self._trouble = trouble
        self._last = 0
        self._events: deque[Message] = deque(maxlen=_KEPT_EVENTS)

    def call(self, method: str, deadline: Deadline, session: str = "", **params: object) -> Message:
        """Send a command and return its result.

        Args:
            method: the CDP method.
            deadline: until when the answer must be there.
            session: the session of an attached target, or "" for the browser itself.
            params: the command's parameters.

        Raises:
            DevToolsRefusal: the browser refused.
            TabTrouble: the target's page crashed; it would never answer.
            BrowserTrouble: the connection broke.
            DeadlinePassed: no answer in time.
        """
        number = self.send(method, session, **params)
        while True:
            if session and session in self.crashed:
                raise TabTrouble(f"the tab's page crashed (at {method})")
            answer = self._receive(deadline)
            if answer is None:
                raise DeadlinePassed(deadline.what, deadline.patience_seconds)
            if answer.get("id") == number:
                if "error" in answer:
                    raise DevToolsRefusal(method, str(answer["error"].get("message", "")))
                result: Message = answer["result"]
                return result

    def send(self, method: str, session: str = "", **params: object) -> int:
        """Send a command whose answer nobody waits for; return its number. The arguments are those of `call`.

        Raises:
            BrowserTrouble: the connection broke.
        """
        import websocket

        self._last += 1
        message: Message = {"id": self._last, "method": method, "params": params}
        if session:
            message["sessionId"] = session
        try:
            self._socket.send(json.dumps(message))
        except (OSError, websocket.WebSocketException) as error:
            raise self._broken(error) from error
        return self._last

    def attach(self, target: str, deadline: Deadline, script: str = "") -> str:
        """Attach to a page, and hear from now on when it crashes, also when it has already.

        Args:
            target: the page's target.
            deadline: until when the answers must be there.
            script: runs in each document that it shows from now on, before the document's own; dialogs that these open
                are dismissed from now on, as WebDriver does: a page that waits for an answer answers nobody.

        Returns:
            The session, for `call`.

        Raises:
            BrowserTrouble: the connection broke, or there is no such page.
            DeadlinePassed: no answer in time.
        """
        session = str(self.call("Target.attachToTarget", deadline, targetId=target, flatten=True)["sessionId"])
        if script:
            self.call("Page.addScriptToEvaluateOnNewDocument", deadline, session, source=script)
            self.call("Page.enable", deadline, session)
        self.call("Inspector.enable", deadline, session)
        return session

    def next_event(self, deadline: Deadline) -> Message | None:
        """Return the oldest event not taken yet, waiting for one until the deadline; None when none came.

        Raises:
            BrowserTrouble: the connection broke.
        """
        while not self._events:
            if self._receive(deadline) is None:
                return None
        return self._events.popleft()

    def take_in(self) -> None:
        """Take what has arrived already, without waiting for more.

        Raises:
            BrowserTrouble: the connection broke.
        """
        nothing_more = Deadline.after(0, "looking at what the browser said")
        while self._receive(nothing_more) is not None:
            pass

    def forget_events(self) -> None:
        """Drop the events that nobody took."""
        self._events.clear()

    def close(self) -> None:
        """Close the connection; from here on the browser's downloads would go astray."""
        self._socket.close()

    def _receive(self, deadline: Deadline) -> Message | None:
        """Take one message from the socket, keep it when it is an event, and return it; None when none came in time."""
        import websocket

        self._socket.settimeout(max(deadline.remaining_seconds(), 0.001))
        try:
            message: Message = json.loads(self._socket.recv())
        except websocket.WebSocketTimeoutException:
            return None
        except (OSError, ValueError, websocket.WebSocketException) as error:
            raise self._broken(error) from error
        if "method" in message:
            self._events.append(message)
            if message["method"] == "Inspector.targetCrashed":  # kept apart: whoever forgets events must not forget it
                self.crashed.add(str(message.get("sessionId", "")))
            if message["method"] == "Page.javascriptDialogOpening":
                self.send("Page.handleJavaScriptDialog", str(message.get("sessionId", "")), accept=False)
        return message

    def _broken(self, error: Exception) -> BrowserTrouble:
        return BrowserTrouble(self._trouble() or f"the browser's DevTools connection broke: {error}")
