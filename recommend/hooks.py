"""Web hooks of a stored project: adding them, and finding what they are to be told since the last time."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from data.errors import InvalidInput
from data.hooks import Hook
from data.records import Project, Snapshot, now
from data.store import Store
from rating.records import band_of
from recommend.changes import EVENTS, Change, Marks, changes

LONGEST = 2_000
TEST = "test"
#: What a secret begins with that is base64 of the key.
SECRET = "whsec_"


def checked_url(url: str) -> str:
    """An address that can be a web hook's; InvalidInput says what is wrong with any other.

    >>> checked_url(" https://example.org/hooks/1 ")
    'https://example.org/hooks/1'
    """
    url = url.strip()
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:  # a port that is no number, an unclosed [
        known = False
    if not known or len(url) > LONGEST or any(character <= " " or character == "\x7f" for character in url):
        raise InvalidInput(
            f"A web hook is an http or https address of at most {LONGEST:,} characters; not {url[:80]!r}. Write it as "
            "https://example.org/path."
        )
    if parts.username is not None or parts.password is not None:
        raise InvalidInput("A web hook's address holds no name and no password, which pages and logs would show. Use a secret.")
    return url


def host_of(url: str) -> str:
    """What may be shown of an address whose path may be a secret.

    >>> host_of("https://example.org/services/T0/B0")
    'example.org/…'
    """
    return f"{urlsplit(url).netloc}/…"


def secret_key(secret: str) -> bytes | None:
    """The key of a secret that begins with whsec_; None when what follows is not base64.

    >>> secret_key("whsec_a2V5"), secret_key("whsec_k?y")
    (b'key', None)
    """
    try:
        return base64.b64decode(secret.removeprefix(SECRET), validate=True)
    except ValueError:
        return None


def add_hook(store: Store, project_id: int, url: str, *, secret: str = "", events: Sequence[str] = EVENTS) -> int:
    """Tell this address of the project's events from now on; what is so already is not told. Returns the hook's number."""
    url = checked_url(url)
    if strange := [name for name in events if name not in EVENTS]:
        raise InvalidInput(f"A web hook is told of {', '.join(EVENTS)}; not of {', '.join(map(repr, strange))}. Correct it.")
    if not events:
        raise InvalidInput(f"A web hook is told of something: of one or more of {', '.join(EVENTS)}. Choose at least one.")
    if any(hook.url == url for hook in store.hooks(project_id)):
        raise InvalidInput("The project has a web hook with this address already. Remove that one first, or use another address.")
    if secret.startswith(SECRET) and not secret_key(secret):
        raise InvalidInput(
            f"A secret that begins with {SECRET} goes on with the key in base64, and this one does not. Copy it whole, or choose "
            "one that begins otherwise."
        )
    marks = Marks() if (found := _now(store, project_id)) is None else changes(Marks(), found[0].rating, *found[1])[1]
    return store.add_hook(project_id, url, secret, [name for name in EVENTS if name in events], asdict(marks))


def note(store: Store, project_id: int) -> int:
    """Keep messages on what is new since each hook was told last; returns how many. Nothing is kept twice, whoever notes."""
    hooks = store.hooks(project_id)
    if not hooks or (found := _now(store, project_id)) is None:
        return 0
    snapshot, stop = found
    project, count = store.project(project_id), 0
    for hook in hooks:
        told, marks = changes(Marks(**hook.marks), snapshot.rating, *stop)
        wanted = [_message(project, snapshot, change) for change in told if change.event in hook.events]
        if json.dumps(asdict(marks), sort_keys=True) == json.dumps(dict(hook.marks), sort_keys=True):
            continue
        count += len(wanted) if store.announce(hook, asdict(marks), wanted) else 0
    return count


def note_test(store: Store, hook: Hook) -> bool:
    """Keep a message that says nothing but that the hook works; False when something else was told at the same moment."""
    project, found = store.project(hook.project_id), _now(store, hook.project_id)
    words = f"{project.name}: this is a test. Messages of this project arrive here."
    document = _document(project, TEST, words) | ({} if found is None else _figures(found[0]))
    return store.announce(hook, hook.marks, [_kept(document)])


def _now(store: Store, project_id: int) -> tuple[Snapshot, tuple[str | None, str]] | None:
    """The newest rating, and the newest stop answer with its headline; None before the first rating."""
    snapshot, stops = store.last_snapshot(project_id), store.stop_checks(project_id)
    if snapshot is None:
        return None
    known = bool(stops) and snapshot.value is not None
    return snapshot, ((stops[-1].answer, stops[-1].headline) if known else (None, ""))


def _message(project: Project, snapshot: Snapshot, change: Change) -> tuple[str, str, str]:
    told = {name: value for name, value in asdict(change).items() if name in ("before", "after", "factor") and value is not None}
    words = f"{project.name}: {change.words}"
    return _kept({**_document(project, change.event, words), "change": told, **_figures(snapshot)})


def _document(project: Project, event: str, words: str) -> dict[str, Any]:
    return {"id": f"msg_{uuid4().hex}", "event": event, "at": now(), "text": words,
            "project": {"id": project.id, "name": project.name}}  # fmt: skip


def _figures(snapshot: Snapshot) -> dict[str, Any]:
    """The rating as figures alone: no text of any item goes out."""
    score = {"value": snapshot.value, "low": snapshot.low, "high": snapshot.high, "band": band_of(snapshot.value)}
    return {
        "rating": score, "reviewed": snapshot.reviewed, "population": snapshot.rating["population"],
        "revision": snapshot.revision, "model_version": snapshot.model_version,
    }  # fmt: skip


def _kept(document: Mapping[str, Any]) -> tuple[str, str, str]:
    return document["id"], document["event"], json.dumps(document, ensure_ascii=False)
