"""Writing Label Studio tasks: what came from there goes back as it came, unless it was judged anew since."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, BinaryIO

from data.exports.handover import Handover, Judgement, Whole
from data.exports.table import ExportReport
from data.formats.label_config import label_config
from data.formats.label_studio_said import Said, standing
from data.formats.label_studio_task import (
    DATES,
    IDS,
    KEY,
    Control,
    Task,
    annotations_of,
    annotator,
    cancelled,
    confidences,
    free_key,
    named,
    parts,
    predictions_of,
    results,
    speaks_of,
    text_key,
)
from data.imports.cells import moment, plain_text
from data.records import Item
from data.store.labels import clean_label

#: Numbers that Plateau gives begin here: those of a Label Studio server, which counts up from 1, lie below.
_BASE = 1_000_000_000
_MODELS = 1000  # predictions of an item that have a number of their own
_ENCODER = json.JSONEncoder(ensure_ascii=False, check_circular=False)  # what was read from JSON does not hold itself
_PARTIAL = "{n:,} reviews judged some labels only: they go out as drafts, since Label Studio would take them for whole ones."


@dataclass(frozen=True, slots=True)
class Plan:
    """What all tasks of a file share. ``taken`` are keys that metadata cannot have there."""

    control: Control
    text: str = "text"
    media: str = "image"
    single: bool = False
    taken: frozenset[str] = frozenset()


def write_tasks(handover: Handover, out: BinaryIO) -> ExportReport:
    """Write every item as a task, one after the other."""
    plan, count, partial = plan_of(handover), 0, 0
    out.write(b"[")
    for whole in handover.wholes():
        out.write(b",\n" if count else b"\n")
        out.write(_ENCODER.encode(task_of(whole, plan)).encode())
        count, partial = count + 1, partial + sum(map(in_part, whole.judgements))
    out.write(b"\n]\n")
    return ExportReport(count, (_PARTIAL.format(n=partial),) if partial else ())


def in_part(judgement: Judgement) -> bool:
    """Whether a review judged some labels only: an annotation would say of all others that they were refused."""
    return judgement.partial and judgement.state == "reviewed"


def plan_of(handover: Handover) -> Plan:
    """What the items have kept of Label Studio: which control is in use, and which keys if they are all alike."""
    found = [
        (json.loads(kept) if kept else {}, items) for kept, items in handover.store.kept(handover.project.id, KEY, "read_as")
    ]
    chosen = next((kept for kept, _ in sorted(found, key=lambda pair: -pair[1]) if "control" in kept), {})
    keys = {(kept.get("text", "text"), kept.get("media", "image")) for kept, _ in found}
    text, media = keys.pop() if len(keys) == 1 else ("text", "image")
    return Plan(_control(handover.question, chosen), text, media, single=handover.project.single_label)


def config_of(handover: Handover) -> str:
    """The labelling config of a project for just these tasks: it calls the control and the keys of ``data`` as they do."""
    plan, items = plan_of(handover), handover.store.facts(handover.project.id, handover.item_ids)
    media = items["media"] > 0
    text = not media or any(item.text for item in handover.items())
    shown = {kind: key for kind, key, there in (("Text", plan.text, text), ("Image", plan.media, media)) if there}
    names, control = [label.name for label in handover.labels], plan.control
    return label_config(names, control.name, to_name=control.to_name, shown=shown, kind=control.kind, single=plan.single)


def _control(question: str, common: Mapping[str, str]) -> Control:
    known = Control(common["control"], common["to_name"], common["kind"]) if "control" in common else None
    if known is not None and question in ("labels", known.name):
        return known
    return Control(question, "text")


def kept_of(item: Item) -> dict[str, Any]:
    """What an item's metadata has kept of its task."""
    kept = item.metadata.get(KEY)
    return kept if isinstance(kept, dict) else {}


def number_of(item: Item) -> Any:
    """The number that an item's task has: the one it came with, or one of Plateau's."""
    return kept_of(item).get("id", _BASE + 3 * item.id)


def review_number(judgement: Judgement) -> int:
    """The number that a judgement has as an annotation."""
    return _BASE + 3 * judgement.review_id + 1


def task_of(whole: Whole, plan: Plan) -> dict[str, Any]:
    """An item with its judgements and predictions as a task."""
    item, kept = whole.item, kept_of(whole.item)
    rest = {
        name: value for name, value in kept.items() if name not in ("id", "read_as", "annotations", "completions", "predictions")
    }
    predictions = _predictions(whole, kept, plan)
    task = {
        "id": number_of(item), "data": data_of(whole, kept, plan),
        "annotations": list(_annotations(whole, kept, predictions, plan)), "predictions": predictions, **rest,
        **_drafts(whole, kept, plan),
    }  # fmt: skip
    return task | _counts(task)


