"""The stand-in for msedgedriver speaks Edge's names, hands on all else, and never leaves its chromedriver behind."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
from selenium import webdriver
from selenium.common.exceptions import SessionNotCreatedException
from selenium.webdriver.edge.service import Service

from pytest_edgepool import processes
from pytest_edgepool.browser import supervisor
from pytest_edgepool.clock import Deadline, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STANDIN = Path(__file__).parents[1] / "standin" / "msedgedriver"
CHROMEDRIVER = shutil.which("chromedriver")
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PATIENCE_SECONDS = 60.0

pytestmark = pytest.mark.skipif(
    os.name != "posix" or CHROMEDRIVER is None or BROWSER is None, reason="the stand-in needs a chromedriver and POSIX"
)


class UnderSupervisor(Service):
    """Edge's service with the stand-in under the supervisor."""

    def command_line_args(self) -> list[str]:
        return ["-I", "-S", supervisor.__file__, str(STANDIN), *super().command_line_args()]

    def env_path(self) -> str | None:
        return None


class Plain(Service):
    """Edge's service with the stand-in as the driver, whatever SE_EDGEDRIVER says."""

    def env_path(self) -> str | None:
        return None


def soon(claim: Callable[[], bool]) -> bool:
    """Whether the claim comes true; the patience is far beyond what any machine needs."""
    return wait_until(claim, Deadline.after(PATIENCE_SECONDS, "the test"))


