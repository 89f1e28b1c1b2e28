"""Work that needs no rating: a random ten, a typical item of each of ten themes that nobody has looked at, a part of the map."""

from __future__ import annotations

from collections.abc import Sequence
from zlib import crc32

import numpy as np

from data.errors import NotEnoughEvidence
from data.records import StoredAction
from data.store import Store
from rating.evidence import Ints
from rating.projection import Points
from rating.service import gather
from rating.words import name_groups
from recommend.cost import Times
from recommend.records import Kind
from recommend.regions import spread
from recommend.service import busy_items
from recommend.serving import Served, shown_of
from recommend.tour import tour

TEN = 10
#: A part of the map is asked for in lists of at most so many items.
REGION = 50
_READ, _CONTRAST = 30, 300


def start_shuffle(
    store: Store, project_id: int, annotator: str, *, size: int = TEN, served: Served | None = None
) -> StoredAction:
    """Start on items drawn evenly from all free ones, with the suggestions of the plan at hand. NotEnoughEvidence without any.

    Of items that somebody else takes in the same moment the action is left without; Taken when those were all.
    """
    left = free_items(store, project_id)
    drawn = drawing(store, project_id, annotator).choice(left, min(size, len(left)), replace=False)
    reason = "Drawn at random: every figure rests on items that nobody picked."
    chances = [len(drawn) / len(left)] * len(drawn)
    return _start(store, project_id, annotator, "shuffle", "a random sample", reason, drawn, chances, len(left), served)


def start_discover(
    store: Store, project_id: int, annotator: str, *, size: int = TEN, served: Served | None = None
) -> StoredAction:
    """Start on typical items of themes that nobody has looked at and that lie next to each other, named by their words.

    One of each theme, drawn from those nearest to its middle, with the suggestions of the plan at hand. NotEnoughEvidence when no
    item is free. Taken as with Shuffle.
    """
    left = free_items(store, project_id)
    found = gather(store, project_id)
    evidence, themes = found.evidence, found.population
    free = np.isin(evidence.item_ids, left)
    seen = np.bincount(themes.clusters[~free], minlength=len(themes.centres))
    features = next(iter(evidence.blocks.values()))
    drawn = tour(features, themes.clusters, themes.centres, free, seen, size, drawing(store, project_id, annotator))
    ours = np.flatnonzero(np.isin(themes.clusters, drawn.themes))
    others = np.flatnonzero(~np.isin(themes.clusters, drawn.themes))
    words = words_among(store, project_id, evidence.item_ids, ours, others)
    items = evidence.item_ids[drawn.rows]
    reason = _why(drawn.themes, seen, len(ours))
    return _start(store, project_id, annotator, "discover", words, reason, items, drawn.chances.tolist(), len(left), served)


def start_region(
    store: Store, project_id: int, annotator: str, item_ids: Ints, points: Points, words: str, *, label: str = "",
    size: int = REGION, served: Served | None = None,
) -> StoredAction:  # fmt: skip
    """Start on the free ones among items (n,) that somebody chose on the map, where they lie at these ``points`` (n, 2).

    Of more than ``size`` an even sample is taken; neighbours follow each other. With the name of a ``label`` that label is
    created, unless there is one, and they are offered as its examples. How likely each was to be chosen is unknown.
    NotEnoughEvidence when none is free; Taken as with Shuffle.
    """
    free = np.isin(item_ids, free_items(store, project_id))
    if not free.any():
        raise NotEnoughEvidence(
            "Every item of this part of the map is reviewed, or somebody works on it. Choose another part, or a larger one."
        )
    label_ids = (store.add_label(project_id, label, annotator=annotator).id,) if label else ()
    chosen = item_ids[free][spread(points[free], size)]
    reason = _chosen(len(chosen), int(free.sum()), len(item_ids), label)
    chances = [None] * len(chosen)
    return _start(
        store, project_id, annotator, "discover", f"region: {words}", reason, chosen, chances, int(free.sum()), served, label_ids
    )


