"""Tables as others want them: a row for each label judged, a column for each label, and Label Sleuth's; read as any table is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from data.errors import InvalidInput
from data.exports.csv_file import write_csv
from data.exports.handover import Handover, Judgement, Whole, newest
from data.exports.table import Column, ExportReport, Row, Table
from data.formats.base import Keeps, ToolFormat
from data.layout import LONG_COLUMNS, ONE_HOT_COLUMNS

_SLEUTH = ("text", "category_name", "label", "document_id")
_SEVERAL = "{n:,} items were judged by several people: the newest review of all labels was written, or else the newest of some."


def verdicts(judgement: Judgement, names: list[str]) -> dict[str, bool]:
    """What a judgement says of every label that it judged; nothing when the item was skipped."""
    if judgement.state == "skipped":
        return {}
    others = () if judgement.partial else (name for name in names if name not in judgement.unknown)
    said = {**dict.fromkeys(others, False), **dict.fromkeys(judgement.dismissed, False)}
    return {**said, **dict.fromkeys(judgement.labels, True)}


def _judged(whole: Whole, names: list[str]) -> list[tuple[Judgement, dict[str, bool]]]:
    pairs = [(judgement, verdicts(judgement, names)) for judgement in whole.judgements]
    return [(judgement, said) for judgement, said in pairs if said]


def _names(handover: Handover) -> list[str]:
    """The labels in use, then those out of use that a judgement names."""
    found = dict.fromkeys(label.name for label in handover.labels)
    for whole in handover.wholes():
        for judgement in whole.judgements:
            found.update(dict.fromkeys((*judgement.labels, *judgement.dismissed)))
    return list(found)


def write_long(handover: Handover, out: BinaryIO) -> ExportReport:
    """A row for each label that somebody judged on an item, 1 for assigned and 0 for dismissed; one without label for an item
    of which nobody has judged any.
    """
    return write_csv(Table("long", tuple(map(Column, LONG_COLUMNS)), lambda: _long_rows(handover)), out)


def _long_rows(handover: Handover) -> Iterator[Row]:
    names = [label.name for label in handover.labels]
    for whole in handover.wholes():
        item = (whole.item.uid, whole.item.text, whole.item.media)
        judged = _judged(whole, names)
        for judgement, said in judged:
            for name, verdict in said.items():
                yield Row((*item, name, int(verdict), judgement.annotator, judgement.at))
        if not judged:
            yield Row((*item, None, None, None, None))


def write_one_hot(handover: Handover, out: BinaryIO) -> ExportReport:
    """A row for each judgement and a column for each label: 1 assigned, 0 dismissed, blank unknown. Raises InvalidInput."""
    names = _names(handover)
    if clash := next((name for name in names if name in ONE_HOT_COLUMNS), None):
        raise InvalidInput(f"The label {clash!r} is called like a column of this table. Rename it, or choose another format.")
    columns = tuple(map(Column, (*ONE_HOT_COLUMNS, *names)))
    return write_csv(Table("one-hot", columns, lambda: _one_hot_rows(handover, names)), out)


def _one_hot_rows(handover: Handover, names: list[str]) -> Iterator[Row]:
    in_use = [label.name for label in handover.labels]
    for whole in handover.wholes():
        item = (whole.item.uid, whole.item.text, whole.item.media)
        judged = _judged(whole, in_use)
        for judgement, said in judged:
            bits = (None if name not in said else int(said[name]) for name in names)
            yield Row((*item, judgement.annotator, judgement.at, *bits))
        if not judged:
            yield Row((*item, *(None for _ in range(2 + len(names)))))


def write_sleuth(handover: Handover, out: BinaryIO) -> ExportReport:
    """A row for each label that an item's newest review of all labels, or else of some, judged; unreviewed items are left out."""
    several = sum(len(whole.judgements) > 1 for whole in handover.wholes())
    report = write_csv(Table("label-sleuth", tuple(map(Column, _SLEUTH)), lambda: _sleuth_rows(handover)), out)
    return ExportReport(report.rows, (_SEVERAL.format(n=several),) if several else ())


def _sleuth_rows(handover: Handover) -> Iterator[Row]:
    names = [label.name for label in handover.labels]
    for whole in handover.wholes():
        some = [judgement for judgement, _ in _judged(whole, names)]
        if judged := newest(some) or next(reversed(some), None):
            for name, verdict in verdicts(judged, names).items():
                yield Row((whole.item.text, name, "true" if verdict else "false", whole.item.uid))


_KEEPS = Keeps(
    no_label="as a no to every label", skipped=False, dismissed="a no that was implied looks like one that was said",
    partial="as the labels that have a value", scores=False, seconds=False, source=False, note=False, metadata=False,
    confirmed=False, unknown="as the labels that have a value",
)  # fmt: skip
LONG = ToolFormat(
    "long", "CSV, a row for each label judged", frozenset({"csv"}), ".csv", _KEEPS, lambda shape: False, writer=write_long,
)  # fmt: skip
ONE_HOT = ToolFormat(
    "one-hot", "CSV, a column for each label", frozenset({"csv"}), ".csv", _KEEPS, lambda shape: False, writer=write_one_hot,
)  # fmt: skip
LABEL_SLEUTH = ToolFormat(
    "label-sleuth", "Label Sleuth CSV", frozenset({"csv"}), ".csv",
    replace(_KEEPS, annotator=False, several="the newest review of all labels", time=False, pool=False, media=False),
    lambda shape: False, writer=write_sleuth,
)  # fmt: skip
