"""Work that needs no rating: a random ten, and ten of a theme that nobody has looked at yet."""

from __future__ import annotations

import numpy as np

from data.errors import NotEnoughEvidence
from data.records import StoredAction
from data.store import Store
from rating.evidence import Ints
from rating.service import gather
from rating.words import name_groups
from recommend.cost import Times
from recommend.records import Kind
from recommend.service import busy_items

TEN = 10
_READ, _CONTRAST = 30, 300


def start_shuffle(store: Store, project_id: int, *, size: int = TEN) -> StoredAction:
    """Start on items drawn evenly from all free ones. NotEnoughEvidence when there are none."""
    left = free_items(store, project_id)
    rng = np.random.default_rng([project_id, store.revision(project_id), len(store.actions(project_id))])
    drawn = rng.choice(left, min(size, len(left)), replace=False)
    reason = "Drawn at random: every figure rests on items that nobody picked."
    return _start(store, project_id, "shuffle", "a random sample", reason, drawn, len(left))


def start_discover(store: Store, project_id: int, *, size: int = TEN) -> StoredAction:
    """Start on the largest theme with the fewest reviews, named by its words; the items nearest to its middle first."""
    left = free_items(store, project_id)
    found = gather(store, project_id)
    evidence, themes = found.evidence, found.population
    free = np.isin(evidence.item_ids, left)
    count = len(themes.centres)
    seen = np.bincount(themes.clusters[evidence.rows], minlength=count)
    open_items = np.bincount(themes.clusters[free], minlength=count)
    theme = int(np.argmax(np.where(open_items >= min(size, int(open_items.max())), open_items / (1.0 + 5.0 * seen), -1.0)))
    rows = np.flatnonzero(free & (themes.clusters == theme))
    features = next(iter(evidence.blocks.values()))[rows]
    rows = rows[np.argsort(-(features @ themes.centres[theme]), kind="stable")]
    items = evidence.item_ids[rows[:size]]
    others = np.flatnonzero(themes.clusters != theme)[:: max(1, len(evidence.item_ids) // _CONTRAST)]
    words = _words(store, project_id, evidence.item_ids[rows[:_READ]], evidence.item_ids[others])
    alike = int((themes.clusters == theme).sum())
    reason = f"{alike:,} items look alike and {int(seen[theme])} of them are reviewed. Name what they are about."
    return _start(store, project_id, "discover", words, reason, items, len(rows))


def unreviewed(store: Store, project_id: int) -> Ints:
    """The numbers of the items without a review (skipped ones count as seen). NotEnoughEvidence when there are none."""
    seen = {review.item_id for review in store.current_reviews(project_id)}
    left = [item_id for item_id in store.item_hashes(project_id)[0] if item_id not in seen]
    if not left:
        raise NotEnoughEvidence("Every item is reviewed or skipped. Import more items, or check labels instead.")
    return np.array(left, dtype=np.int64)


def free_items(store: Store, project_id: int) -> Ints:
    """The unreviewed items that no action under way holds. NotEnoughEvidence when there are none."""
    left = unreviewed(store, project_id)
    free = left[~np.isin(left, np.array(busy_items(store, project_id), dtype=np.int64))]
    if not len(free):
        raise NotEnoughEvidence("Every unreviewed item belongs to an action that somebody has started. Go on with that one.")
    return free


def _words(store: Store, project_id: int, item_ids: Ints, others: Ints) -> str:
    """What sets these items apart from others."""
    texts = [item.text for item in store.items(project_id, [int(i) for i in (*item_ids, *others)])]
    named = name_groups(texts, [0] * len(item_ids) + [1] * (len(texts) - len(item_ids)))
    return ", ".join(named.get(0, ())) or "short or empty texts"


def _start(
    store: Store, project_id: int, kind: Kind, theme: str, reason: str, items: Ints, candidates: int
) -> StoredAction:  # fmt: skip
    version = store.last_model_config(project_id)
    last = store.snapshots(project_id)[-1:]
    return store.add_action(
        project_id,
        StoredAction(
            id=0, kind=kind, theme=theme, reason=reason, factor="coverage" if kind == "discover" else "balance", label_ids=(),
            item_ids=tuple(int(i) for i in items), candidates=candidates, predicted_gain=None,
            predicted_seconds=Times().assign(kind) * len(items), model_version=version[0] if version else 0,
            revision=store.revision(project_id), state="started", created_at="", done_at=None,
            rating_before=last[0].value if last else None, realised_gain=None, seconds=None,
        ),
    )  # fmt: skip
