"""The command line of the API: ``python -m api token``, ``tokens`` and ``revoke``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from data.errors import PlateauError
from data.opening import add_database, open_store
from data.store import Store
from data.tokens import SCOPES


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. Exit code 0 when it did its work, 2 when it could not."""
    options = _parser().parse_args(argv)
    try:
        options.run(open_store(options.db), options)
    except PlateauError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m api", description="Say who may use the HTTP API.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    making = commands.add_parser("token", help="make a token; it is printed this once only")
    making.add_argument(
        "--name", required=True, help="whose it is; reviews given with it carry this name unless they name another"
    )
    making.add_argument("--scope", required=True, choices=SCOPES, help="what it may do; each holds those before it")
    making.set_defaults(run=_make)
    listing = commands.add_parser("tokens", help="list the tokens there have been")
    listing.set_defaults(run=_list)
    revoking = commands.add_parser("revoke", help="let a token be good no more, from the next request on")
    revoking.add_argument("number", type=int, help="as `tokens` lists it")
    revoking.set_defaults(run=_revoke)
    for command in (making, listing, revoking):
        add_database(command)
    return parser


def _make(store: Store, options: argparse.Namespace) -> None:
    token, secret = store.add_token(options.name, options.scope)
    print(secret)
    print(f"Keep it: it is not shown again. Revoke it with `python -m api revoke {token.id}`.", file=sys.stderr)


def _list(store: Store, options: argparse.Namespace) -> None:
    for token in store.tokens():
        ended = f", revoked {token.revoked_at[:16]}" if token.revoked_at else ""
        print(f"{token.id}  {token.name}  {token.scope}  made {token.created_at[:16]}{ended}")


def _revoke(store: Store, options: argparse.Namespace) -> None:
    print(f"The token {store.revoke_token(options.number).name!r} is good no more.")


if __name__ == "__main__":
    sys.exit(main())
