"""Label Studio's tasks and annotations one by one, as its server tells of them: which item, and what is said of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from data.errors import InvalidInput, NotFound
from data.formats.label_config import ChoiceControl, read_config
from data.formats.label_studio import Tasks
from data.formats.label_studio_task import IDS, Control, Task, data_of, is_media
from data.formats.reading import ToolRows
from data.imports.cells import BadCell, plain_text
from data.imports.records import ImportOptions, Rejection, Shape
from data.layout import ACTION, action_number
from data.readable import readable
from data.records import ImportRow, Item, Label, Project, ReviewDraft, now
from data.store import Store
from data.store.labels import clean_label

#: Who judged where nobody is named, and the page that such judgements are given on.
NOBODY, VIEW = "label-studio", "label-studio"
#: What a result of a prediction says.
_SAID = ("from_name", "to_name", "type", "value")


def control_of(config: str, labels: Sequence[Label]) -> ChoiceControl:
    """The control of a labelling config whose choices are most of these labels; of equals the first. Raises InvalidInput."""
    known = {label.name.casefold() for label in labels}
    found = read_config(config)
    if not found:
        raise InvalidInput(
            "The labelling config has no Choices and no Taxonomy for a whole task. Add one whose choices are the labels, and "
            "connect again."
        )
    return max(found, key=lambda control: sum(label.casefold() in known for label in control.labels))


@dataclass(frozen=True, slots=True)
class Sent:
    """A task as it came, with the row that it is and the ids that its item may have, the likeliest first.

    ``own`` is Plateau's id, empty when the task has none; ``last`` one that no other task and no other text has.
    """

    task: Task
    row: ImportRow
    own: str
    uids: tuple[str, ...]
    last: str

    def is_in(self, item: Item) -> bool:
        """Whether an item that has one of the ids is the task's: it says the same, or its id leaves no doubt."""
        return item.uid in (self.own, self.last) or (item.text, item.media) == (self.row.text, self.row.media)


