"""A name on the web that is the demo site here: served with TLS, and a browser that knows where the name lives."""

from __future__ import annotations

import shutil
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from werkzeug.serving import make_server

from pytest_edgepool.portals.demo.site import create_app
from pytest_edgepool.portals.demo.state import DemoSite
from pytest_edgepool.testing import RunningDemo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_edgepool.testing import DemoOptions

OPENSSL = shutil.which("openssl") or ""


@contextmanager
def serve_encrypted(options: DemoOptions, name: str, folder: Path) -> Iterator[tuple[RunningDemo, int]]:
    """Serve the demo site as `https://<name>`, with a certificate made for it; yields the site and its port."""
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    made = ("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}")
    command = [OPENSSL, *made, "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    site = DemoSite(options)
    context = (str(certificate), str(key))
    server = make_server("127.0.0.1", 0, create_app(site), threaded=True, ssl_context=context)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield RunningDemo(url=f"https://{name}", site=site), server.server_port
    finally:
        site.close()
        server.shutdown()
        thread.join()
        server.server_close()


def browser_that_finds(name: str, port: int, chromium: str, folder: Path) -> Path:
    """Make a browser to be named by EDGEPOOL_BINARY: the real one, with two switches more."""
    script = folder / "chromium"
    rules = f"--host-resolver-rules=MAP {name}:443 127.0.0.1:{port}"
    script.write_text(f'#!/bin/sh\nexec "{chromium}" "$@" --ignore-certificate-errors "{rules}"\n', encoding="utf-8")
    script.chmod(0o755)
    return script
