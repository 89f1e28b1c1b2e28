"""Prodigy's JSON Lines: reading what ``db-out`` writes, in the choice and the binary form."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from data.formats.base import Drawn, Keeps, ToolFormat
from data.formats.prodigy_writer import write_answers, write_tasks
from data.imports.cells import BadCell, label_scores, moment, plain_text, plain_value
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.imports.rows import hashed_uid
from data.records import ImportRow, State

_STATES: dict[str, State] = {"accept": "reviewed", "reject": "reviewed", "ignore": "skipped"}
#: Keys that have a meaning here, or that Prodigy makes anew; all others are given back.
_USED = frozenset({
    "text", "image", "id", "meta", "options", "accept", "answer", "config", "label", "score", "label_scores", "model_version",
    "_view_id", "_task_hash", "_timestamp", "_annotator_id", "_session_id", "source_file",
})  # fmt: skip
_SIGNS = {"answer", "accept", "options", "label", "_input_hash", "_task_hash"}
_UNNAMED = re.compile(r"(.*-)?\d{4}-\d{2}-\d{2}_\d{2}-\d{2}-\d{2}")  # a session that was given no name is called by its beginning
_NOTES = {
    "unnamed": "{n} lines come from sessions without a name: they count as one annotator's. Name sessions to keep people apart.",
    "task": "{n} lines have no answer: they count as unreviewed.",
    "nothing": "{n} lines were answered but name no label and no options: they count as unreviewed.",
    "rejected": "{n} lines were rejected although options were chosen: those count as unknown, the others as dismissed.",
    "again": "{n} lines judge a label again that the same person had judged otherwise: the later line stands.",
    "named otherwise": "{n} lines have options whose id and text differ: labels are called by the id.",
}


@dataclass
class Binary:
    """One person's answers about one item, label by label."""

    row: ImportRow
    number: int
    verdicts: dict[str, bool] = field(default_factory=dict)
    answered: bool = False
    scores: dict[str, float] = field(default_factory=dict)

    def complete(self) -> ImportRow:
        """All of it as one judgement of the labels asked about; skipped if every answer was."""
        labels = tuple(name for name, verdict in self.verdicts.items() if verdict)
        refused = tuple(name for name, verdict in self.verdicts.items() if not verdict)
        state: State = "reviewed" if self.verdicts else "skipped"
        judged = replace(self.row, labels=labels, dismissed=refused, partial=state == "reviewed", state=state)
        return replace(judged if self.answered else self.row, scores=self.scores or None)


