"""What pages need of a plan, without the vectors and arrays that it was computed from: small enough to be handed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from data.layout import own_name
from data.records import Label
from data.store.labels import reset_since
from rating.evidence import Bools, Features, Floats, Ints
from rating.records import FactorKey, Rating
from recommend.cost import shown
from recommend.gates import Gate
from recommend.records import Focus, Plan, Suggestion

#: What is less likely than not is shown, but never ticked beforehand: a confirmation in haste would make it true.
EVEN = 0.5
#: The least chance by which items are told apart: of an item that came after the model nothing is known.
LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class Uneven:
    """A theme, named by its words, whose share (0-1) of the reviewed items differs from its share of all beyond chance.

    ``missing`` more reviews would even it out; negative for as many too many.
    """

    name: str
    reviewed_share: float
    population_share: float
    missing: int


@dataclass(frozen=True, slots=True)
class Served:
    """A plan with its rating, and what the model believes of every item.

    ``probability`` (N, L) are calibrated probabilities of the labels ``label_ids`` (L) for the items ``item_ids`` (N), in
    ascending order; None while there is no model. ``trust`` (L,), 0 to 1, is how far those of a label can be believed, and
    ``threshold`` (L,) where it is assigned, infinite where that is not known. ``words`` are those that speak for a label,
    the clearest first. ``encoder`` says which vectors serve, empty without items, and ``share_done`` how much of the dense
    ones is ready, None where none are wanted. ``seconds_an_item`` is what an item of the plan takes. ``model`` names
    another model, or an earlier version, whose probabilities these are, where it is in charge; ``charge`` says so in
    words, or why it is not.

    ``rows`` (n,) are the positions of the reviewed items among all; their probabilities are held-out ones. ``targets`` (n, L)
    say what counts of their reviews: 1 assigned, 0 judged otherwise, nan not judged. ``weights`` (n,), above 0, make them
    resemble all items. ``clusters`` (N,) are the finest themes of the items, empty while there are none, ``themes`` their words.
    ``parts`` are plausible values (draws,), 0-1, of each factor, from which the rating's interval follows. ``read_at`` is when
    the reviews were read (ISO-8601, UTC), empty for unknown: of a label that was reset later the model knows the old meaning.
    ``charged`` and ``charged_parts`` are the rating of another model in charge, on the items that it can be judged on, with its
    parts; None and none for Plateau's own. ``withheld`` are labels that nothing is said of, see :func:`as_meant`.
    """

    rating: Rating
    plan: Plan
    action_ids: tuple[int, ...]
    focus: Focus
    gates: tuple[Gate, ...]
    encoder: str
    share_done: float | None
    uneven: tuple[Uneven, ...]
    item_ids: Ints
    label_ids: tuple[int, ...]
    label_names: tuple[str, ...]
    probability: Features | None
    trust: Floats
    threshold: Floats
    seconds_an_item: float
    words: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    model: str = ""
    charge: str = ""
    rows: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    targets: Features = field(default_factory=lambda: np.empty((0, 0), dtype=np.float32))
    weights: Features = field(default_factory=lambda: np.empty(0, dtype=np.float32))
    clusters: npt.NDArray[np.int32] = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    themes: Mapping[int, str] = field(default_factory=dict)
    parts: Mapping[FactorKey, Floats] = field(default_factory=dict)
    read_at: str = ""
    charged: Rating | None = None
    charged_parts: Mapping[FactorKey, Floats] = field(default_factory=dict)
    withheld: frozenset[int] = frozenset()

    @property
    def version(self) -> str:
        """The name that its probabilities go out under: the other model's, where one is in charge."""
        return self.model or own_name(self.rating.model_version)


def as_meant(served: Served, labels: Iterable[Label]) -> Served:
    """The plan by what a project's ``labels``, all of them, mean now: those retired or reset since are withheld, the others go
    by their names of today, and merged ones by that of the label they count as.
    """
    every = {label.id: label for label in labels}
    final = {number: every[label.merged_into or number] for number, label in every.items()}
    old = reset_since(every.values(), served.read_at)
    gone = {number for number, label in final.items() if label.retired_at is not None or not old.isdisjoint((number, label.id))}
    names = tuple(
        final[number].name if number in final else name for number, name in zip(served.label_ids, served.label_names, strict=True)
    )
    return replace(served, label_names=names, withheld=frozenset(gone))


