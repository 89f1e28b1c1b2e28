"""``python -m recommend.apart``: the process that trains for a server; tasks come in and answers go out over its pipes.

Whatever else is printed goes to the standard error, from before the first library is loaded: one stray line among the answers
would be taken for one.
"""

from __future__ import annotations

import os
import sys

_NICE = 10


def main() -> None:
    """Keep the pipes for tasks and answers alone, give way to everything else that runs, and go to work."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    from recommend.worker import serve

    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