class ProdigyReader:
    """Turns lines into rows; the binary lines of one item and person are put together, and come last."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        self.noted = Counter[str]()
        self.id_keys = tuple(key for key in ("doc_id", "id") if _tells_apart(shape, key))
        self.binary: dict[tuple[str, str], Binary] = {}
        self.chosen: set[int] = set()

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[Drawn]:
        """A row for every line of the choice form as it comes, then one for each item and person of the binary form."""
        for record in records:
            if isinstance(record, Rejection):
                yield record
                continue
            try:
                row = self._take(*record)
            except BadCell as bad:
                yield Rejection(record[0], bad.column, bad.value, bad.rule, bad.remedy)
                continue
            if row is not None:
                yield row
        for binary in self.binary.values():
            yield self._finished(binary)

    def warnings(self) -> list[str]:
        """What a person should know about the lines read so far."""
        return [_NOTES[what].format(n=f"{n:,}") for what, n in self.noted.items() if n]

    def _take(self, number: int, cells: Mapping[str, Any]) -> ImportRow | None:
        row = self._item(cells)
        if "label" in cells and "options" not in cells and "accept" not in cells:
            self._gather(number, row, cells)
            return None
        if _answer(cells):
            row = self._choice(row, cells)
            self.chosen.add(hash((row.uid, row.annotator)))
        self.noted["task"] += not _answer(cells)
        return replace(row, scores=_option_scores(cells))

    def _item(self, cells: Mapping[str, Any]) -> ImportRow:
        if isinstance(cells.get("labels"), list) and not _SIGNS & set(cells):
            rule = "the line has labels but neither options nor an answer: it is not Prodigy's"
            raise BadCell("labels", cells["labels"], rule, "Put lines of another format into a file of their own.")
        text, media = plain_text(cells.get("text"), "text"), plain_text(cells.get("image"), "image").strip() or None
        if not text.strip() and media is None:
            raise BadCell("text", text, "the line has neither text nor image", "Fill it in or delete the line.")
        about = _meta(cells)
        metadata = {key: plain_value(value, "meta") for key, value in about.items()}
        if rest := {key: plain_value(value, key) for key, value in cells.items() if key not in _USED}:
            metadata["prodigy"] = rest
        own = [cells.get("id"), *(about.get(key) for key in self.id_keys)]
        uid = next((uid for value in own if (uid := plain_text(value, "id").strip())), "")
        return ImportRow(
            uid or hashed_uid(ImportRow("", text, media), 1), text, media, metadata, annotator=self._who(cells),
            reviewed_at=moment(cells.get("_timestamp")) if _answer(cells) else None,
            model_version=plain_text(cells.get("model_version"), "model_version") or None,
        )  # fmt: skip

    def _who(self, cells: Mapping[str, Any]) -> str:
        who = plain_text(cells.get("_annotator_id") or cells.get("_session_id"), "_annotator_id").strip()
        unnamed = bool(_UNNAMED.fullmatch(who))
        self.noted["unnamed"] += unnamed
        return "" if unnamed else who

    def _choice(self, row: ImportRow, cells: Mapping[str, Any]) -> ImportRow:
        options, chosen = self._options(cells), _names(cells.get("accept"), "accept")
        if options is None and "accept" not in cells:
            self.noted["nothing"] += 1
            return replace(row, reviewed_at=None)
        others = tuple(name for name in options or () if name not in chosen)
        if _answer(cells) == "reject":
            self.noted["rejected"] += bool(chosen)
            return replace(row, labels=(), dismissed=others, partial=options is not None)
        if _answer(cells) == "ignore":
            return replace(row, labels=(), state="skipped")
        return replace(row, labels=chosen, dismissed=others, partial=options is not None)

    def _options(self, cells: Mapping[str, Any]) -> tuple[str, ...] | None:
        options = cells.get("options")
        if options is None:
            return None
        if not isinstance(options, list):
            raise BadCell("options", options, "the options must be a list", 'Write them as [{"id": "a", "text": "a"}].')
        ids = [option.get("id") if isinstance(option, Mapping) else option for option in options]
        said = [option.get("text", option.get("id")) if isinstance(option, Mapping) else option for option in options]
        self.noted["named otherwise"] += any(text not in (None, key, str(key)) for key, text in zip(ids, said, strict=True))
        return _names(ids, "options")

    def _gather(self, number: int, row: ImportRow, cells: Mapping[str, Any]) -> None:
        """Take in one line of the binary form."""
        (name,) = _names([cells["label"]], "label") or ("",)
        if not name:
            raise BadCell("label", "", "the line names no label", "Fill it in or delete the line.")
        found = self.binary.setdefault((row.uid, row.annotator), Binary(row, number))
        found.row = replace(found.row, reviewed_at=max(filter(None, (found.row.reviewed_at, row.reviewed_at)), default=None))
        found.answered = found.answered or bool(_answer(cells))
        found.scores.update(_scores({name: cells.get("score")}))
        self.noted["task"] += not _answer(cells)
        if _answer(cells) in ("accept", "reject"):
            verdict = _answer(cells) == "accept"
            self.noted["again"] += found.verdicts.get(name, verdict) != verdict
            found.verdicts[name] = verdict

    def _finished(self, binary: Binary) -> Drawn:
        row = binary.complete()
        if row.labels is None or hash((row.uid, row.annotator)) not in self.chosen:
            return binary.number, row
        rule = "the file judges this item label by label, and by a choice of options as well"
        return Rejection(binary.number, "label", row.uid, rule, "The choice stands. Put the two forms into two files.")


def _tells_apart(shape: Shape, key: str) -> bool:
    """Whether this key of ``meta`` is an id: no two texts among the first lines share one."""
    texts: dict[str, Any] = {}
    for _, cells in shape.sample:
        meta = cells.get("meta")
        if isinstance(meta, Mapping) and meta.get(key) is not None:
            about = cells.get("text") or cells.get("image")
            if texts.setdefault(str(meta[key]), about) != about:
                return False
    return True


def _meta(cells: Mapping[str, Any]) -> dict[str, Any]:
    """What ``meta`` says, but for a score that the line has of its own."""
    meta = cells.get("meta")
    if meta is not None and not isinstance(meta, Mapping):
        raise BadCell("meta", meta, "meta must be an object", 'Write it as {"source": "..."}.')
    return {str(key): value for key, value in (meta or {}).items() if key != "score" or "score" not in cells}


def _answer(cells: Mapping[str, Any]) -> str:
    answer = plain_text(cells.get("answer"), "answer").strip()
    if answer and answer not in _STATES:
        raise BadCell("answer", answer, "the answer must be accept, reject or ignore", "Correct it or leave it out.")
    return answer


def _names(cell: Any, column: str) -> tuple[str, ...]:
    parts = cell if isinstance(cell, list) else [] if cell is None else [cell]
    if wrong := next((part for part in parts if isinstance(part, list | dict)), None):
        raise BadCell(column, wrong, "a label must be a name", 'Write the labels as ["first", "second"].')
    return tuple(dict.fromkeys(name for part in parts if (name := plain_text(part, column).strip())))


def _option_scores(cells: Mapping[str, Any]) -> dict[str, float] | None:
    """Confidences: those of ``label_scores``, then those that options show; None where there are none."""
    options = cells.get("options") if isinstance(cells.get("options"), list) else []
    shown = {str(one["id"]): one.get("meta") for one in options or [] if isinstance(one, Mapping) and one.get("id") is not None}
    return {**(label_scores(cells.get("label_scores"), "label_scores") or {}), **_scores(shown)} or None


def _scores(found: Mapping[str, Any]) -> dict[str, float]:
    """What is a number between 0 and 1; an option's ``meta`` may say anything."""
    scores: dict[str, float] = {}
    for name, value in found.items():
        try:
            number = float(value)
        except (TypeError, ValueError):
            continue
        if 0 <= number <= 1:
            scores[name] = number
    return scores


