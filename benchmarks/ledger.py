"""What a replay's actions promised and brought: settled as the product does, and held against the true curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.policies import Pick
from data.records import DOUBTING
from rating.evidence import Floats, Ints
from rating.rate import Result
from recommend.efficacy import Done, Efficacy, efficacy
from recommend.promise import Promise, from_document, settled
from recommend.records import Action
from recommend.settle import doubt_of

Record = dict[str, Any]


@dataclass
class Ledger:
    """The actions of a replay: those done since the last rating, with what their answers were worth, and those settled."""

    waiting: list[tuple[Action, float]] = field(default_factory=list)
    rated: float | None = None
    done: list[Done] = field(default_factory=list)

    def learned(self) -> Efficacy:
        """What the actions settled so far say of their kinds."""
        return efficacy(self.done)

    def settle(self, result: Result) -> None:
        """Credit the waiting actions with what they have brought, now that the project is rated again."""
        score, rows = result.rating.score, self.waiting
        before, self.rated, self.waiting = self.rated, score.value, []
        if score.value is None or before is None or not rows:
            return
        spread = [doubt_of(worth, action.gain) for action, worth in rows]
        deviation = ((score.high or score.value) - (score.low or score.value)) / 3.29
        gains = settled([worth for _, worth in rows], spread, score.value - before, deviation)
        for (action, _), gain in zip(rows, gains, strict=True):
            made = from_document(action.promise)
            self.done.append(Done(action.kind, made.expected, made.spread, gain))

    def enter(self, result: Result, picked: Pick, truth: Floats, true_ap: Mapping[str, float]) -> list[Record]:
        """Note the actions about to be done: what each promises, and what the true labels (N, L) will turn out to be worth.

        ``realised`` is by the curve that the promise rests on. Of what was ``predicted``, ``by_answers`` depends on the labels
        found; ``by_truth`` is what they were worth by the labels' true average precision. Looking again at a judgement brings
        nothing here, since this annotator changes no answer.
        """
        records, start = [], 0
        for action in picked.actions:
            rows, start = picked.rows[start : start + len(action.items)], start + len(action.items)
            made = from_document(action.promise)
            columns = [result.evidence.label_ids.index(label) for label in made.label_ids]
            found = np.zeros(made.lessons.shape) if action.kind in DOUBTING else truth[np.ix_(rows, columns)]
            brought = float(made.brought(found))
            self.waiting.append((action, brought))
            names = [result.evidence.label_names[k] for k in columns]
            told = {"predicted": action.gain, "low": action.low, "high": action.high, "seconds": action.seconds}
            by_answers = (action.gain or 0.0) * (1.0 - made.rest / made.expected) if made.expected > 0 else 0.0
            true = {"by_answers": by_answers, "by_truth": _by_truth(made, found, names, true_ap)}
            records.append({"kind": action.kind, **told, "realised": brought, **true})
        return records


def _by_truth(made: Promise, found: Floats, names: Sequence[str], true_ap: Mapping[str, float]) -> float:
    known = np.array([true_ap.get(name, ap) for name, ap in zip(names, made.ap, strict=True)])
    return float(replace(made, ap=known).brought(found)) - made.rest


def switches(picked: Pick, truth: Floats, probability: Floats) -> Record:
    """Changes of dominant label between neighbours, per 100 items, in the lists as shown and in the same items' random order.

    An item's dominant label is the one of its labels (N, L) that the model finds likeliest, or none. The random order's figure is
    its expectation. Empty for fewer than two items.
    """
    if len(picked.rows) < 2:
        return {}
    own = truth[picked.rows] * (probability[picked.rows] + 1e-9)
    dominant: Ints = np.where(own.max(axis=1) > 0, own.argmax(axis=1), -1)
    count = len(dominant)
    alike = np.unique(dominant, return_counts=True)[1]
    return {
        "shown": 100.0 * float((dominant[1:] != dominant[:-1]).mean()),
        "ungrouped": 100.0 * (1.0 - float((alike * (alike - 1)).sum()) / (count * (count - 1))),
    }
