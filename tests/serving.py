"""The real server and a real browser, for the tests that need them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--no-first-run"]  # fmt: skip
#: True in the browser while no script is running.
SETTLED = "document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'"


class Server:
    """The app serving one database on a port of its own, which stays the same when it is started again."""

    def __init__(self, database: Path, log: Path) -> None:
        self.database, self.log, self.port = database, log, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, and return once the server answers."""
        command = [
            sys.executable,
            "-m",
            "streamlit",
            "run",
            "app.py",
            "--server.port",
            str(self.port),
            "--server.headless",
            "true",
        ]
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env={**os.environ, "PLATEAU_DB": str(self.database)}, stdout=out, stderr=out
            )
        until(lambda: answers(f"{self.address}/_stcore/health"), 60, self.log)

    def kill(self) -> None:
        """End the server at once, as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(20)

    def stop(self) -> None:
        """End the server as a person would."""
        assert self.process is not None
        self.process.terminate()
        self.process.wait(20)


class KeptRunning(Server):
    """The app as ``make.py app`` keeps it running: when it is killed, it comes back by itself."""

    def start(self) -> None:
        program = (
            "import sys, pathlib, make; make.python = lambda: pathlib.Path(sys.executable); "
            f"sys.exit(make.serve({self.port}, pathlib.Path({str(self.database)!r})))"
        )
        with self.log.open("ab") as out:
            self.process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=out, stderr=out)
        self.wait()

    def wait(self) -> None:
        """Return once the app answers."""
        until(lambda: answers(f"{self.address}/_stcore/health"), 60, self.log)

    def kill(self) -> None:
        """End the app, not its keeper, at once."""
        for app in self.children():
            os.kill(app, signal.SIGKILL)

    def children(self, of: int | None = None) -> list[int]:
        """The processes that a process has started; those of the keeper unless another is given."""
        assert self.process is not None
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(of or self.process.pid)], capture_output=True, check=False)
        return [int(pid) for pid in found.stdout.split()]

    def stop(self) -> None:
        """End the keeper and the app as Ctrl+C would."""
        assert self.process is not None
        for pid in (*self.children(), self.process.pid):
            os.kill(pid, signal.SIGINT)
        self.process.wait(20)


@contextmanager
def serving(database: Path, log: Path) -> Iterator[Server]:
    """The app serving a database; at the end its log holds no traceback."""
    server = Server(database, log)
    server.start()
    try:
        yield server
    finally:
        server.stop()
    assert "Traceback" not in log.read_text()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def until(condition: Callable[[], Any], seconds: float, told: Path | Callable[[], str] | None = None) -> None:
    """Wait for a condition; fails when it does not come true in time, with the end of a log or what is told then."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, (told.read_text() if isinstance(told, Path) else told() if told else "too late")[-6000:]
        time.sleep(0.05)
