"""What the parts of a Label Studio task say: who annotated it, when, with which labels, and what a model predicted."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from data.imports.cells import BadCell, label_scores, moment, plain_text, plain_value
from data.store.labels import SEPARATOR

Task = Mapping[str, Any]
#: Where an item's metadata keeps what its task held besides.
KEY = "label_studio"
#: Controls whose choices are labels of the whole item.
KINDS = ("choices", "taxonomy")
#: Keys of ``data`` that are Plateau's own: an item's id and date, confidences by label and whose they are.
OWN = frozenset({"plateau_id", "plateau_date", "plateau_model", "label_scores"})
IDS = ("doc_id", "document_id", "uid", "item_id", "id")
TEXTS = ("text", "body", "content", "message", "sentence", "comment", "utterance", "question", "query")
DATES = ("date", "created_at", "timestamp", "sent_at")
_REGION = frozenset({"start", "end", "x", "y", "points", "ranges"})
_META = "meta."
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".svg", ".tif", ".tiff")


@dataclass(frozen=True, slots=True)
class Control:
    """A control of a labelling config: its name, that of the object it speaks of, and its kind, one of :data:`KINDS`."""

    name: str
    to_name: str
    kind: str = "choices"

    def as_dict(self) -> dict[str, str]:
        """The control as metadata can hold it."""
        return {"control": self.name, "to_name": self.to_name, "kind": self.kind}

    def value(self, labels: Iterable[str]) -> dict[str, Any]:
        """What a result of this control holds when these labels are chosen.

        >>> Control("topic", "text", "taxonomy").value(["Billing > Refund"])
        {'taxonomy': [['Billing', 'Refund']]}
        """
        if self.kind == "taxonomy":
            return {"taxonomy": [[level.strip() for level in label.split(SEPARATOR)] for label in labels]}
        return {"choices": list(labels)}


def parts(owner: Task, name: str) -> list[dict[str, Any]]:
    """The list of objects under this name, empty when there is none; BadCell when it is something else."""
    found = owner.get(name)
    if found is None:
        return []
    if not isinstance(found, list):
        raise BadCell(name, json.dumps(found)[:80], "it must be a list", "Export the tasks again as JSON.")
    for part in found:
        if not isinstance(part, dict):
            remedy = "Export complete annotations, not their numbers alone."
            raise BadCell(name, str(part), "it must be a list of JSON objects", remedy)
    return found


def predictions_of(task: Task) -> list[dict[str, Any]]:
    """The predictions of a task that are there whole; Label Studio's own exports give but their numbers."""
    found = task.get("predictions")
    if isinstance(found, list) and any(isinstance(one, int) for one in found):
        return [one for one in found if isinstance(one, dict)]
    return parts(task, "predictions")


def annotations_of(task: Task) -> list[dict[str, Any]]:
    """The annotations of a task; of old exports its completions."""
    return parts(task, "annotations") or parts(task, "completions")


def results(owner: Task) -> list[dict[str, Any]]:
    """The results of an annotation, prediction or draft."""
    return parts(owner, "result")


def controls(tasks: Iterable[Task]) -> tuple[Control, ...]:
    """The controls that choose labels in these tasks, in the order in which they first appear."""
    found: dict[str, Control] = {}
    for task in tasks:
        for owner in _owners(task):
            for one in _objects(owner.get("result")):
                name, kind = one.get("from_name"), one.get("type")
                if isinstance(name, str) and kind in KINDS and name not in found:
                    found[name] = Control(name, str(one.get("to_name") or "text"), str(kind))
    return tuple(found.values())


def _owners(task: Task) -> Iterator[dict[str, Any]]:
    for name in ("annotations", "completions", "predictions", "drafts"):
        yield from _objects(task.get(name))


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    return (one for one in value if isinstance(one, dict)) if isinstance(value, list) else iter(())


def speaks_of(result: Task, question: str) -> bool:
    """Whether a result answers this question for the whole item, not for a part of its text or image.

    >>> speaks_of({"from_name": "topic", "type": "choices", "value": {"choices": ["grain"]}}, "topic")
    True
    >>> speaks_of({"from_name": "topic", "type": "choices", "value": {"choices": ["grain"], "start": 0}}, "topic")
    False
    """
    value = result.get("value")
    if result.get("from_name", question) != question or not isinstance(value, dict):
        return False
    return any(kind in value for kind in KINDS) and _REGION.isdisjoint(value)


def chosen(result: Task) -> list[str]:
    """The labels that a result chooses; levels of a nested choice are joined: ``Parent > Child``.

    >>> chosen({"value": {"taxonomy": [["Billing", "Refund"], ["Praise"]]}}), chosen({"value": {"choices": [3]}})
    (['Billing > Refund', 'Praise'], ['3'])
    """
    value = result["value"]
    found = value.get("choices", value.get("taxonomy"))
    names = found if isinstance(found, list) else [] if found is None else [found]
    return [name for name in map(_name, names) if name]


def _name(choice: Any) -> str:
    if isinstance(choice, list):
        return f" {SEPARATOR} ".join(_level(level) for level in choice)
    return _level(choice)


def _level(choice: Any) -> str:
    if choice is None or isinstance(choice, dict | list):
        raise BadCell("choices", json.dumps(choice)[:80], "a choice must be a name", "Correct the choice, or leave it out.")
    return plain_text(choice, "choices").strip()


def named(owner: Task, question: str) -> list[str]:
    """The labels that an annotation, prediction or draft chooses for this question, each once."""
    return told(owner, question)[0]