@dataclass(frozen=True, slots=True)
class Link:
    """What connects a project of Label Studio with one of Plateau: the control that holds the labels, and whose ids they are.

    ``by`` is who makes labels that nobody's annotation has brought.
    """

    store: Store
    project: Project
    control: ChoiceControl
    origin: str
    by: str = ""

    def add_labels(self, since: str | None = None) -> None:
        """Create the labels that the control has and the project never had; those merged or retired here stay so.

        They are dated ``since`` (ISO-8601), when the first judgement was given that knew them; but later than every judgement
        that is here already, which did not know them. None: they are of now.
        """
        there = {label.name.casefold() for label in self.store.labels(self.project.id, retired=True)}
        fresh = [name for name in self.control.labels if clean_label(name).casefold() not in there]
        created_at = self._after_all(since) if fresh and since is not None else None
        for name in fresh:
            self.store.add_label(self.project.id, name, created_at=created_at, annotator=self.by)

    def connect(self, made_at: str | None) -> None:
        """Create the control's labels; where the project has none of them yet they date from when the project there was made."""
        there = {label.name.casefold() for label in self.store.labels(self.project.id, retired=True)}
        known = any(clean_label(name).casefold() in there for name in self.control.labels)
        self.add_labels(None if known else made_at)

    def _after_all(self, moment: str) -> str:
        """This moment or, if it is later, the one just after the last judgement that is here."""
        last = max((review.at for review in self.store.reviews(self.project.id)), default="")
        return moment if last < moment else min(_just_after(last), now())

    def sent(self, tasks: Sequence[Any]) -> tuple[list[Sent | None], list[str]]:
        """Tasks that were read, None for those that cannot be taken; and why not, in words."""
        found: list[Sent | None] = []
        wrong = []
        for place, task in enumerate(tasks, start=1):
            try:
                found.append(self._sent(task))
            except InvalidInput as error:
                found.append(None)
                wrong.append(f"{place} of {len(tasks)}: {error}")
        return found, wrong

    def known(self, sent: Sequence[Sent]) -> list[Item | None]:
        """The items that tasks are: by Plateau's own id, or by an id of the task if the text is the same; None for new ones."""
        there = self._there([uid for one in sent for uid in one.uids])
        return [_known(one, there) for one in sent]

    def items(self, sent: Sequence[Sent]) -> list[Item]:
        """The items that tasks are, in order; those that are new are added."""
        there = self._there([uid for one in sent for uid in one.uids])
        found, taken = [_known(one, there) for one in sent], set(there)
        fresh = [_fresh(one, taken) for one, item in zip(sent, found, strict=True) if item is None]
        if not fresh:
            return [item for item in found if item is not None]
        self.store.import_rows(self.project.id, fresh)
        added, names = self._there([row.uid for row in fresh]), iter(fresh)
        return [item or added[next(names).uid] for item in found]

    def _there(self, uids: Sequence[str]) -> dict[str, Item]:
        """The items that have these ids, by id."""
        numbers = self.store.item_ids(self.project.id, list(dict.fromkeys(uids)))
        return {item.uid: item for item in self.store.items(self.project.id, list(numbers.values()))}

    def _sent(self, task: Any) -> Sent:
        if not isinstance(task, dict):
            raise InvalidInput(f"A task is a JSON object; not {str(task)[:80]!r}. Send what Label Studio sent.")
        _check("task", task, _bare(task))
        row = self._rows(_bare(task))[0]
        shown = hashlib.sha256(f"{row.text}\0{row.media or ''}".encode("utf-8", "surrogatepass")).hexdigest()[:12]
        last = f"{self.origin}-{plain(task.get('id'))}-{shown}"
        return Sent(task, row, _id(data_of(task).get("plateau_id")), (*_uids(task), last), last)

    def judge(self, task: Any, annotation: Any) -> int | None:
        """Record what an annotation says of its task; None when it was told of before, or its annotator judged later."""
        sent = self._sent(task)
        row = self._said(task, annotation)
        stamp = min(row.reviewed_at or now(), now())
        (item,) = self.items([sent])
        assigned, confirmed = self._numbers(row.labels or (), row.annotator), self._numbers(row.confirmed, row.annotator)
        dismissed = self._not_chosen(assigned, stamp) if row.state == "reviewed" else None
        draft = ReviewDraft(
            item.id, assigned, row.annotator, dismissed=dismissed or (), partial=dismissed is not None, confirmed=confirmed,
            state=row.state, at=stamp, seconds=row.seconds, view=VIEW, **self._place(task, item),
        )  # fmt: skip
        return self.store.record_outside(self.project.id, self.origin, plain(annotation.get("id")), stamp, draft)

    def since(self, pairs: Iterable[tuple[Any, Any]]) -> str | None:
        """When the first of these annotations of tasks was made, leaving out those that cannot be read; None without any."""
        stamps = []
        for task, annotation in pairs:
            with suppress(InvalidInput):
                stamps.append(self._said(task, annotation).reviewed_at)
        return min((min(stamp, now()) for stamp in stamps if stamp is not None), default=None)

    def _said(self, task: Any, annotation: Any) -> ImportRow:
        """The row that holds an annotation's judgement."""
        if not isinstance(task, dict) or not isinstance(annotation, dict):
            raise InvalidInput("A task and its annotation are JSON objects; one of them is missing. Send what Label Studio sent.")
        began = _began_from(annotation)
        _check("annotation", annotation, {**annotation, "prediction": began})
        given = {"annotations": [annotation], "predictions": began}
        return next(row for row in self._rows(_bare(task) | given) if row.labels is not None)

    def take_back(self, annotation: Any) -> int:
        """Take back what an annotation that is gone has said; how many judgements that were."""
        if not isinstance(annotation, dict):
            raise InvalidInput(f"An annotation is a JSON object; not {str(annotation)[:80]!r}. Send what Label Studio sent.")
        return len(self.store.take_back_outside(self.project.id, self.origin, plain(annotation.get("id")), view=VIEW))

    def _numbers(self, names: Sequence[str], annotator: str) -> tuple[int, ...]:
        """Labels by number, merged ones as their target; those that there are not yet are created in the annotator's name."""
        there = {label.name.casefold(): label for label in self.store.labels(self.project.id, retired=True)}
        found = [
            there.get(clean_label(name).casefold()) or self.store.add_label(self.project.id, name, annotator=annotator)
            for name in names
        ]
        return tuple(sorted({label.merged_into or label.id for label in found}))

    def _not_chosen(self, assigned: Sequence[int], at: str) -> tuple[int, ...] | None:
        """The labels that were on offer there and not chosen, where the project has others, of which nothing was said.

        None where it has no others: then every label was judged.
        """
        offered = {clean_label(name).casefold() for name in self.control.labels}
        used = self.store.labels(self.project.id)
        if all(label.name.casefold() in offered or label.id in assigned for label in used):
            return None
        return tuple(
            label.id for label in used
            if label.name.casefold() in offered and label.id not in assigned and label.created_at <= at
        )  # fmt: skip

    def _place(self, task: Task, item: Item) -> dict[str, Any]:
        """Where in an action the item stood, when the task was sent out for one."""
        number = action_number(data_of(task).get(ACTION))
        if number is None:
            return {}
        try:
            action = self.store.action(self.project.id, number)
        except NotFound:
            return {}
        if item.id not in action.item_ids:
            return {}
        place = action.item_ids.index(item.id)
        return {
            "source": action.kind, "action_id": action.id, "list_rank": place + 1, "list_size": len(action.item_ids),
            "candidates": action.candidates, "chance": action.chances[place], "model_version": action.model_version or None,
        }  # fmt: skip

    def _rows(self, task: dict[str, Any]) -> list[ImportRow]:
        """The rows of a task by the rules of every import; InvalidInput with the first thing that breaks them."""
        shape = Shape("json", tuple(task), sample=((1, task),), tool="label-studio")
        options = ImportOptions(tool="label-studio", single_label=self.project.single_label, annotator=NOBODY)
        control = Control(self.control.name, self.control.to_name, self.control.kind)
        try:
            reader, rows = Tasks([task], control, (), options), ToolRows(shape, options)
        except BadCell as bad:  # what may be its id is no text
            raise InvalidInput(f"The task {str(task.get('id'))[:80]!r} was not taken: {bad}") from bad
        if self.control.key and is_media(data_of(task).get(self.control.key)):
            reader.media = self.control.key
        elif self.control.key:
            reader.text = self.control.key
        rows.reader = reader
        found = list(rows.rows(iter([(1, task)])))
        if wrong := next((row for row in found if isinstance(row, Rejection)), None):
            raise InvalidInput(f"The task {task.get('id')!r} was not taken: {wrong}")
        return [row for row in found if isinstance(row, ImportRow)]


