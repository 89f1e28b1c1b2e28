"""What a change of the taxonomy would do, before it is made: to reviews, examples, suggestions and open work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean

import numpy as np

from data.records import Label, Review, StoredAction, now
from data.store.labels import nested_names
from rating.evidence import Floats
from rating.service import in_use, targets_of
from recommend.serving import EVEN, Served

Away = Mapping[int, Sequence[tuple[str, str | None]]]


@dataclass(frozen=True)
class Stock:
    """A taxonomy with what stands on it: all ``labels``, the ``reviews`` that count of each reviewed item, the times in which
    labels were out of use, and the ``actions`` that are open or started."""

    labels: tuple[Label, ...]
    reviews: tuple[Review, ...]
    away: Away
    actions: tuple[StoredAction, ...]


@dataclass(frozen=True, slots=True)
class Examples:
    """How many reviewed items carry a label, and how many say anything of it, before and after; None where it is not in use."""

    name: str
    before: int | None
    after: int | None
    judged_before: int | None
    judged_after: int | None


@dataclass(frozen=True)
class Effect:
    """What a change would do. ``reviews`` name a label concerned and assign it ``assigned`` times, on as many items.

    ``unknown`` items are judged of a label, or of one that will count as it, and nothing will be known of it there any more.
    ``themes`` are those of open actions that fall away. ``names`` are new names by old ones.
    """

    reviews: int
    assigned: int
    examples: tuple[Examples, ...]
    unknown: int
    themes: tuple[str, ...]
    names: tuple[tuple[str, str], ...] = ()


def retired(stock: Stock, label_id: int) -> Effect:
    """What taking a label out of use would do."""
    return _effect(stock, [label_id], _with(stock, {label_id: {"retired_at": now()}}), falls=True)


def reset(stock: Stock, label_id: int) -> Effect:
    """What learning a label anew would do."""
    moment, members = now(), _members(stock, label_id)
    changed = _with(stock, {number: {"reset_at": moment} for number in members})
    away = {**stock.away, label_id: [("", moment), *stock.away.get(label_id, ())]}
    return _effect(stock, [label_id], replace(changed, away=away), falls=True)


def merged(stock: Stock, source_id: int, target_id: int) -> Effect:
    """What merging a label into another would do."""
    members = _members(stock, source_id)
    changed = _with(stock, {number: {"merged_into": target_id} for number in members})
    resets = [("", label.reset_at) for label in stock.labels if label.id in members and label.reset_at is not None]
    changed = replace(changed, away={**stock.away, target_id: [*resets, *stock.away.get(target_id, ())]})
    return _effect(stock, [source_id, target_id], changed, falls=True)


def renamed(stock: Stock, label_id: int, name: str) -> Effect:
    """What renaming a label, also by nesting it elsewhere, would do: names alone change."""
    names = {label.id: label.name for label in stock.labels}
    moved = nested_names(names, names[label_id], name)
    told = tuple((names[k], new) for k, new in moved.items() if names[k] != new)
    return replace(_effect(stock, list(moved), stock, falls=False), names=told)


def unchanged(stock: Stock, label_id: int) -> Effect:
    """How many reviews stand on a label, with nothing changed, as where new labels are split off it."""
    return _effect(stock, [label_id], stock, falls=False)


def _members(stock: Stock, label_id: int) -> list[int]:
    """A label and those that count as it."""
    return [label.id for label in stock.labels if label_id in (label.id, label.merged_into)]


def _with(stock: Stock, fields: Mapping[int, Mapping[str, str | int]]) -> Stock:
    labels = tuple(replace(x, **fields[x.id]) if x.id in fields else x for x in stock.labels)  # type: ignore[arg-type]
    return replace(stock, labels=labels)


def _effect(stock: Stock, concerned: Sequence[int], after: Stock, *, falls: bool) -> Effect:
    own = {number for label_id in concerned for number in _members(stock, label_id)}
    naming = [r for r in stock.reviews if not own.isdisjoint(r.assigned) or not own.isdisjoint(r.dismissed)]
    tables = [_said(one, own) for one in (stock, after)]
    names = {label.id: label.name for label in stock.labels}
    known = [{k: int((~np.isnan(column)).sum()) for k, column in table.items()} for table in tables]
    carried = [{k: int((column == 1).sum()) for k, column in table.items()} for table in tables]
    examples = tuple(
        Examples(names[k], carried[0].get(k), carried[1].get(k), known[0].get(k), known[1].get(k)) for k in tables[0]
    )
    themes = tuple(a.theme for a in stock.actions if own & set(a.label_ids[:1])) if falls else ()
    return Effect(
        len(naming), sum(len(own.intersection(r.assigned)) for r in naming), examples,
        _lost(tables[0], tables[1], {label.id: label.merged_into or label.id for label in after.labels}), themes,
    )  # fmt: skip


def _lost(before: Mapping[int, Floats], after: Mapping[int, Floats], counts_as: Mapping[int, int]) -> int:
    """On how many items something was known of a label that stays in use, or of one that counts as it, and nothing is then."""
    lost = 0
    for label_id, column in after.items():
        own = [~np.isnan(said) for number, said in before.items() if counts_as[number] == label_id]
        lost += int((np.any(own, axis=0) & np.isnan(column)).sum())
    return lost


def _said(stock: Stock, own: Iterable[int]) -> dict[int, Floats]:
    """What the reviews (n,) say of those of these labels that are in use, by number."""
    labels = [label for label in stock.labels if label.id in set(own)]
    table = targets_of(stock.reviews, labels, stock.away)
    return {label.id: table[:, k] for k, label in enumerate(in_use(labels))}


def preselected(served: Served | None, label_ids: Sequence[int]) -> int | None:
    """On how many items without a review one of these labels is ticked beforehand; None while nothing is known of them."""
    columns = [served.label_ids.index(k) for k in label_ids if k in served.label_ids] if served is not None else []
    if served is None or served.probability is None or not columns:
        return None
    limits = np.maximum(served.threshold[columns], EVEN)
    ticked = np.asarray(served.probability[:, columns] >= limits).any(axis=1)
    return int(np.delete(ticked, served.rows).sum())


def mean_precision(served: Served | None, without: Sequence[int] = ()) -> float | None:
    """Mean average precision (0-1) of the labels for which it is known, without these; None where there is none."""
    known = [x.ap.value for x in served.rating.labels if x.label_id not in without] if served is not None else []
    values = [value for value in known if value is not None]
    return mean(values) if values else None
