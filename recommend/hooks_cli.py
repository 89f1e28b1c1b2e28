"""``python -m recommend hooks``: who is told when the rating crosses a band, a factor falls or the stop answer changes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from data.errors import InvalidInput, PlateauError
from data.exits import FINE, OTHERWISE, guarded
from data.hooks import Hook, Message
from data.opening import add_database, find_project, open_store
from data.store import Store
from recommend.changes import EVENTS
from recommend.hooks import add_hook, note_test
from recommend.posting import notify


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit code 0; 1 when a message was not delivered; 2 with the error on standard error."""
    arguments = _parser().parse_args(argv)
    return guarded(lambda: int(arguments.run(arguments, *_opened(arguments))))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recommend hooks", description="Tell web hooks when the rating crosses a band, a factor falls beyond "
        "chance or the stop answer changes. A running app tells them by itself, and so do recommend and recommend stop.",
    )  # fmt: skip
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    adding = _command(commands, "add", _add, "tell an address from now on")
    adding.add_argument("--url", required=True, help="an http or https address")
    adding.add_argument(
        "--secret", default="", help="signs what is sent, as Standard Webhooks do: whsec_ and base64, or any text"
    )
    adding.add_argument("--on", default=",".join(EVENTS), metavar="EVENTS", help=f"what of; default {','.join(EVENTS)}")
    _command(commands, "list", _list, "list the web hooks with what each was told last")
    for name, run, words in (("remove", _remove, "remove a web hook"), ("test", _test, "send a test message, and wait for it")):
        _command(commands, name, run, words).add_argument("--hook", required=True, type=int, metavar="NUMBER")
    _command(commands, "send", _send, "tell what is new, and try again what is due")
    return parser


def _command(commands: Any, name: str, run: Any, words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    add_database(parser)
    parser.add_argument("--project", required=True, metavar="NAME", help="the project's name or number")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run)
    return parser


def _opened(arguments: argparse.Namespace) -> tuple[Store, int]:
    store = open_store(arguments.db)
    return store, find_project(store, arguments.project).id


def _add(arguments: argparse.Namespace, store: Store, project_id: int) -> int:
    events = [name.strip() for name in arguments.on.split(",") if name.strip()]
    number = add_hook(store, project_id, arguments.url, secret=arguments.secret, events=events)
    return _say(
        arguments, {"hook": number}, [f"Web hook {number} is told from now on. Try it: recommend hooks test --hook {number}"]
    )


def _list(arguments: argparse.Namespace, store: Store, project_id: int) -> int:
    found = [(hook, next(iter(store.messages(project_id, hook.id, 1)), None)) for hook in store.hooks(project_id)]
    lines = [f"[{hook.id}] {hook.url}  on {', '.join(hook.events)}  {last_words(last)}" for hook, last in found]
    return _say(arguments, [document(*pair) for pair in found], lines or ["No web hook yet: recommend hooks add --url ..."])


def document(hook: Hook, last: Message | None) -> dict[str, Any]:
    """A hook without its secret, and how its last message went."""
    about = {"hook": hook.id, "url": hook.url, "events": hook.events, "signed": bool(hook.secret), "created_at": hook.created_at}
    return {**about, "last": None if last is None else message_document(last)}


def message_document(message: Message) -> dict[str, Any]:
    """How the delivery of a message goes."""
    kept = ("uid", "event", "state", "attempts", "created_at", "next_at", "tried_at", "status", "error")
    return {name: value for name, value in asdict(message).items() if name in kept}


def last_words(message: Message | None) -> str:
    """How a hook's last message went, in words."""
    if message is None:
        return "Nothing was told yet."
    about = f"{message.event}, {(message.tried_at or message.created_at)[:16].replace('T', ' ')}"
    if message.state == "sent":
        return f"Delivered ({about})."
    again = f" Next attempt {message.next_at[:16].replace('T', ' ')}." if message.state == "waiting" else " Given up."
    return f"Not delivered ({about}). {message.error}{again}"


def _remove(arguments: argparse.Namespace, store: Store, project_id: int) -> int:
    store.remove_hook(project_id, arguments.hook)
    return _say(arguments, {"removed": arguments.hook}, [f"Web hook {arguments.hook} is told nothing any more."])


def _test(arguments: argparse.Namespace, store: Store, project_id: int) -> int:
    hook = store.hook(project_id, arguments.hook)
    if not note_test(store, hook):
        raise InvalidInput("Something else was told at this moment. Try again.")
    return _told(arguments, [message for message in notify(store, project_id) if message.hook_id == hook.id])


def _send(arguments: argparse.Namespace, store: Store, project_id: int) -> int:
    return _told(arguments, notify(store, project_id))


def _told(arguments: argparse.Namespace, tried: Sequence[Message]) -> int:
    lines = [f"[{message.hook_id}] {last_words(message)}" for message in tried] or ["There is nothing to tell."]
    _say(arguments, {"messages": [{"hook": m.hook_id, **message_document(m)} for m in tried]}, lines)
    return FINE if all(message.state == "sent" for message in tried) else OTHERWISE


def tell(store: Store, project_id: int) -> None:
    """Tell what is new after a command, and say on standard error how that went; the command itself goes well either way."""
    try:
        for message in notify(store, project_id):
            sys.stderr.write(f"Web hook {message.hook_id}: {last_words(message)}\n")
    except PlateauError as error:
        sys.stderr.write(f"Web hooks wait: {error}\n")


def _say(arguments: argparse.Namespace, found: Any, lines: Sequence[str]) -> int:
    sys.stdout.write((json.dumps(found, ensure_ascii=False) if arguments.json else "\n".join(lines)) + "\n")
    return FINE
