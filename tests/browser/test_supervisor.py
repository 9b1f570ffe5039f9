"""A driver and its browser never outlive their worker, whoever of them dies, and however."""

from __future__ import annotations

import ast
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from pytest_edgepool import processes
from pytest_edgepool.browser import supervisor
from pytest_edgepool.clock import Deadline, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.skipif(os.name != "posix", reason="these tests send the signals of POSIX")

SUPERVISOR = Path(supervisor.__file__)
SUPERVISED = [sys.executable, "-I", "-S", str(SUPERVISOR)]
PATIENCE_SECONDS = 60.0
MARK = "EDGEPOOL_TEST_MARK"

WORKER = """
import json, sys
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

settings = json.loads(sys.argv[1])

class Supervised(Service):
    def command_line_args(self):
        return [*settings["supervisor"], settings["driver"], *super().command_line_args()]
    def env_path(self):
        return None

options = webdriver.ChromeOptions()
options.binary_location = settings["binary"]
for switch in settings["switches"]:
    options.add_argument(switch)
service = Supervised(executable_path=sys.executable)
driver = webdriver.Chrome(options=options, service=service)
driver.get(settings["url"])
print(json.dumps({"supervisor": service.process.pid, "browser": driver.capabilities["goog:processID"]}), flush=True)
if sys.stdin.readline() == "quit\\n":
    driver.quit()
    print(json.dumps(service.process.poll()), flush=True)
"""

SWITCHES = ("--headless=new", "--disable-background-networking", "--disable-component-update", "--disable-gpu")


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker with a browser, and the numbers of those that must not outlive it."""

    process: subprocess.Popen[str]
    mark: str
    user_data_dir: Path
    supervisor: int
    driver: int
    browser: int
    tree: tuple[processes.ProcessRecord, ...]

    def remaining(self) -> list[str]:
        """Return the command lines of all that still run and inherited the worker's mark, but the worker."""
        return [" ".join(command)[:200] for pid, command in marked(self.mark) if pid != self.process.pid]

    @property
    def lock(self) -> Path:
        """The link that a browser holds its folder by."""
        return self.user_data_dir / "SingletonLock"

    def saved_cookies(self) -> list[str]:
        """Return the names of the cookies that are on disk."""
        for database in (self.user_data_dir / "Default").rglob("Cookies"):
            with closing(sqlite3.connect(database)) as connection:
                return [name for (name,) in connection.execute("select name from cookies")]
        return []


def marked(mark: str) -> Iterator[tuple[int, list[str]]]:
    """Yield every process whose environment holds the mark, also one that made itself a daemon."""
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == mark and process.status() != psutil.STATUS_ZOMBIE:
                yield process.pid, process.cmdline()


def soon(claim: Callable[[], bool]) -> bool:
    """Return whether the claim comes true; the patience is far beyond what any machine needs."""
    return wait_until(claim, Deadline.after(PATIENCE_SECONDS, "the test"))


def tool(*names: str) -> str:
    """Return the path of the first of these programs that is installed, or skip the test."""
    for name in names:
        path = shutil.which(name)
        if path:
            return path
    pytest.skip(f"none of {', '.join(names)} is installed")


def read_line(worker: subprocess.Popen[str]) -> str:
    """Return the worker's next line, or fail with what it said instead."""
    assert worker.stdout is not None
    line = worker.stdout.readline()
    assert line, "the worker ended before it said anything"
    return line