def _known(shape: Shape) -> bool:
    """Lines with Prodigy's hashes, its answers beside labels, or options to choose from."""
    return any(
        "_task_hash" in cells
        or ("_input_hash" in cells and "text" in cells)
        or (cells.get("answer") in _STATES and bool({"accept", "options", "label", "spans"} & set(cells)))
        or _choices(cells.get("options"))
        for _, cells in shape.sample
    )


def _choices(options: Any) -> bool:
    named = isinstance(options, list) and all(isinstance(option, Mapping) and {"id", "text"} <= set(option) for option in options)
    return named and bool(options)


ANSWERS = ToolFormat(
    "prodigy", "Prodigy JSONL", frozenset({"jsonl", "json"}), ".jsonl",
    Keeps(
        dismissed="every option that was not accepted comes back as dismissed", partial="as the options that were shown",
        scores="of reviewed items, one model's, to four decimals", time="to the second", seconds=False, pool=False, source=False,
        note=False, confirmed=False, unknown="as the options that were shown",
    ),
    _known, ProdigyReader, write_answers,
)  # fmt: skip
TASKS = ToolFormat(
    "prodigy-tasks", "Prodigy task list", frozenset({"jsonl"}), ".jsonl",
    Keeps(
        no_label=False, skipped=False, dismissed=False, partial=False, scores="one model's, to four decimals", annotator=False,
        several=False, time=False, seconds=False, source=False, note=False, confirmed=False,
    ),
    lambda shape: False, writer=write_tasks, what="tasks",
)  # fmt: skip