def _counts(task: Task) -> dict[str, int]:
    """Counts that the task came with, as they are now."""
    skipped = sum(bool(one["was_cancelled"]) for one in task["annotations"])
    now = {
        "total_annotations": len(task["annotations"]) - skipped, "cancelled_annotations": skipped,
        "total_predictions": len(task["predictions"]),
    }  # fmt: skip
    return {name: count for name, count in now.items() if name in task}


def _drafts(whole: Whole, kept: Task, plan: Plan) -> dict[str, list[Any]]:
    """The drafts that the task came with, and a review of some labels only as one that its annotator may finish."""
    made = [_draft(judgement, plan) for judgement in whole.judgements if in_part(judgement)]
    numbers = {one["id"] for one in made}
    return {"drafts": [one for one in parts(kept, "drafts") if one.get("id") not in numbers] + made} if made else {}


def _draft(judgement: Judgement, plan: Plan) -> dict[str, Any]:
    at = zulu(judgement.at)
    return {
        "id": review_number(judgement), "user": judgement.annotator, "annotation": None,
        "result": [_result(f"a{judgement.review_id}", judgement.labels, plan)] if judgement.labels else [],
        "lead_time": judgement.seconds, "was_postponed": False, "created_at": at, "updated_at": at,
    }  # fmt: skip


def data_of(whole: Whole, kept: Task, plan: Plan) -> dict[str, Any]:
    """The ``data`` of an item's task."""
    item, taken = whole.item, {*plan.taken, plan.text, plan.media}
    data = {free_key(key, taken): value for key, value in item.metadata.items() if key != KEY}
    if item.text or not item.media or text_key([{"data": data}]) in data:  # else a reader took metadata for the text
        data[plan.text] = item.text
    if item.media:
        data[plan.media] = item.media
    if item.uid != str(kept.get("id")) or not data.keys().isdisjoint(IDS):
        data["plateau_id"] = item.uid
    scores = _by_version(whole)
    if len(scores) == 1:
        data["plateau_model"], data["label_scores"] = next(iter(scores.items()))
    elif scores:
        data["label_scores"] = scores
    return data | _date(item, data)


def _date(item: Item, data: Mapping[str, Any]) -> dict[str, str | None]:
    """The item's date, where ``data`` does not say it already."""
    said = next((when for key in DATES if key in data and (when := moment(data[key])) is not None), None)
    if said == item.at:
        return {}
    return {"date": item.at} if data.keys().isdisjoint(DATES) else {"plateau_date": item.at}


def _annotations(whole: Whole, kept: Task, predictions: list[dict[str, Any]], plan: Plan) -> Iterator[dict[str, Any]]:
    """Every judgement as an annotation, and those that their annotators have gone beyond but that the file held."""
    nobody = kept.get("read_as", {}).get("nobody", "import")
    came = {said.annotator: said for said in standing(kept, plan.control.name, nobody, Counter())}
    last = [said.raw for said in came.values()]
    judged = [judgement for judgement in whole.judgements if not in_part(judgement)]
    people = {judgement.annotator for judgement in judged}
    for raw in annotations_of(kept):
        if raw not in last and (annotator(raw) or nobody) in people:
            yield _named(raw)
    for judgement in judged:
        said = came.get(judgement.annotator)
        if said is None:
            yield _annotation(judgement, {}, predictions, plan)
        elif _unchanged(said, judgement):
            yield _named(said.raw)
        else:
            truth = bool(said.raw.get("ground_truth")) and _same(said.labels, judgement.labels)
            yield _annotation(judgement, said.raw, predictions, plan) | {"ground_truth": truth}


def _named(raw: Task) -> dict[str, Any]:
    """An annotation as it came; of an old export, with what its parts are called now."""
    return {**{name: value for name, value in raw.items() if name != "skipped"}, "was_cancelled": cancelled(raw)}


def _unchanged(said: Said, judgement: Judgement) -> bool:
    """Whether an annotation says what its annotator says now; labels that stand beside a skip say nothing."""
    skipped = judgement.state == "skipped"
    same = said.skipped == skipped and (skipped or _same(said.labels, judgement.labels))
    return same and said.at in (None, judgement.at)


def _same(some: Iterable[str], others: Iterable[str]) -> bool:
    return {_plain(name) for name in some} == {_plain(name) for name in others}


@lru_cache(maxsize=10_000)
def _plain(name: str) -> str:
    return clean_label(name).casefold()


