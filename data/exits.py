"""Exit codes of command lines, so that a pipeline can tell a wrong answer from no answer."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable

from data.errors import PlateauError

#: The work is done; the answer is not the one that was asked for; there is no answer.
FINE, OTHERWISE, FAILED = 0, 1, 2


def guarded(run: Callable[[], int]) -> int:
    """Run a command and return its exit code; 2 with the error on standard error, whatever the error.

    An error that nobody foresaw would else end the program with 1, which says that a limit was missed.
    """
    try:
        return run()
    except PlateauError as error:
        sys.stderr.write(f"{error}\n")
    except Exception:
        traceback.print_exc()
    return FAILED
