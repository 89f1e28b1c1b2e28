"""Writing Prodigy's JSON Lines: answered examples for ``db-in``, and tasks to choose labels for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, BinaryIO

from data.exports.handover import Handover, Judgement, Whole
from data.exports.table import ExportReport

_PRESELECTED = 0.5
_LEFT_OUT = "{n:,} unreviewed items were left out: Prodigy would take them for accepted ones. Write them as a task list."


def write_answers(handover: Handover, out: BinaryIO) -> ExportReport:
    """One line for each judgement, its options the labels judged; items that nobody judged are left out."""
    names, count, left = [label.name for label in handover.labels], 0, 0
    style = _style(handover)
    for whole in handover.wholes():
        left += not whole.judgements
        for judgement in whole.judgements:
            _write(out, {**_task(whole, _judged(judgement, names), style), **_answered(judgement)})
            count += 1
    return ExportReport(count, (_LEFT_OUT.format(n=left),) if left else ())


def write_tasks(handover: Handover, out: BinaryIO) -> ExportReport:
    """One line for each item, with every label in use as an option; those likelier than not are selected beforehand.

    No line has an answer: the list is for a recipe of the choice interface, not for ``db-in``.
    """
    names, count = [label.name for label in handover.labels], 0
    style = _style(handover)
    for whole in handover.wholes():
        scores = _scores(whole)
        likely = [name for name in names if scores.get(name, 0.0) >= _PRESELECTED]
        if handover.project.single_label:
            likely = sorted(likely, key=lambda name: -scores[name])[:1]
        _write(out, {**_task(whole, names, style), **({"accept": likely} if scores else {})})
        count += 1
    return ExportReport(count)


def _style(handover: Handover) -> dict[str, str]:
    return {"choice_style": "single" if handover.project.single_label else "multiple"}


def _judged(judgement: Judgement, names: Iterable[str]) -> list[str]:
    """The labels that a judgement speaks of."""
    named = (*judgement.labels, *judgement.dismissed)
    others = () if judgement.partial else (name for name in names if name not in judgement.unknown)
    return list(dict.fromkeys((*others, *named)))


def _task(whole: Whole, names: Iterable[str], style: Mapping[str, str]) -> dict[str, Any]:
    item, scores = whole.item, _scores(whole)
    metadata = dict(item.metadata)
    rest = metadata.pop("prodigy", {})
    shown = {name: f"{scores[name]:.4f}".rstrip("0").rstrip(".") for name in scores}
    return {
        **(rest if isinstance(rest, Mapping) else {"prodigy": rest}), "text": item.text,
        **({"image": item.media} if item.media else {}), "id": item.uid, "meta": metadata,
        "options": [{"id": n, "text": n, **({"meta": shown[n]} if n in shown else {})} for n in names],
        **({"label_scores": scores, "model_version": whole.predictions[0][0]} if scores else {}),
        "config": dict(style), "_view_id": "choice",
    }  # fmt: skip


def _scores(whole: Whole) -> dict[str, float]:
    return {name: round(score, 4) for name, score in whole.predictions[0][1].items()} if whole.predictions else {}


def _answered(judgement: Judgement) -> dict[str, Any]:
    skipped = judgement.state == "skipped"
    return {
        "accept": [] if skipped else list(judgement.labels), "answer": "ignore" if skipped else "accept",
        "_timestamp": int(datetime.fromisoformat(judgement.at).timestamp()), "_annotator_id": judgement.annotator,
        "_session_id": judgement.annotator,
    }  # fmt: skip


def _write(out: BinaryIO, record: Mapping[str, Any]) -> None:
    out.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
