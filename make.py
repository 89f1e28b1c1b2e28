"""Set Plateau up and run it: ``python make.py app`` starts it, ``python make.py test`` checks it."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "requirements.sha256"
DATABASE = ROOT / "var" / "plateau.db"
RUNTIME, DEVELOPMENT = ROOT / "requirements.txt", ROOT / "requirements-dev.txt"
OLDEST = (3, 11)
PORT = 8501
PORTS_TRIED = 100
#: An app that ends by itself sooner than after so many seconds has not come up; so many times in a row are enough.
COMES_UP, GIVES_UP = 3.0, 3
#: Tests run on all cores, at most four; ``-n 0`` after them runs one at a time.
SPREAD = ("-n", "auto", "--maxprocesses", "4", "--dist", "worksteal")
ENCODER_MARK, CORE_MARK = "# Encoder", "# Core"


class SetupFailed(Exception):
    """Setting up cannot go on; the message says why and what to do."""


def say(message: str) -> None:
    """Print one line at once, so that it stands before the output of the programs started."""
    print(f"plateau: {message}", flush=True)


def check_python(version: tuple[int, ...] = sys.version_info[:3]) -> None:
    """Refuse a Python that is too old."""
    if version < OLDEST:
        found, needed = ".".join(map(str, version)), ".".join(map(str, OLDEST))
        raise SetupFailed(f"Plateau needs Python {needed} or newer; this is {found}. Run it as python{needed} make.py ...")


def python() -> Path:
    """The Python of Plateau's own environment."""
    return VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def run(*arguments: str | Path, environment: dict[str, str] | None = None) -> int:
    """Run a program with the environment's Python and return its exit code."""
    settings = {**os.environ, "PYTHONUTF8": "1", **(environment or {})}
    return subprocess.run([str(python()), *map(str, arguments)], cwd=ROOT, env=settings, check=False).returncode


def pip(*arguments: str | Path) -> bool:
    """Install packages; True when all went well."""
    return run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments) == 0


def pins(section: str) -> list[str]:
    """The pinned packages under one heading of requirements.txt."""
    chosen: list[str] = []
    inside = False
    for line in RUNTIME.read_text("utf-8").splitlines():
        if line.startswith("#"):
            inside = line.startswith(section)
        elif inside and line.strip():
            chosen.append(line.strip())
    return chosen


def digest(files: list[Path]) -> str:
    """What the stamp holds: a digest of the requirement files."""
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()


def make_environment() -> None:
    """Create .venv unless it is there and its Python runs; a broken or moved one is made anew."""
    if python().exists() and run("-c", "import pip") == 0:
        return
    say(f"creating {VENV}")
    venv.create(VENV, with_pip=True, clear=VENV.exists())


def install_encoder() -> bool:
    """Install torch, then what needs it; False when it cannot be had here."""
    torch = next(pin for pin in pins(ENCODER_MARK) if pin.startswith("torch=="))
    return pip(torch) and pip("-r", RUNTIME)


def install(*, development: bool) -> None:
    """Install what the requirement files pin, unless the stamp says that it is there already."""
    files = [RUNTIME, DEVELOPMENT] if development else [RUNTIME]
    make_environment()
    have = STAMP.read_text("utf-8").split() if STAMP.exists() else []
    if digest(files) in have:
        return
    say("installing packages (a few minutes the first time)")
    if not pip(*pins(CORE_MARK)):
        raise SetupFailed("The packages could not be installed; pip says why above. Check the network and run this again.")
    encoder = install_encoder()
    if not encoder:
        say("the sentence encoder (torch and what stands on it) could not be installed; pip says why above.")
        say(f"Plateau goes on with its own LSA vectors. To try again, delete {STAMP} and repeat this command.")
    if development and not (pip("-r", DEVELOPMENT) if encoder else pip(*development_pins())):
        raise SetupFailed("The development packages could not be installed; pip says why above. Run this again.")
    STAMP.write_text("\n".join(sorted({digest([RUNTIME]), digest(files)})), "utf-8")