@pytest.fixture
def site() -> Iterator[str]:
    """The URL of a page that sets a cookie which is to be kept for a day."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Set-Cookie", "signed_in=yes; Max-Age=86400")
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"hi")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the base class's
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def worker(tmp_path: Path, site: str) -> Iterator[Worker]:
    """A worker with a running browser of its own; whatever the test leaves of it is killed."""
    mark, user_data_dir = uuid.uuid4().hex, tmp_path / "profile"
    switches = [*SWITCHES, f"--user-data-dir={user_data_dir}"]
    if os.geteuid() == 0:
        switches.append("--no-sandbox")
    settings = {
        "supervisor": SUPERVISED[1:],
        "driver": tool("chromedriver"),
        "binary": tool("chromium", "chromium-browser", "google-chrome"),
        "switches": switches,
        "url": site,
    }
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, json.dumps(settings)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, MARK: mark},
    ) as process:
        try:
            told = json.loads(read_line(process))
            tree = processes.tree_of(told["supervisor"], "supervisor")
            driver = psutil.Process(told["supervisor"]).children()[0].pid
            yield Worker(
                process=process,
                mark=mark,
                user_data_dir=user_data_dir,
                supervisor=told["supervisor"],
                driver=driver,
                browser=told["browser"],
                tree=tree,
            )
        finally:
            for pid, _ in marked(mark):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def assert_all_gone(worker: Worker) -> None:
    """Fail unless nothing that the worker started is left."""
    assert soon(lambda: not worker.remaining()), worker.remaining()
    # One that is just ending has no environment any more, and yet it is there for a moment.
    assert soon(lambda: not any(map(processes.is_ours_alive, worker.tree)))
    assert processes.browsers_on(worker.user_data_dir) == ()


def assert_profile_is_whole(worker: Worker) -> None:
    """Fail unless the browser gave its folder back and wrote its newest cookie down."""
    assert not worker.lock.is_symlink()
    assert "signed_in" in worker.saved_cookies()


def kill_worker(worker: Worker) -> None:
    """Kill the worker as the kernel does when memory is short."""
    worker.process.kill()
    worker.process.wait()


def test_a_killed_worker_takes_its_driver_and_browser_along(worker: Worker) -> None:
    """Nothing of a SIGKILLed worker is left, and its browser ended in order: cookies kept, lock gone."""
    assert worker.lock.is_symlink()
    kill_worker(worker)
    assert_all_gone(worker)
    assert_profile_is_whole(worker)


def test_a_stopped_driver_ends_with_its_worker(worker: Worker) -> None:
    """A driver that was stopped hears of its worker's death all the same, and ends in order."""
    os.kill(worker.driver, signal.SIGSTOP)
    kill_worker(worker)
    assert_all_gone(worker)
    assert_profile_is_whole(worker)


def test_a_stopped_browser_ends_with_its_worker(worker: Worker) -> None:
    """A browser that was stopped with all its helpers ends in order, too."""
    os.killpg(os.getpgid(worker.browser), signal.SIGSTOP)
    kill_worker(worker)
    assert_all_gone(worker)
    assert_profile_is_whole(worker)


def test_a_killed_driver_takes_its_browser_along(worker: Worker) -> None:
    """When only the driver is SIGKILLed, its browser ends in order and the worker lives on."""
    os.kill(worker.driver, signal.SIGKILL)
    assert_all_gone(worker)
    assert_profile_is_whole(worker)
    assert worker.process.poll() is None


def test_a_killed_browser_leaves_nothing_behind_when_the_worker_dies(worker: Worker) -> None:
    """A browser that died before its worker keeps nobody alive."""
    os.kill(worker.browser, signal.SIGKILL)
    kill_worker(worker)
    assert_all_gone(worker)


def test_sigterm_to_the_supervisor_ends_all_in_order(worker: Worker) -> None:
    """SIGTERM means what the worker's death means."""
    os.kill(worker.supervisor, signal.SIGTERM)
    assert_all_gone(worker)
    assert_profile_is_whole(worker)


def test_sigint_changes_nothing(worker: Worker) -> None:
    """Ctrl-C, which reaches the supervisor with the worker's group, leaves the browser to its worker."""
    os.kill(worker.supervisor, signal.SIGINT)
    assert worker.process.stdin is not None
    worker.process.stdin.write("quit\n")
    worker.process.stdin.flush()
    assert read_line(worker.process) == "0\n"
    assert_all_gone(worker)
    assert_profile_is_whole(worker)


def test_a_driver_that_fails_at_once_passes_its_code_on(capfd: pytest.CaptureFixture[str]) -> None:
    """The driver's exit code and its complaint reach the worker unchanged."""
    failing = [sys.executable, "-c", "import sys; sys.stderr.write('no such flag'); sys.exit(3)"]
    with subprocess.Popen([*SUPERVISED, *failing], stdin=subprocess.PIPE) as process:
        assert process.wait() == 3
    assert capfd.readouterr().err == "no such flag"


def test_selenium_hears_of_a_failed_driver_by_its_exit_code() -> None:
    """Selenium stops polling for the driver as soon as it has failed, and names the code."""
    from selenium.common.exceptions import WebDriverException
    from selenium.webdriver.chrome.service import Service

    class Failing(Service):
        def command_line_args(self) -> list[str]:
            return [*SUPERVISED[1:], sys.executable, "-c", "raise SystemExit(5)"]

        def env_path(self) -> str | None:
            return None

    service = Failing(executable_path=sys.executable)
    with pytest.raises(WebDriverException, match="Status code was: 5"):
        service.start()


