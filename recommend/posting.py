"""Delivering messages to web hooks: signed as Standard Webhooks are, tried again with growing pauses, then given up."""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import requests

from data.hooks import Hook, Message, MessageState
from data.records import now
from data.store import Store
from recommend.hooks import SECRET, note, secret_key

#: Seconds to wait after each attempt that failed; after one more attempt than these the message is given up.
PAUSES = (10, 60, 600, 3_600, 21_600)
#: Seconds to wait for a connection, and for each byte of the answer; for an attempt as a whole; and for which nobody else tries
#: the same message.
PATIENCE, DEADLINE, CLAIMED = (3.05, 10.0), 15.0, 60
GONE = 410


def signature(secret: str, uid: str, moment: int, body: str) -> str:
    """The signature of a message: version 1, HMAC-SHA256 of ``uid.moment.body``, in base64.

    ``moment`` is in seconds since 1970. A secret that begins with whsec_ is base64 of the key, any other is the key itself.

    >>> signature("secret", "msg_1", 0, "{}")
    'v1,sti6m5wfzVDclSKWhERritTcCYHSMVKjmU7PF5lLeh0='
    """
    content = f"{uid}.{moment}.{body}".encode()
    return "v1," + base64.b64encode(hmac.new(_key(secret), content, hashlib.sha256).digest()).decode()


def _key(secret: str) -> bytes:
    return (secret_key(secret) if secret.startswith(SECRET) else None) or secret.encode()


def headers(hook: Hook, message: Message, moment: int) -> dict[str, str]:
    """The headers of one attempt; without a secret nothing is signed."""
    found = {
        "Content-Type": "application/json", "User-Agent": "Plateau", "webhook-id": message.uid, "webhook-timestamp": str(moment),
    }  # fmt: skip
    return found | ({"webhook-signature": signature(hook.secret, message.uid, moment, message.payload)} if hook.secret else {})


def notify(store: Store, project_id: int) -> list[Message]:
    """Note what is new of a project and deliver what is due to its hooks, an attempt each; what was tried, as it stands then."""
    note(store, project_id)
    return post_due(store, project_id)


def post_due(store: Store, project_id: int | None = None) -> list[Message]:
    """Deliver what is due now, of one project or of all, an attempt each; what was tried, as it stands then."""
    tried, due = list[Message](), now()
    while claim := store.claim_message(due, _later(CLAIMED), project_id):
        tried.append(_attempt(store, *claim))
    return tried


def _attempt(store: Store, message: Message, hook: Hook) -> Message:
    status, error = _post(hook, message)
    ended = status == GONE or message.attempts > len(PAUSES)
    state: MessageState = "sent" if not error else "failed" if ended else "waiting"
    next_at = _later(PAUSES[message.attempts - 1] if state == "waiting" else 0)
    store.settle_message(message.id, state, next_at=next_at, status=status, error=error)
    return replace(message, state=state, next_at=next_at, status=status, error=error)


def _post(hook: Hook, message: Message) -> tuple[int | None, str]:
    """The status of the answer, None without one, and what is wrong in words, empty when nothing is.

    A receiver that sends a byte now and then is left to its thread after ``DEADLINE`` seconds: the others wait no longer.
    """
    found = list[tuple[int | None, str]]()
    thread = threading.Thread(target=lambda: found.append(_answered(hook, message)), name="post", daemon=True)
    thread.start()
    thread.join(DEADLINE)
    return next(iter(found), (None, f"No whole answer within {DEADLINE:.0f} seconds. See whether the other side is overloaded."))


def _answered(hook: Hook, message: Message) -> tuple[int | None, str]:
    try:
        with requests.post(
            hook.url, data=message.payload.encode(), headers=headers(hook, message, int(time.time())), timeout=PATIENCE,
            allow_redirects=False, stream=True,
        ) as answer:  # fmt: skip
            status = answer.status_code
    except (requests.RequestException, ValueError) as error:
        return None, f"No answer ({type(error).__name__}). See whether the address is right and the other side runs."
    if 200 <= status < 300:
        return status, ""
    if 300 <= status < 400:
        return status, f"It answers {status}, which points elsewhere. Give the address that it leads to."
    return status, f"It answers {status}. The other side's log says why."


def _later(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat(timespec="microseconds")