def suggestions(served: Served, item_ids: Iterable[int]) -> dict[int, tuple[Suggestion, ...]]:
    """Labels for these items with calibrated probability of at least 5 %, likeliest first, at most six each.

    They are given as likely as they can be believed: that of a label met once was never put to the test. Those at or above their
    label's threshold, and as likely as not, are to be preselected. Nothing for items that the model does not know, as for all
    while there is no model.
    """
    wanted = list(item_ids)
    found: dict[int, tuple[Suggestion, ...]] = dict.fromkeys(wanted, ())
    if served.probability is None:
        return found
    known = known_items(served, wanted)
    p = served.probability[positions(served.item_ids, known)]
    believed, on_screen = np.asarray(p * served.trust, dtype=np.float64), shown(p)
    limits = np.maximum(served.threshold, EVEN).astype(np.float32)  # as exact as the probabilities
    on_screen &= [label not in served.withheld for label in served.label_ids]
    found.update((item, _suggested(believed[k], on_screen[k], limits, served.label_ids)) for k, item in enumerate(known))
    return found


def likeliest(served: Served, label_id: int, item_ids: Sequence[int]) -> list[int]:
    """These items, those likeliest to carry the label first; unchanged while there is no model of the label."""
    if served.probability is None or label_id not in served.label_ids or label_id in served.withheld:
        return list(item_ids)
    known = known_items(served, item_ids)
    chances = served.probability[positions(served.item_ids, known), served.label_ids.index(label_id)]
    return [known[k] for k in np.argsort(-chances, kind="stable")]


def chances_of(served: Served | None, label_id: int, item_ids: Ints) -> Floats:
    """How likely each item (n,) carries the label, above 0; all alike while there is no model of it."""
    if served is None or served.probability is None or label_id not in served.label_ids or label_id in served.withheld:
        return np.ones(len(item_ids))
    known = np.isin(item_ids, served.item_ids)
    chance = np.full(len(item_ids), LEAST)
    rows = np.searchsorted(served.item_ids, item_ids[known])
    chance[known] = np.maximum(served.probability[rows, served.label_ids.index(label_id)], LEAST)
    return chance


def predicted(served: Served, item_id: int) -> dict[str, float] | None:
    """The probability of every label for an item, by the label's name; None where the model does not know it.

    Labels withheld are left out; of several that go by one name the likeliest counts.
    """
    if served.probability is None or not known_items(served, [item_id]):
        return None
    row = served.probability[positions(served.item_ids, [item_id])[0]]
    scores: dict[str, float] = {}
    for number, name, p in zip(served.label_ids, served.label_names, row, strict=True):
        if number not in served.withheld:
            scores[name] = max(round(float(p), 4), scores.get(name, 0.0))
    return scores


def known_items(served: Served, item_ids: Sequence[int]) -> list[int]:
    """Those of these items that were there when the plan was made."""
    if not len(served.item_ids):
        return []
    at = np.minimum(positions(served.item_ids, item_ids), len(served.item_ids) - 1)
    return [item_id for item_id, there in zip(item_ids, served.item_ids[at], strict=True) if there == item_id]


def positions(item_ids: Ints, wanted: Sequence[int]) -> Ints:
    """Where these items stand in a population that is sorted by number."""
    return np.searchsorted(item_ids, np.asarray(wanted, dtype=np.int64))


def _suggested(p: Floats, on_screen: Bools, limits: Features, label_ids: Sequence[int]) -> tuple[Suggestion, ...]:
    order = [k for k in np.argsort(-p, kind="stable").tolist() if on_screen[k]]
    return tuple(Suggestion(label_ids[k], float(p[k]), bool(p[k] >= limits[k])) for k in order)


def shown_of(served: Served | None, item_ids: Sequence[int], label_ids: Sequence[int] = ()) -> dict[str, Any] | None:
    """What is suggested for these items and the words that speak for it, as JSON knows it; see :class:`StoredAction`.

    Words are given of every label suggested, and of ``label_ids``. None while there is no model.
    """
    if served is None or served.probability is None:
        return None
    found = suggestions(served, item_ids)
    concerned = dict.fromkeys([*label_ids, *(s.label_id for given in found.values() for s in given)])
    return {
        **({"external": served.model} if served.model else {}),
        "model_version": served.rating.model_version,
        "read_at": served.read_at,
        "items": {str(i): [[s.label_id, round(s.probability, 4), s.preselected] for s in given] for i, given in found.items()},
        "words": {str(label): list(served.words[label]) for label in concerned if served.words.get(label)},
    }