def test_a_driver_ended_by_a_signal_is_told_as_shells_tell_it() -> None:
    """A driver that signal 9 ended makes the supervisor exit with 137."""
    dying = [sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"]
    with subprocess.Popen([*SUPERVISED, *dying], stdin=subprocess.PIPE) as process:
        assert process.wait() == 137


def test_a_missing_driver_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A driver that cannot be started gives one sentence that names it, and code 127."""
    missing = str(tmp_path / "msedgedriver")
    with subprocess.Popen([*SUPERVISED, missing], stdin=subprocess.PIPE) as process:
        assert process.wait() == 127
    complaint = capfd.readouterr().err
    assert missing in complaint
    assert "Traceback" not in complaint


def test_without_a_driver_it_says_how_it_is_used() -> None:
    """Started with nothing to run, it prints its usage."""
    ended = subprocess.run(SUPERVISED, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert ended.stderr.startswith("usage:")


def test_a_deaf_driver_is_killed() -> None:
    """A driver that ignores every polite request, and its child, are killed."""
    deaf = (
        "import os, signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); child = os.fork();"
        "sys.stdout.write('%d\\n' % os.getpid()); sys.stdout.flush(); signal.pause()"
    )
    with subprocess.Popen(
        [*SUPERVISED, sys.executable, "-c", deaf], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        pids = [int(read_line(process)), int(read_line(process))]
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait() == 137
    assert not any(map(processes.is_alive, pids))


def test_what_a_driver_leaves_behind_is_ended_with_it() -> None:
    """A child that outlives a driver which ended by itself is ended before the supervisor exits."""
    leaving = (
        "import subprocess, sys; child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']);"
        "print(child.pid, flush=True); import os; os._exit(0)"
    )
    with subprocess.Popen(
        [*SUPERVISED, sys.executable, "-c", leaving], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        child = int(read_line(process))
        assert process.wait() == 0
    assert not processes.is_alive(child)


def test_a_process_that_the_worker_forked_does_not_keep_its_driver_alive() -> None:
    """The worker's death is seen although a fork of it still holds the supervisor's input open."""
    forking = (
        "import json, os, signal, subprocess, sys; supervised = json.loads(sys.argv[1]);"
        "started = subprocess.Popen(supervised, stdin=subprocess.PIPE);"
        "child = os.fork(); child or signal.pause();"
        "print(started.pid, child, flush=True); signal.pause()"
    )
    idle = [*SUPERVISED, sys.executable, "-c", "import signal; signal.pause()"]
    with subprocess.Popen(
        [sys.executable, "-c", forking, json.dumps(idle)], stdout=subprocess.PIPE, text=True
    ) as process:
        started, fork = map(int, read_line(process).split())
        try:
            assert soon(lambda: len(psutil.Process(started).children()) == 1)
            tree = processes.tree_of(started, "supervisor")
            process.kill()
            process.wait()
            assert soon(lambda: not any(map(processes.is_ours_alive, tree)))
            assert processes.is_alive(fork)
        finally:
            os.kill(fork, signal.SIGKILL)


def test_a_stranger_on_the_port_is_not_shut_down() -> None:
    """A driver that lost its port to another one does not make the supervisor shut that other one down."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        failing = [sys.executable, "-c", "raise SystemExit(1)", f"--port={port}"]
        with subprocess.Popen([*SUPERVISED, *failing], stdin=subprocess.PIPE) as process:
            assert process.wait() == 1
        stranger.setblocking(False)
        with pytest.raises(BlockingIOError):
            stranger.accept()


def test_it_imports_the_standard_library_only() -> None:
    """It starts with -I and -S, so nothing but the standard library can be imported."""
    tree = ast.parse(SUPERVISOR.read_text(encoding="utf-8"))
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_members_of_a_group_are_the_living_ones() -> None:
    """Both ways to list a group, by /proc and by ps, name its living members and no others."""
    idle = "import signal; print('ready', flush=True); signal.pause()"
    with subprocess.Popen(
        [sys.executable, "-c", idle], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            assert read_line(process) == "ready\n"
            listings = [supervisor._members(process.pid)]
            if Path("/bin/ps").exists():
                listings.append(supervisor._members_by_ps(process.pid))
            for members in listings:
                assert [pid for pid, _ in members] == [process.pid]
                assert "signal.pause" in members[0][1]
        finally:
            process.kill()
        assert soon(lambda: not supervisor._members(process.pid))
