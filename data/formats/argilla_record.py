"""What a record of Argilla says, however it is laid out: from its answers and suggestion to rows, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID, uuid5

from data.exports.handover import Judgement, Whole
from data.formats.fields import names_of
from data.imports.cells import BadCell, plain_value
from data.imports.records import ImportOptions
from data.records import ImportRow

#: Metadata key under which a record keeps what Argilla needs back and Plateau has no word for.
REST = "argilla"
SUBMITTED, DISCARDED, DRAFT = "submitted", "discarded", "draft"
#: From this confidence on a label is suggested.
SUGGESTED = 0.5
_PEOPLE = UUID("6f0bb3a6-5f0b-5c64-9d5e-2f1f6d2f7b1a")
_NOTES = {
    "draft": "{n} answers are drafts: their items count as unreviewed, and the drafts are kept and written back.",
    "nobody": "{n} records are completed and hold no answer to this question: they count as reviewed with no label.",
    "silent": "{n} people answered other questions of a record and not this one: it counts as reviewed by them with no label.",
    "unsure": "{n} answers stand in records that are not completed, and the file does not say whether they were submitted, "
    "discarded or drafts: they count as unreviewed, and are kept. If they were submitted, choose 'empty means reviewed'.",
    "numbered": "{n} suggestions are numbers that stand for labels, and the file does not say for which: they are left out. "
    "Export the records as Parquet, which names them.",
    "unscored": "{n} suggestions have no score: they are kept and written back, but they are no confidences.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """One person's answer to the question. ``status`` None means that the file does not say."""

    user: str
    value: Any
    status: str | None
    at: str | None = None
    seconds: float | None = None
    source: str = "import"


@dataclass(frozen=True, slots=True)
class Entry:
    """A record: its message, the answers to one question, and what was suggested.

    ``others`` are the people who answered another question of the record, with their status. ``scores`` are confidences by label.
    """

    uid: str
    text: str
    media: str | None
    metadata: dict[str, Any]
    at: str | None
    completed: bool
    answers: tuple[Answer, ...]
    others: Mapping[str, str | None] = field(default_factory=dict)
    scores: Mapping[str, float] | None = None
    agent: str | None = None
    rest: dict[str, Any] = field(default_factory=dict)


class Entries:
    """Turns entries into rows; counts what is worth a warning."""

    def __init__(self, question: str, options: ImportOptions) -> None:
        self.question, self.options, self.noted = question, options, Counter[str]()

    def rows(self, entry: Entry) -> Iterator[ImportRow]:
        """One row for each judgement, the first with the confidences; one without a judgement if nobody judged."""
        known = [replace(answer, status=self._status(answer.status, entry)) for answer in entry.answers]
        judged = [answer for answer in known if answer.status in (SUBMITTED, DISCARDED)] + self._silent(entry)
        drafts = [[a.user, plain_value(a.value, self.question)] for a in known if a.status in (DRAFT, None)]
        self.noted["draft"] += sum(answer.status == DRAFT for answer in known)
        self.noted["unsure"] += sum(answer.status is None for answer in known)
        rest = entry.rest | ({"drafts": drafts} if drafts else {})
        metadata = entry.metadata | ({REST: rest} if rest else {})
        base = ImportRow(entry.uid, entry.text, entry.media, metadata, entry.at)
        for place, answer in enumerate(judged or [None]):
            yield self._row(base, answer, entry if place == 0 else None)

    def warnings(self) -> list[str]:
        """What a person should know about the entries so far."""
        return [_NOTES[what].format(n=f"{n:,}") for what, n in self.noted.items() if n]

    def suggestion(self, value: Any, score: Any, rest: dict[str, Any]) -> dict[str, float] | None:
        """The confidences of a suggestion; one without scores goes to ``rest``."""
        names, column = names_of(value, self.question), f"{self.question} suggestion"
        scores = score if isinstance(score, list | tuple) else [] if score is None else [score]
        if names and len(scores) == len(names) and all(isinstance(one, int | float) for one in scores):
            if wrong := next((one for one in scores if not 0 <= one <= 1), None):
                raise BadCell(column, wrong, "a score must lie between 0 and 1", "Give probabilities, not logits.")
            return dict(zip(names, map(float, scores), strict=True))
        if value is not None and value != []:
            rest["suggestion"] = plain_value(value, column)
            self.noted["unscored"] += 1
        return None

    def _status(self, status: str | None, entry: Entry) -> str | None:
        """The status of an answer; where the file is silent the record's own decides."""
        return status or (SUBMITTED if entry.completed or self.options.empty_is_reviewed else None)

    def _silent(self, entry: Entry) -> list[Answer]:
        """People who answered the record but gave this question no label, or somebody where it is completed all the same."""
        if entry.answers:
            heard = {answer.user for answer in entry.answers}
        elif entry.completed and not entry.others:
            self.noted["nobody"] += 1
            return [Answer(self.options.annotator, None, SUBMITTED)]
        else:
            heard = set()
        others = ((user, self._status(status, entry)) for user, status in entry.others.items() if user not in heard)
        found = [Answer(user, None, status) for user, status in others if status in (SUBMITTED, DISCARDED)]
        self.noted["silent"] += len(found)
        return found

    def _row(self, base: ImportRow, answer: Answer | None, entry: Entry | None) -> ImportRow:
        given: dict[str, Any] = {"scores": entry.scores, "model_version": entry.agent} if entry and entry.scores else {}
        if answer is not None:
            given |= {
                "labels": names_of(answer.value, self.question), "annotator": answer.user, "reviewed_at": answer.at,
                "seconds": answer.seconds, "source": answer.source,
                "state": "skipped" if answer.status == DISCARDED else "reviewed",
            }  # fmt: skip
        return replace(base, **given)