def _annotation(judgement: Judgement, before: Task, predictions: list[dict[str, Any]], plan: Plan) -> dict[str, Any]:
    """A judgement as an annotation; ``before`` is the one that it stands for now, {} when there was none."""
    others = [one for one in results(before) if not speaks_of(one, plan.control.name)]
    mine = [_result(f"a{judgement.review_id}", judgement.labels, plan)] if judgement.labels else []
    at = zulu(judgement.at)
    made = {
        "id": review_number(judgement), "completed_by": _completed_by(judgement.annotator),
        "result": others + mine, "was_cancelled": judgement.state == "skipped", "ground_truth": False,
        "lead_time": judgement.seconds,
        "created_at": at, "updated_at": at, "result_count": len(others) + len(mine),
    }  # fmt: skip
    kept = {name: value for name, value in before.items() if name not in ("skipped", "parent_prediction")}
    stays = {name: kept[name] for name in ("id", "completed_by", "created_at") if name in kept}
    return kept | made | stays | _parent(judgement, predictions, plan)


def _parent(judgement: Judgement, predictions: list[dict[str, Any]], plan: Plan) -> dict[str, Any]:
    """The prediction that suggested just the labels that were confirmed, if there is one."""
    labels = set(judgement.labels)
    for one in predictions if judgement.confirmed else ():
        if "id" in one and set(named(one, plan.control.name)) & labels == set(judgement.confirmed):
            return {"parent_prediction": one["id"]}
    return {}


def _result(key: str, labels: Iterable[str], plan: Plan) -> dict[str, Any]:
    control = plan.control
    return {
        "id": key, "from_name": control.name, "to_name": control.to_name, "type": control.kind, "value": control.value(labels),
    }  # fmt: skip


def _completed_by(who: str) -> Any:
    """An annotator by number, or by what takes the place of an e-mail address: Label Studio takes nothing else."""
    found = person(who)
    return found if isinstance(found, int) else {"email": found}


def person(who: str) -> int | str:
    """An annotator as a number where the name is one and nothing else, so that it comes back as it was.

    >>> person("7"), person("007"), person("ann")
    (7, '007', 'ann')
    """
    short = who.isascii() and who.isdigit() and len(who) < 19
    return int(who) if short and str(int(who)) == who else who


def zulu(at: str) -> str:
    """A time as Label Studio writes it.

    >>> zulu("2024-03-01T00:00:00.000000+00:00")
    '2024-03-01T00:00:00.000000Z'
    """
    return at.removesuffix("+00:00") + "Z" if at.endswith("+00:00") else at


def _predictions(whole: Whole, kept: Task, plan: Plan) -> list[dict[str, Any]]:
    """The predictions that came with the task and still hold, then one for every other model."""
    found, stay = _by_version(whole), []
    told = set()
    for raw in predictions_of(kept):
        version = plain_text(raw.get("model_version"), "model_version") or "imported"
        if version not in found or _holds(raw, found[version], plan):
            stay.append(raw)
            told.add(version)
    made = [_prediction(whole.item, number, version, found[version], plan) for number, version in enumerate(found)]
    return stay + [one for one in made if one["model_version"] not in told]


def _by_version(whole: Whole) -> dict[str, Mapping[str, float]]:
    """The confidences of each model; of two that bear one name the first ones."""
    found: dict[str, Mapping[str, float]] = {}
    for version, scores in whole.predictions:
        if scores:
            found.setdefault(version, scores)
    return found


def _holds(raw: Task, scores: Mapping[str, float], plan: Plan) -> bool:
    """Whether a prediction says the same as these confidences, or chooses those that are highest of them."""
    said = confidences(raw, plan.control.name) or {}
    if any(scores.get(name) != score for name, score in said.items()):
        return False
    names = set(named(raw, plan.control.name))
    lowest = min((scores.get(name, 0.0) for name in names), default=1.0)
    return all(score <= lowest for name, score in scores.items() if name not in names)


def _prediction(item: Item, number: int, version: str, scores: Mapping[str, float], plan: Plan) -> dict[str, Any]:
    """Confidences as a prediction: it chooses the labels that are likelier than not, or the likeliest one of a single label.

    ``score`` is the mean confidence of the labels chosen or, when there are none, that there is none: 1 less the highest one.
    """
    chosen = [max(scores, key=lambda name: scores[name])] if plan.single else [name for name, p in scores.items() if p >= 0.5]
    sure = sum(scores[name] for name in chosen) / len(chosen) if chosen else 1 - max(scores.values())
    key = f"p{item.id}-{number}"
    numbered = {"id": _BASE + 3 * (_MODELS * item.id + number) + 2} if number < _MODELS else {}
    return numbered | {
        "model_version": version, "score": sure, "result": [_result(key, chosen, plan)] if chosen else [],
    }  # fmt: skip
