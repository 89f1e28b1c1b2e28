"""What became of something that was watched, as JSON and in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data.cli_output import lines_of_import
from data.imports import ImportReport

#: What becomes of a file that could not be taken and has not changed since: it is not told of anew, but it is missing still.
BEFORE = "failed before"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: imported, known (its content was taken before), failed, failed before, or postponed.

    ``part`` names what was read of a database.
    """

    file: Path
    state: str
    words: str = ""
    report: ImportReport | None = None
    part: str = ""

    def document(self) -> dict[str, Any]:
        """The outcome as JSON knows it."""
        told = {"file": str(self.file), "part": self.part, "state": self.state, "words": self.words}
        more = {} if self.report is None else {"report": asdict(self.report)}
        return {name: value for name, value in told.items() if value} | more

    def lines(self, project: str) -> list[str]:
        """The outcome in words; none of what was known already or told of before."""
        place = f"{self.file}, {self.part}" if self.part else str(self.file)
        if self.report is not None:
            return [f"{place}:", *lines_of_import(project, self.report)]
        return [] if self.state in ("known", BEFORE) else [f"{place}: {self.words}"]