def _chosen(taken: int, free: int, items: int, label: str) -> str:
    """What somebody has chosen on the map."""
    what = f"{taken:,} of {free:,} unreviewed items of a part of the map, evenly from all of it" if taken < free else (
        f"The {taken:,} unreviewed items of a part of the map" if taken > 1 else "The one unreviewed item of a part of the map"
    )  # fmt: skip
    ask = f"Tick those that are about “{label}”." if label else "Name what they are about."
    return f"{what}, which has {items:,} in all. {ask}"


def _why(themes: Ints, seen: Ints, items: int) -> str:
    """What is known of these themes before anybody has looked."""
    looked = int(seen[themes].sum())
    kinds = "theme" if len(themes) == 1 else "themes"
    known = "nobody has looked at any of them" if looked == 0 else f"{looked:,} of them are seen to"
    return f"{len(themes)} {kinds} of {items:,} items, and {known}. A typical one of each: name what it is about."


def _spread(rows: Ints, most: int) -> Ints:
    """At most so many of these, evenly from first to last."""
    return rows[:: max(1, -(-len(rows) // most))]


def drawing(store: Store, project_id: int, annotator: str) -> np.random.Generator:
    """Chance for an action of this person, the same while nothing is written; two who start at once draw different items."""
    who = crc32(annotator.encode("utf-8", "surrogatepass"))
    return np.random.default_rng([project_id, store.revision(project_id), len(store.actions(project_id)), who])


def unreviewed(store: Store, project_id: int) -> Ints:
    """The numbers of the items without a review (skipped ones count as seen). NotEnoughEvidence when there are none."""
    seen = {review.item_id for review in store.current_reviews(project_id)}
    left = [item_id for item_id in store.item_hashes(project_id)[0] if item_id not in seen]
    if not left:
        raise NotEnoughEvidence("Every item is reviewed or skipped. Import more items, or check labels instead.")
    return np.array(left, dtype=np.int64)


def free_items(store: Store, project_id: int) -> Ints:
    """The unreviewed items that nobody works on. NotEnoughEvidence when there are none."""
    left = unreviewed(store, project_id)
    free = left[~np.isin(left, np.array(busy_items(store, project_id), dtype=np.int64))]
    if not len(free):
        raise NotEnoughEvidence(
            "Somebody is working on every unreviewed item. Go on with your own action, or wait: what is left undone comes back."
        )
    return free


def words_among(store: Store, project_id: int, item_ids: Ints, ours: Ints, others: Ints) -> str:
    """What sets the items (N,) at some positions apart from those at others, told from thirty of the one and 300 of the other."""
    read, rest = item_ids[_spread(ours, _READ)], item_ids[_spread(others, _CONTRAST)]
    texts = [item.text for item in store.items(project_id, [int(i) for i in (*read, *rest)])]
    named = name_groups(texts, [0] * len(read) + [1] * (len(texts) - len(read)))
    return ", ".join(named.get(0, ())) or "short or empty texts"


def _start(
    store: Store, project_id: int, annotator: str, kind: Kind, theme: str, reason: str, items: Ints,
    chances: Sequence[float | None], candidates: int, served: Served | None, label_ids: tuple[int, ...] = (),
) -> StoredAction:  # fmt: skip
    version = store.last_model_config(project_id)
    last = store.last_snapshot(project_id)
    return store.add_action(
        project_id,
        StoredAction(
            id=0, kind=kind, theme=theme, reason=reason, factor="coverage" if kind == "discover" else "balance",
            label_ids=label_ids, item_ids=tuple(int(i) for i in items), chances=tuple(chances),
            candidates=candidates, predicted_gain=None,
            predicted_seconds=Times().assign(kind) * len(items), model_version=version[0] if version else 0,
            revision=store.revision(project_id), state="started", created_at="", done_at=None,
            rating_before=None if last is None else last.value, realised_gain=None, seconds=None,
            shown=shown_of(served, [int(i) for i in items], label_ids),
        ),
        annotator,
    )  # fmt: skip