def vectors_note(name: str, size: int) -> str:
    """What to do with vectors of so many numbers that a file holds."""
    return (
        f"{name!r} holds vectors ({size} numbers an item), which are not imported with the rows. To use them, save them as a "
        ".npy file and run: python -m rating vectors FILE.npy --ids IDS --name NAME --project PROJECT."
    )


def user_id(annotator: str) -> str:
    """The id that Argilla can take for a person: the annotator's own if it is one, else one made from the name, always the same.

    >>> user_id("6D17EAC8-0000-4000-8000-000000000000"), user_id("ann") == user_id("ann"), len(user_id("ann"))
    ('6D17EAC8-0000-4000-8000-000000000000', True, 36)
    """
    try:
        UUID(annotator)
    except ValueError:
        return str(uuid5(_PEOPLE, annotator))
    return annotator


@dataclass(frozen=True, slots=True)
class Out:
    """What a record is to say of one item: the answers with their status, what is suggested, and what came from Argilla."""

    answers: tuple[tuple[Judgement | None, str, Any, str], ...]
    suggested: tuple[str, ...]
    scores: Mapping[str, float] | None
    agent: str | None
    rest: Mapping[str, Any]

    @staticmethod
    def value(given: Any, single: bool) -> Any:
        """An answer as the question takes it: one name, or a list of them."""
        if given is not None and single == isinstance(given, list):
            return next(iter(given), None) if single else [given]
        return given

    @property
    def status(self) -> str:
        """``completed`` once somebody has submitted an answer."""
        return "completed" if any(status == SUBMITTED for *_, status in self.answers) else "pending"


def out_of(whole: Whole) -> Out:
    """What goes out for an item. A judgement of some labels only goes out as a draft: Argilla would take it for a whole one."""
    rest = whole.item.metadata.get(REST)
    rest = rest if isinstance(rest, Mapping) else {}
    answers = [(judged, judged.annotator, list(judged.labels), _status(judged)) for judged in whole.judgements]
    judges = {judged.annotator for judged in whole.judgements}
    drafts = [(None, str(user), value, DRAFT) for user, value in rest.get("drafts") or () if user not in judges]
    version, scores = whole.predictions[0] if whole.predictions else (None, None)
    suggested = sorted((name for name, score in (scores or {}).items() if score >= SUGGESTED), key=lambda name: -scores[name])  # type: ignore[index]
    return Out((*answers, *drafts), tuple(suggested), scores, version, rest)


def _status(judged: Judgement) -> str:
    return DISCARDED if judged.state == "skipped" else DRAFT if judged.partial else SUBMITTED