def development_pins() -> list[str]:
    """The pinned packages of requirements-dev.txt alone."""
    return [line for line in DEVELOPMENT.read_text("utf-8").split() if "==" in line]


def free_port(first: int) -> int:
    """The first port from this one on that nothing listens on."""
    for port in range(first, min(first + PORTS_TRIED, 65536)):
        with socket.socket() as probe:
            if os.name != "nt":  # lets go of a port that closed a moment ago; means something else on Windows
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise SetupFailed(f"The ports from {first} on are all taken. Choose another start: python make.py app --port 9000")


def start_app(port: int, database: Path) -> int:
    """Install, make the sample project if there is no database, and serve the app until it is stopped."""
    install(development=False)
    if not database.exists():
        say(f"creating the sample project in {database}")
        database.parent.mkdir(parents=True, exist_ok=True)
        if run("-m", "samples", "--db", database):
            raise SetupFailed("The sample project could not be created; the reason stands above. Try --db with another path.")
    chosen = free_port(port)
    if chosen != port:
        say(f"port {port} is taken; using {chosen}")
    say(f"open http://127.0.0.1:{chosen} (Ctrl+C stops it); database: {database}")
    return serve(chosen, database)


def serve(port: int, database: Path) -> int:
    """Serve the app until it is stopped; when it dies, it is started again on the same port."""
    options = {
        "server.address": "127.0.0.1", "server.port": port, "server.headless": "true", "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }  # fmt: skip
    flags = [f"--{name}={value}" for name, value in options.items()]
    try:
        return keep_running(
            lambda: run("-m", "streamlit", "run", ROOT / "app.py", *flags, environment={"PLATEAU_DB": str(database)})
        )
    except KeyboardInterrupt:
        return 0


def keep_running(start: Callable[[], int], clock: Callable[[], float] = time.monotonic) -> int:
    """Run a program again whenever it dies; its exit code once it was stopped on purpose, or does not come up any more."""
    early = 0
    while True:
        began = clock()
        code = start()
        early = early + 1 if clock() - began < COMES_UP else 0
        if code in (0, -signal.SIGTERM, -signal.SIGINT) or early == GIVES_UP:
            return code
        say(f"the app ended unexpectedly (code {code}); starting it again. What was decided is on disk.")


def run_tests(extra: list[str]) -> int:
    """Install everything, then check style, types and behaviour; the exit code is 0 only if all of them pass."""
    install(development=True)
    if shutil.which("chromium") is None:
        say("no chromium program here: the browser tests will be skipped")
    checks: list[list[str]] = [["ruff", "check"], ["ruff", "format", "--check"], ["mypy"], ["pytest", *SPREAD, *extra]]
    failed = []
    for check in checks:
        say(" ".join(check))
        if run("-m", *check):
            failed.append(check[0])
    say(f"failed: {', '.join(failed)}" if failed else "all checks passed")
    return int(bool(failed))


def main() -> int:
    """Read the command line and do what it says."""
    parser = argparse.ArgumentParser(prog="python make.py", description="Set Plateau up and run it.")
    commands = parser.add_subparsers(dest="command", required=True)
    app = commands.add_parser("app", help="install what is missing, create the sample project, start the app")
    app.add_argument("--port", type=int, default=PORT, help="where to listen; the next free one is taken (%(default)s)")
    app.add_argument("--db", type=Path, default=DATABASE, help="database file; created with the sample project (%(default)s)")
    commands.add_parser("test", help="install what is missing, then ruff, mypy and pytest; more arguments go to pytest")
    options, extra = parser.parse_known_args()
    if extra and options.command != "test":
        parser.error(f"unknown arguments: {' '.join(extra)}")
    try:
        check_python()
        return run_tests(extra) if options.command == "test" else start_app(options.port, options.db.resolve())
    except SetupFailed as error:
        say(str(error))
        return 1


if __name__ == "__main__":
    sys.exit(main())
