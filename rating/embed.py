"""Encoding a project's texts in the background: one batch is one append, so a kill costs one batch."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock, Timeout

from data.errors import StoreError
from data.opening import add_database, find_project, open_store
from data.records import Job, text_hash
from data.store import Store
from data.store.items import chunks
from data.vectors import VectorCache, cache_directory, explained
from rating.blocks import vectors_for, wanted_encoder
from rating.encoders import Encoder

KIND = "embed"
BATCH = 64
_NICE = 10
_PATIENCE = 1.0  # seconds: who only looks whether the lock is taken holds it for a moment
_WINDOW = 16  # batches among which texts are sorted by length: texts of one length waste no padding

Progress = Callable[[int, int], None]


def embed_project(
    store: Store, project_id: int, encoder: Encoder, *, batch: int = BATCH, on_progress: Progress | None = None
) -> int:
    """Encode the texts that have no vector yet and return how many that were; 0 when none is missing.

    Progress (texts done, texts in all) goes to the project's job and to ``on_progress``. Killed, it goes on where it
    was. An error is written to the job in words and raised. StoreError when another process does the same work.
    """
    cache = VectorCache(cache_directory(store.path))
    with _alone(cache, project_id):
        item_ids, hashes = store.item_hashes(project_id)
        missing = [item_ids[place] for place in cache.missing(encoder.name, hashes)]
        if not missing:
            return 0
        total = len(set(hashes))
        done = total - len(missing)
        job = store.start_job(project_id, KIND, total, f"Encoding texts with {encoder.name}.")
        try:
            for texts in _batches(store, project_id, missing, batch):
                cache.append(encoder.name, [text_hash(text) for text in texts], encoder.encode(texts))
                done += len(texts)
                store.update_job(job, done=done)
                if on_progress is not None:
                    on_progress(done, total)
        except BaseException as error:
            with contextlib.suppress(StoreError):
                store.update_job(job, done=done, state="failed", message=str(error) or type(error).__name__)
            raise
        store.update_job(job, done=done, state="done", message=f"All {total:,} texts are encoded with {encoder.name}.")
        return len(missing)


def start_embedding(db_path: str | Path, project_id: int) -> subprocess.Popen[bytes] | None:
    """Encode the project's texts in another process of low priority; None when nothing is to be done or it runs already.

    What it writes goes to ``embed-<project>.log`` beside the vectors. It outlives this process.
    """
    store = Store(db_path)
    encoder = wanted_encoder(store.project(project_id))
    cache = VectorCache(cache_directory(store.path))
    if encoder is None or cache.complete(encoder.name, store.item_hashes(project_id)[1]) or embedding(store, project_id):
        return None
    arguments = ["embed", "--db", str(store.path.resolve()), "--project", str(project_id), "--nice", str(_NICE)]
    with explained(cache.directory):
        cache.directory.mkdir(parents=True, exist_ok=True)
        log = (cache.directory / f"embed-{project_id}.log").open("ab")
    with log:
        process = subprocess.Popen(
            [sys.executable, "-m", "rating", *arguments],
            cwd=Path(__file__).parents[1],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    threading.Thread(target=process.wait, daemon=True).start()  # unwaited for, a dead process would look alive
    return process


def embedding(store: Store, project_id: int) -> bool:
    """Whether a process encodes the project's texts now: whether its lock is taken, for a number of a process says nothing."""
    lock = _lock(VectorCache(cache_directory(store.path)), project_id, timeout=0)
    if not Path(lock.lock_file).exists():
        return False
    try:
        with lock:
            return False
    except Timeout:
        return True
    except OSError:
        return False  # a folder that cannot be written: nobody encodes into it


def last_job(store: Store, project_id: int) -> Job | None:
    """The newest job that encodes the project's texts, stopped where its process is gone; None before the first."""
    job = next(iter(store.jobs(project_id, KIND)), None)
    if job is None or job.state not in ("running", "stopped"):
        return job
    return replace(job, state="running" if embedding(store, project_id) else "stopped")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add ``embed`` to a command line."""
    parser = subparsers.add_parser("embed", help="encode the texts of a project, resuming where it stopped")
    add_database(parser)
    parser.add_argument("--project", required=True, help="the project's number or name")
    parser.add_argument("--batch", type=int, default=BATCH, help=f"texts per append (default {BATCH})")
    parser.add_argument("--nice", type=int, default=0, help="lower the priority by this much (0 to 19)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Encode what is missing, items that arrive meanwhile included. Exit code 0; PlateauError when it failed."""
    if args.nice and hasattr(os, "nice"):
        os.nice(args.nice)
    store = open_store(args.db)
    project = find_project(store, args.project)
    encoder = wanted_encoder(project)
    encoded = 0
    while encoder is not None and (more := embed_project(store, project.id, encoder, batch=args.batch, on_progress=_say)):
        encoded += more
    blocks = vectors_for(store, project.id)
    result = {"encoded": encoded, "encoders": blocks.names, "status": blocks.status}
    sys.stdout.write(json.dumps(result) + "\n" if args.json else f"Encoded {encoded:,} texts. {blocks.status}\n")
    return 0


def _say(done: int, total: int) -> None:
    sys.stderr.write(f"{done:,} of {total:,} texts\n")


def _batches(store: Store, project_id: int, item_ids: list[int], batch: int) -> Iterator[list[str]]:
    for window in chunks(item_ids, batch * _WINDOW):
        texts = sorted((item.text for item in store.items(project_id, window)), key=len)
        yield from chunks(texts, batch)


def _lock(cache: VectorCache, project_id: int, *, timeout: float) -> FileLock:
    return FileLock(cache.directory / f"embed-{project_id}.lock", timeout=timeout)


@contextmanager
def _alone(cache: VectorCache, project_id: int) -> Iterator[None]:
    """Hold the right to encode this project; the system takes it back from a process that dies."""
    lock = _lock(cache, project_id, timeout=_PATIENCE)
    with explained(cache.directory):
        cache.directory.mkdir(parents=True, exist_ok=True)
        try:
            lock.acquire()
        except Timeout as error:
            raise StoreError("Another process encodes this project's texts already. Wait until it is done.") from error
    try:
        yield
    finally:
        lock.release()
