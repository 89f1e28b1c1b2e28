"""Label Studio JSON: tasks with their annotations, predictions and drafts, read and written.

What Plateau has no word for stays with the item under ``label_studio`` in its metadata, and goes back as it came.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from data.errors import ImportFailed
from data.formats.base import Keeps, ToolFormat, each
from data.formats.label_studio_said import Said, standing
from data.formats.label_studio_task import (
    KEY,
    OWN,
    Control,
    Task,
    confidences,
    controls,
    date_of,
    id_key,
    media_key,
    metadata_key,
    parts,
    predictions_of,
    stored,
    text_key,
)
from data.formats.label_studio_write import write_tasks
from data.imports.cells import BadCell, label_scores, moment, plain_text
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.records import ImportRow

_NOTES = {
    "draft": "{n} drafts are not reviews: they are kept, and go back as they came.",
    "older": "{n} annotations were followed by a later one of the same annotator: the later one counts.",
    "nobody": "{n} annotations name nobody, beside another one of the same task: they are numbered, since several people may "
    "have given them.",
    "score": "{n} predictions have no confidence for each label: they are kept, and go back as they came.",
    "number": "{n} predictions are given by their number alone, as Label Studio exports them: nothing is known of them.",
    "region": "{n} results of the question speak of a part of the item, or are no choices: they are kept, and label no item.",
    "seconds": "{n} lead times are no numbers: they are taken as unknown.",
}
_PARTS = ("annotations", "completions", "predictions", "drafts")
#: Stands in as long as no task has shown a control: the first annotated one may come late.
_UNSEEN = Control("labels", "text")
#: A model's version, its confidences by label, and when it gave them.
Confidences = tuple[str | None, dict[str, float], str | None]


class Tasks:
    """Reads tasks. ``control`` is the one whose choices are labels, ``others`` there could be instead.

    ``sample`` are some of the tasks; keys of ``data`` that are ``taken`` by something else are metadata under another name.
    """

    def __init__(
        self, sample: Sequence[Task], control: Control, others: Sequence[str], options: ImportOptions,
        taken: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self.options, self.noted = options, Counter[str]()
        self.control, self.others = control, others
        self.text, self.media, self.id = text_key(sample), media_key(sample), id_key(sample)
        self.taken = taken | {self.text, self.media}

    @classmethod
    def of(cls, shape: Shape, options: ImportOptions) -> Tasks:
        """A reader of a file of tasks; ImportFailed when it has not the control asked for."""
        sample = [cells for _, cells in shape.sample]
        found = controls(sample)
        control = picked(found, options.question)
        others = [one.name for one in found if one != control] if options.question is None else []
        return cls(sample, control, others, options)

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        """A row for every standing annotation and for every prediction of a task; at least one."""
        return each(records, self.task)

    def warnings(self) -> list[str]:
        """What a person should know about the tasks read so far."""
        said = [_NOTES[what].format(n=f"{n:,}") for what, n in self.noted.items() if n]
        others = ", ".join(map(repr, self.others))
        choice = f"The labels are those of {self.control.name!r}; there is also {others}: choose it if need be."
        return [choice, *said] if self.others else said

    def task(self, task: Task) -> Iterator[ImportRow]:
        """The rows of one task; raises BadCell."""
        if self.control is _UNSEEN and (found := controls([task])):
            self.control, self.others = found[0], [one.name for one in found[1:]]
        data = task.get("data")
        if not isinstance(data, dict):
            raise BadCell("data", str(data), "a task must have an object 'data'", "Export the tasks again as JSON.")
        at, dates = date_of(data)
        common: dict[str, Any] = {
            "uid": self._uid(task, data), "text": self._text(data), "media": self._image(data), "at": at,
            "metadata": self._metadata(task, data, dates),
        }  # fmt: skip
        self.noted["draft"] += len(parts(task, "drafts"))
        said = standing(task, self.control.name, self.options.annotator, self.noted)
        predicted = self._predicted(task, data)
        for one, scores in zip_longest(said, predicted) if said or predicted else [(None, None)]:
            yield ImportRow(**common, **_judged(one), **_scored(scores))

    def _uid(self, task: Task, data: Mapping[str, Any]) -> str:
        for value in (data.get("plateau_id"), data.get(self.id) if self.id else None, task.get("id")):
            if value is not None and (uid := plain_text(value, "id").strip()):
                return uid
        return ""

    def _text(self, data: Mapping[str, Any]) -> str:
        key = self._text_key(data)
        if isinstance(value := data.get(key), dict | list):
            remedy = "Give each task its text as one string, or the address of its image."
            raise BadCell(key, str(value), "the text is no string", remedy)
        return plain_text(value, key)

    def _text_key(self, data: Mapping[str, Any]) -> str:
        return self.text if self.text in data or self.media in data else text_key([{"data": data}])

    def _image(self, data: Mapping[str, Any]) -> str | None:
        return plain_text(data.get(self.media), self.media).strip() or None

    def _metadata(self, task: Task, data: Mapping[str, Any], dates: frozenset[str]) -> dict[str, Any]:
        """Further keys of ``data`` by their own names, and under :data:`KEY` what the task holds besides."""
        text = self._text_key(data)
        meaning = {text, self.media} | OWN | dates
        kept = {metadata_key(key, self.taken): value for key, value in data.items() if key not in meaning}
        rest = self.rest(task, text)
        found: dict[str, Any] = stored({**kept, KEY: rest} if rest else kept, "data")
        return found

    def rest(self, task: Task, text: str) -> dict[str, Any]:
        """What a task holds besides its ``data``, and how it was read; ``text`` is the key of its text."""
        rest = {name: value for name, value in task.items() if name != "data" and value not in (None, [], {})}
        if not rest.keys().isdisjoint(_PARTS) or text != "text" or self.media != "image":
            control = {} if self.control is _UNSEEN else self.control.as_dict()
            rest["read_as"] = {"text": text, "media": self.media, "nobody": self.options.annotator} | control
        return rest

    def _predicted(self, task: Task, data: Mapping[str, Any]) -> list[Confidences]:
        """Confidences by model version: of ``data.label_scores`` or, where that says nothing, of the predictions."""
        made = predictions_of(task)
        self.noted["number"] += len(task.get("predictions") or ()) - len(made)
        times = {_version(one): moment(one["created_at"]) for one in made if one.get("created_at")}
        scored = {_version(one): confidences(one, self.control.name) for one in made}
        found = {version: scores for version, scores in scored.items() if scores} | _given(data, made)
        self.noted["score"] += sum(_version(one) not in found for one in made)
        return [(version, scores, times.get(version)) for version, scores in found.items()]


def _version(prediction: Task) -> str | None:
    return plain_text(prediction.get("model_version"), "model_version") or None


def _given(data: Mapping[str, Any], made: list[dict[str, Any]]) -> dict[str | None, dict[str, float]]:
    """Confidences by model version, from those of one version or from those of several by their names."""
    cell = data.get("label_scores")
    if isinstance(cell, dict) and cell and all(isinstance(value, dict) for value in cell.values()):
        several = {version: label_scores(scores, "label_scores") for version, scores in cell.items()}
        return {version: scores for version, scores in several.items() if scores}
    scores = label_scores(cell, "label_scores")
    named = data.get("plateau_model", made[-1].get("model_version") if made else None)
    version = plain_text(named, "model_version")
    return {version or None: scores} if scores else {}


def _judged(said: Said | None) -> dict[str, Any]:
    if said is None:
        return {}
    return {
        "labels": said.labels, "state": "skipped" if said.skipped else "reviewed", "annotator": said.annotator,
        "reviewed_at": said.at, "seconds": said.seconds, "confirmed": said.confirmed,
    }  # fmt: skip


def _scored(found: Confidences | None) -> dict[str, Any]:
    return {"model_version": found[0], "scores": found[1], "predicted_at": found[2]} if found else {}


def picked(found: tuple[Control, ...], question: str | None) -> Control:
    """The control asked for, or the first one."""
    if question is None:
        return found[0] if found else _UNSEEN
    if found and question not in (names := [one.name for one in found]):
        known = ", ".join(map(repr, names))
        raise ImportFailed(f"No annotation answers {question!r}. The file has the controls {known}: choose one of them.")
    return next((one for one in found if one.name == question), Control(question, "text"))


def _recognises(shape: Shape) -> bool:
    tasks = [cells for _, cells in shape.sample if isinstance(cells.get("data"), dict)]
    return (
        "data" in shape.columns and 2 * len(tasks) > len(shape.sample) and {*_PARTS, "id", "meta"} & set(shape.columns) != set()
    )


def _questions(shape: Shape) -> tuple[str, ...]:
    names = tuple(one.name for one in controls(cells for _, cells in shape.sample))
    return names if len(names) > 1 else ()


TASKS = ToolFormat(
    key="label-studio",
    title="Label Studio JSON",
    containers=frozenset({"json", "jsonl"}),
    suffix=".json",
    keeps=Keeps(
        dismissed=False, partial="such a review goes out as a draft",
        scores="they stand in each task's data, under label_scores; a prediction has one score",
        source=False, note=False, confirmed="where a prediction of the file suggested just these labels",
    ),
    recognises=_recognises,
    reader=Tasks.of,
    writer=write_tasks,
    questions=_questions,
)  # fmt: skip