def options(user_data_dir: Path) -> webdriver.EdgeOptions:
    """Edge's options for a headless Chromium on this folder."""
    chosen = webdriver.EdgeOptions()
    assert BROWSER is not None
    chosen.binary_location = BROWSER
    switches = ["--headless=new", "--disable-background-networking", "--disable-component-update", "--disable-gpu"]
    for switch in (*switches, f"--user-data-dir={user_data_dir}"):
        chosen.add_argument(switch)
    if os.geteuid() == 0:
        chosen.add_argument("--no-sandbox")
    return chosen


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[webdriver.Edge]:
    """Selenium's own Edge class, driving Chromium through the stand-in."""
    driver = webdriver.Edge(options=options(tmp_path / "profile"), service=Plain(executable_path=str(STANDIN)))
    try:
        yield driver
    finally:
        driver.quit()


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str, tuple[processes.ProcessRecord, ...]]]:
    """The stand-in, its address, and the records of it and its chromedriver."""
    command = [str(STANDIN), "--port=0", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = iter(process.stdout.readline, "")
            port = next(line for line in lines if "WebDriver was started" in line).rpartition(" ")[2].strip(".\n")
            tree = processes.tree_of(process.pid, "driver")
            assert len(tree) == 2
            yield process, f"http://127.0.0.1:{port}", tree
        finally:
            process.terminate()


def test_a_session_has_edges_names(edge: webdriver.Edge, tmp_path: Path) -> None:
    """What a session tells of itself is named as Edge names it, and nothing is named as Chrome names it."""
    told = edge.capabilities
    assert told["browserName"] == "msedge"
    assert told["msedge"]["userDataDir"] == str(tmp_path / "profile")
    assert told["msedge"]["msedgedriverVersion"].startswith(told["browserVersion"].partition(".")[0])
    assert told["ms:edgeOptions"]["debuggerAddress"].startswith("localhost:")
    assert not [name for name in told if name.startswith("goog:") or name == "chrome"]


def test_pages_are_driven_as_usual(edge: webdriver.Edge) -> None:
    """Pages, scripts, elements, screenshots and errors go through unchanged."""
    edge.get(
        "data:text/html,<title>Order</title><p id=number>PO1 \N{EURO SIGN}</p>".replace("\N{EURO SIGN}", "%E2%82%AC")
    )
    assert edge.title == "Order"
    assert edge.find_element("id", "number").is_displayed()
    assert edge.execute_script("return [1, {a: '\\u20ac'}]") == [1, {"a": "\N{EURO SIGN}"}]
    assert edge.get_screenshot_as_png().startswith(b"\x89PNG")
    assert edge.find_elements("id", "missing") == []


def test_the_vendors_own_commands_arrive(edge: webdriver.Edge) -> None:
    """A DevTools command, which Edge's class sends to a path of Edge's, is answered."""
    assert "Chrome/" in edge.execute_cdp_cmd("Browser.getVersion", {})["product"]


def test_a_preference_of_edges_options_arrives(tmp_path: Path) -> None:
    """What is given in Edge's options reaches the browser."""
    chosen = options(tmp_path / "profile")
    chosen.add_argument("--user-agent=the-buyer")
    with webdriver.Edge(options=chosen, service=Plain(executable_path=str(STANDIN))) as driver:
        assert driver.execute_script("return navigator.userAgent") == "the-buyer"


def test_chrome_is_refused(tmp_path: Path) -> None:
    """Whoever asks the stand-in for Chrome is refused, as msedgedriver does."""
    chosen = options(tmp_path / "profile")
    chosen.set_capability("browserName", "chrome")
    with pytest.raises(SessionNotCreatedException):
        webdriver.Edge(options=chosen, service=Plain(executable_path=str(STANDIN)))


def test_quit_leaves_nobody(tmp_path: Path) -> None:
    """After quit the stand-in, its chromedriver and its browser are gone."""
    service = Plain(executable_path=str(STANDIN))
    driver = webdriver.Edge(options=options(tmp_path / "profile"), service=service)
    tree = processes.tree_of(service.process.pid, "driver")
    assert [record.role for record in tree][:3] == ["driver", "driver", "browser"]
    driver.quit()
    assert soon(lambda: not any(map(processes.is_ours_alive, tree)))


@pytest.mark.parametrize("killed", ["supervisor's input", "stand-in", "chromedriver"])
def test_under_the_supervisor_nobody_outlives_anybody(tmp_path: Path, killed: str) -> None:
    """Whoever dies, the supervisor ends the two drivers and the browser, and the folder is free again."""
    service = UnderSupervisor(executable_path=sys.executable)
    driver = webdriver.Edge(options=options(tmp_path / "profile"), service=service)
    try:
        tree = processes.tree_of(service.process.pid, "supervisor")
        assert [record.role for record in tree][:4] == ["supervisor", "driver", "driver", "browser"]
        if killed == "supervisor's input":
            service.process.stdin.close()
        else:
            os.kill(tree[1 if killed == "stand-in" else 2].pid, signal.SIGKILL)
        assert soon(lambda: service.process.poll() is not None)
        assert soon(lambda: not any(map(processes.is_ours_alive, tree)))
        assert not (tmp_path / "profile" / "SingletonLock").is_symlink()
    finally:
        processes.end(tree, 0)
        driver.command_executor.close()
        service.stop()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_its_chromedriver_too(number: signal.Signals) -> None:
    """Told to end, it ends its chromedriver first."""
    with started() as (process, _, tree):
        process.send_signal(number)
        assert process.wait() == 128 + number
        assert not any(map(processes.is_ours_alive, tree))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process of its parent's death")
def test_its_chromedriver_does_not_outlive_its_being_killed() -> None:
    """Even SIGKILL, of which it hears nothing, ends its chromedriver."""
    with started() as (process, _, tree):
        process.kill()
        assert soon(lambda: not any(map(processes.is_ours_alive, tree)))


def test_it_ends_with_its_chromedriver() -> None:
    """When its chromedriver dies it is as dead as msedgedriver would be."""
    with started() as (process, _, tree):
        psutil.Process(tree[1].pid).kill()
        assert process.wait() != 0


def test_shutdown_is_answered_and_ends_both() -> None:
    """`/shutdown` is answered before both end."""
    with started() as (process, address, tree):
        with urllib.request.urlopen(f"{address}/shutdown") as answer:
            assert answer.status == 200
        assert process.wait() == 0
        assert not any(map(processes.is_ours_alive, tree))


def test_status_is_chromedrivers_own() -> None:
    """What is no session and no vendor's command comes from chromedriver word for word."""
    with started() as (_, address, _), urllib.request.urlopen(f"{address}/status") as answer:
        assert json.load(answer)["value"]["ready"] is True


def test_its_version_is_that_of_its_chromedriver() -> None:
    """`--version` names Edge's driver with the version of the chromedriver behind it."""
    told = subprocess.run([str(STANDIN), "--version"], capture_output=True, text=True, check=True).stdout
    assert CHROMEDRIVER is not None
    behind = subprocess.run([CHROMEDRIVER, "--version"], capture_output=True, text=True, check=True).stdout
    assert told.removeprefix("Microsoft Edge WebDriver ") == behind.removeprefix("ChromeDriver ")


def test_a_port_that_is_taken_is_told() -> None:
    """On a port that somebody has it ends at once with one sentence."""
    with socket.create_server(("127.0.0.1", 0)) as somebody:
        port = somebody.getsockname()[1]
        ended = subprocess.run([str(STANDIN), f"--port={port}"], capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert "cannot listen" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_its_chromedriver_can_be_named(tmp_path: Path) -> None:
    """The environment variable names the chromedriver that it stands before; a fault of that one is passed on."""
    broken = tmp_path / "chromedriver"
    broken.write_text("#!/bin/sh\necho 'wrong library' >&2\nexit 7\n")
    broken.chmod(0o700)
    ended = subprocess.run(
        [str(STANDIN), "--port=0"],
        env={**os.environ, "EDGEPOOL_STANDIN_CHROMEDRIVER": str(broken)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 7
    assert "wrong library" in ended.stderr


def test_without_a_chromedriver_it_says_so(tmp_path: Path) -> None:
    """With no chromedriver to stand before it ends with one sentence that names the remedy."""
    environment = {name: value for name, value in os.environ.items() if name != "EDGEPOOL_STANDIN_CHROMEDRIVER"}
    ended = subprocess.run(
        [sys.executable, str(STANDIN), "--port=0"],
        env={**environment, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert "EDGEPOOL_STANDIN_CHROMEDRIVER" in ended.stderr