def told(owner: Task, question: str) -> tuple[list[str], int]:
    """The same, and how many results of the question label no whole item."""
    names: dict[str, None] = {}
    others = 0
    for one in results(owner):
        if speaks_of(one, question):
            names.update(dict.fromkeys(chosen(one)))
        else:
            others += one.get("from_name") == question
    return list(names), others


def cancelled(annotation: Task) -> bool:
    """Whether the annotator skipped the task."""
    return bool(annotation.get("was_cancelled") or annotation.get("skipped"))


def annotator(annotation: Task) -> str:
    """Who annotated: an e-mail address, a user's name or number; empty when nobody is named.

    >>> annotator({"completed_by": {"id": 7, "email": "ann@example.org"}}), annotator({"completed_by": 7}), annotator({})
    ('ann@example.org', '7', '')
    """
    who = annotation.get("completed_by")
    if type(who) is int:
        return str(who)
    if isinstance(who, Mapping):
        who = who.get("email") or who.get("username") or who.get("id")
    return " ".join(plain_text(who, "completed_by").split())


def confidences(prediction: Task, question: str) -> dict[str, float] | None:
    """A prediction's confidence by label, from 0 to 1; None when it says no such thing.

    Label Studio has one score for a prediction. That is a label's confidence only if it chooses one label, or if each
    result brings a score of its own. Results of Plateau's have the confidences of all labels besides.
    """
    found = [one for one in results(prediction) if speaks_of(one, question)]
    if (every := next((one["label_scores"] for one in found if "label_scores" in one), None)) is not None:
        return label_scores(every, "label_scores")
    scored = [(chosen(one), _score(one)) for one in found]
    if found and all(score is not None and len(names) == 1 for names, score in scored):
        return {names[0]: score for names, score in scored if score is not None}
    names, whole = {name for names, _ in scored for name in names}, _score(prediction)
    return {names.pop(): whole} if len(names) == 1 and whole is not None else None


def _score(owner: Task) -> float | None:
    value = owner.get("score")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def stored(value: Any, column: str) -> Any:
    """The value as metadata can hold it; BadCell when it cannot."""
    text = json.dumps(value, ensure_ascii=False)
    if "\\u0000" in text or not _encodable(text):
        return plain_value(value, column)
    return value


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def text_key(sample: Sequence[Task]) -> str:
    """The key of ``data`` that holds the text: one with a usual name, or the one whose strings are longest.

    >>> text_key([{"data": {"Title": "Long, longer, longest", "body": "Short"}}]), text_key([{"data": {"a": "ab", "b": "abc"}}])
    ('body', 'b')
    """
    lengths: dict[str, int] = {}
    for task in sample:
        for key, value in data_of(task).items():
            if isinstance(value, str) and not is_media(value) and key not in OWN:
                lengths[key] = lengths.get(key, 0) + len(value)
    usual = next((key for name in TEXTS for key in lengths if key.casefold() == name), None)
    return usual or max(lengths, key=lambda key: lengths[key], default="text")


def media_key(sample: Sequence[Task]) -> str:
    """The key of ``data`` that holds an image's address: ``image``, or the first that looks like one."""
    keys = [key for task in sample for key, value in data_of(task).items() if key == "image" or is_media(value)]
    return "image" if "image" in keys or not keys else keys[0]


def id_key(sample: Sequence[Task]) -> str | None:
    """The key of ``data`` that holds ids of the owner's own: there in every task of the sample, and never twice the same."""
    found = [data_of(task) for task in sample]
    for key in IDS:
        values = [plain_text(data.get(key), key).strip() for data in found]
        if all(values) and len(set(values)) == len(values):
            return key
    return None


def data_of(task: Task) -> Mapping[str, Any]:
    """The task's ``data``; empty when it has none."""
    data = task.get("data")
    return data if isinstance(data, dict) else {}


def free_key(key: str, taken: Collection[str]) -> str:
    """The key that metadata is written to: its own, unless that has a meaning in the file.

    >>> free_key("team", {"text"}), free_key("text", {"text"}), free_key("meta.text", {"text"})
    ('team', 'meta.text', 'meta.meta.text')
    """
    return _META + key if _meant(key, taken) else key


def metadata_key(key: str, taken: Collection[str]) -> str:
    """The metadata key that :func:`free_key` wrote to this one."""
    return key[len(_META) :] if key.startswith(_META) and _meant(key, taken) else key


def _meant(key: str, taken: Collection[str]) -> bool:
    while key.startswith(_META):
        key = key[len(_META) :]
    return key in OWN or key in taken


def is_media(value: Any) -> bool:
    """Whether a value is the address of an image.

    >>> is_media("https://example.org/a.PNG?x=1"), is_media("/data/upload/1/cat.jpg"), is_media("see cat.jpg in the mail")
    (True, True, False)
    """
    if not isinstance(value, str):
        return False
    return value.startswith("data:image/") or (" " not in value[:500] and value.partition("?")[0].lower().endswith(_IMAGES))


def date_of(data: Task) -> tuple[str | None, frozenset[str]]:
    """When an item was written, and which keys of ``data`` say nothing else than that."""
    if "plateau_date" in data:
        return moment(data["plateau_date"]), frozenset({"plateau_date"})
    for key in DATES:
        if key in data and (when := moment(data[key])) is not None:
            return when, frozenset({key} if key == "date" and data[key] == when else ())
    return None, frozenset()
