"""Work that several people share: a second reading of what others have judged, and settling what they differ on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from data.errors import NotEnoughEvidence
from data.records import DOUBTING, Review, StoredAction
from data.store import Store
from data.store.leases import readings_of
from data.store.reviews import counted
from rating.evidence import Ints
from rating.service import gather
from recommend.cost import Times
from recommend.order import in_context
from recommend.records import Kind
from recommend.resolve import disputes
from recommend.serving import Served, as_meant, likeliest, shown_of
from recommend.start import TEN, drawing


def lacking_readings(reviews: Sequence[Review], annotator: str, readings: int) -> list[int]:
    """The items that others have judged, fewer than ``readings`` of them, and this person has neither judged nor skipped.

    ``reviews`` are all standing ones in the order given; the numbers come in ascending order.
    """
    last = {(review.item_id, review.annotator): review for review in reviews}
    others: dict[int, int] = {}
    for (item_id, person), review in last.items():
        others[item_id] = others.get(item_id, 0) + (person != annotator and review.state == "reviewed")
    mine = {item_id for item_id, person in last if person == annotator}
    return sorted(item_id for item_id, count in others.items() if 1 <= count < readings and item_id not in mine)


def start_second_reading(
    store: Store, project_id: int, annotator: str, *, size: int = TEN, served: Served | None = None
) -> StoredAction:
    """Start on items that others have judged and this person has not, as long as fewer have than the settings ask for.

    They are drawn evenly and shown one theme after the other, with the suggestions of the plan at hand, which come from a model
    that has not seen the item's own review. What the others said is not shown: only an answer given without theirs tells how far
    people agree. NotEnoughEvidence when there is nothing to read; Taken as with Shuffle.
    """
    readings = readings_of(store.project(project_id).settings)
    if readings < 2:
        raise NotEnoughEvidence("One person judges each item of this project. Let more do so, in the Settings on the Data page.")
    held = store.leased(project_id, but_not=annotator)
    left = [i for i in lacking_readings(store.reviews(project_id), annotator, readings) if i not in held]
    if not left:
        raise NotEnoughEvidence(
            f"Nothing waits for another reading by {annotator}: what others have judged, you or enough of them have judged too, "
            "or somebody is at it. Label new items meanwhile."
        )
    rng = drawing(store, project_id, annotator)
    drawn = _by_theme(store, project_id, rng.choice(np.array(left), min(size, len(left)), replace=False))
    reason = f"{readings} people are to judge each item. What the others have said is hidden until you have given your answer."
    seconds = Times().confirm("second") * len(drawn)
    action = action_on(
        store, project_id, "second", "what others have read", reason, (), drawn, len(drawn) / len(left), seconds, served
    )
    return store.add_action(project_id, action, annotator)


def _by_theme(store: Store, project_id: int, items: Ints) -> Ints:
    """These items, one theme after the other."""
    found = gather(store, project_id)
    rows = np.searchsorted(found.evidence.item_ids, items)
    features = next(iter(found.evidence.blocks.values()))[rows]
    return np.asarray(items[in_context(features, found.population.clusters[rows])], dtype=np.int64)


def disputed_items(store: Store, project_id: int) -> dict[int, list[int]]:
    """The items on which people differ and that nobody has looked at again since, by label; labels with most of them first."""
    shared = store.shared_reviews(project_id)
    found = disputes(shared, store.labels(project_id, retired=True), store.retired_periods(project_id))
    settled = {r.item_id for given in shared.values() for r in counted(given) if r.source in DOUBTING}
    by_label: dict[int, list[int]] = {}
    for item_id, labels in found.items():
        for label_id in labels if item_id not in settled else ():
            by_label.setdefault(label_id, []).append(item_id)
    return dict(sorted(by_label.items(), key=lambda each: (-len(each[1]), each[0])))


def start_resolve(
    store: Store, project_id: int, label_id: int, annotator: str, *, size: int = TEN, served: Served | None = None
) -> StoredAction:
    """Start on items on which people differ about a label, those likeliest to carry it first. NotEnoughEvidence without any."""
    disputed: Mapping[int, list[int]] = disputed_items(store, project_id)
    held = store.leased(project_id, but_not=annotator)
    items = [item_id for item_id in disputed.get(label_id, []) if item_id not in held]
    if not items:
        raise NotEnoughEvidence("Nobody differs about this label any more, or somebody is settling it now. Reload the page.")
    labels = store.labels(project_id, retired=True)
    if served is not None:
        items = likeliest(as_meant(served, labels), label_id, items)
    chosen = np.array(items[:size], dtype=np.int64)
    name = next(label.name for label in labels if label.id == label_id)
    reason = f"People differ about it on {len(items)} of the reviewed items. Decide what holds."
    seconds = Times().confirm("resolve") * len(chosen)
    action = action_on(store, project_id, "resolve", name, reason, (label_id,), chosen, None, seconds, served)
    return store.add_action(project_id, action, annotator)


def action_on(
    store: Store, project_id: int, kind: Kind, theme: str, reason: str, label_ids: tuple[int, ...], items: Ints,
    chance: float | None, seconds: float, served: Served | None,
) -> StoredAction:  # fmt: skip
    """Work that a person asked for, ready to be kept: these items, each with this ``chance``, None where nothing was drawn."""
    version, last = store.last_model_config(project_id), store.last_snapshot(project_id)
    numbers = tuple(int(item_id) for item_id in items)
    return StoredAction(
        id=0, kind=kind, theme=theme, reason=reason, factor="all_labels", label_ids=label_ids, item_ids=numbers,
        chances=(chance,) * len(numbers), candidates=len(numbers) if chance is None else round(len(numbers) / chance),
        predicted_gain=None, predicted_seconds=seconds, model_version=version[0] if version else 0,
        revision=store.revision(project_id), state="started", created_at="", done_at=None,
        rating_before=None if last is None else last.value, realised_gain=None, seconds=None,
        shown=shown_of(served, numbers, label_ids),
    )  # fmt: skip