def made_at(project: str | int) -> str | None:
    """When a project of Label Studio was made, as its requests tell: its number, a point, seconds since 1970. None: unknown.

    >>> made_at("7.1767225600"), made_at(7)
    ('2026-01-01T00:00:00.000000+00:00', None)
    """
    seconds = str(project).partition(".")[2]
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 10):
        return None
    return min(datetime.fromtimestamp(int(seconds), UTC).isoformat(timespec="microseconds"), now())


def _just_after(moment: str) -> str:
    return (datetime.fromisoformat(moment) + timedelta(microseconds=1)).isoformat(timespec="microseconds")


def _known(sent: Sent, there: Mapping[str, Item]) -> Item | None:
    found = (there[uid] for uid in sent.uids if uid in there)
    return next((item for item in found if sent.is_in(item)), None)


def _fresh(sent: Sent, taken: set[str]) -> ImportRow:
    """A new item under the first of the task's ids that no other item has; the last one no other task has."""
    uid = next((uid for uid in sent.uids if uid not in taken), sent.last)
    taken.add(uid)
    return replace(sent.row, uid=uid)


def plain(value: Any) -> str:
    """An id as text; InvalidInput when it is none."""
    try:
        return plain_text(value, "id").strip()
    except BadCell as bad:
        raise InvalidInput(f"An id is a number or a text; not {str(value)[:80]!r}. Send what Label Studio sent.") from bad


def _check(what: str, whole: Mapping[str, Any], read: Mapping[str, Any]) -> None:
    """Refuse a task or an annotation of which something that is read could not be written again; raises InvalidInput."""
    try:
        readable(read)
    except ValueError as error:
        raise InvalidInput(f"The {what} {str(whole.get('id'))[:80]!a} was not taken: {error}.") from error


def _bare(task: Task) -> dict[str, Any]:
    """What a task is whatever becomes of it: the rest changes with each annotation."""
    return {name: task[name] for name in ("id", "data", "meta") if name in task}


def _uids(task: Task) -> list[str]:
    """What may be a task's id here, the likeliest first."""
    data = data_of(task)
    given = [data.get("plateau_id"), *(data.get(name) for name in IDS), task.get("id")]
    return list(dict.fromkeys(uid for uid in (_id(value) for value in given) if uid))


def _id(value: Any) -> str:
    return plain(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _began_from(annotation: Task) -> list[Mapping[str, Any]]:
    """The prediction that an annotation began from, as it tells of it: what it chose, without its scores, which are not read."""
    prediction = annotation.get("prediction")
    parent = annotation.get("parent_prediction")
    if not isinstance(prediction, dict) or not prediction or parent is None:
        return []
    results = prediction.get("result")
    said = [one for one in results if isinstance(one, dict)] if isinstance(results, list) else []
    return [{"id": parent, "result": [{name: one[name] for name in _SAID if name in one} for one in said]}]
