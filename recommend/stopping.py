"""The stop answer of a stored project: given by its rating and the checks before, and kept for those to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from data.records import Project, Snapshot, StopCheck
from data.store import Store
from rating.service import Rated, quality_history, rate_project, rating_config
from recommend.checks import check_before, check_of
from recommend.cost import measured_times
from recommend.label_stop import label_stops
from recommend.records import Stop
from recommend.rules import terms_of
from recommend.stability import Agreement, Decisions, agreement, decisions, packed, unpacked
from recommend.stop import decide


def check_stop(store: Store, project: Project, rated: Rated, seconds: float) -> Stop:
    """Answer at ``seconds`` a review, and keep the answer with its figures: one for each revision."""
    config, kept = rating_config(project.settings), store.stop_checks(project.id)
    checks, found = [check_of(row) for row in kept], decisions(rated.result, config.seed)
    snapshots, terms = store.snapshots(project.id), terms_of(project.settings, project.profile)
    before = check_before(checks, rated.result.rating.reviewed)
    compared = None if before is None else kept[checks.index(before)].id
    stop = decide(
        rated.result, quality_history(store.rating_moments(project.id)), config=config,
        terms=terms, seconds=seconds, hours=store.seconds_spent(project.id) / 3600.0,
        checks=checks, alike=_alike(store, compared, found),
        skipped=sum(review.state == "skipped" for review in store.current_reviews(project.id)),
    )  # fmt: skip
    histories = label_histories(snapshots, rated.result.rating.reviewed)
    stop = replace(stop, labels=label_stops(rated.result, terms.label_target / 100.0, histories))
    if stop.check is not None and found is not None:
        store.save_stop_check(project.id, _row(stop, rated), packed(found), compared or 0)
    return stop


def label_histories(snapshots: Sequence[Snapshot], reviewed: int) -> dict[int, list[tuple[int, float]]]:
    """What earlier ratings, from fewer reviews, say of each label by its number: (examples, average precision), oldest first."""
    found: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for snapshot in snapshots:
        for label in snapshot.rating.get("labels", ()) if snapshot.reviewed < reviewed else ():
            if label["ap"]["value"] is not None:
                found[label["label_id"]].append((label["positives"], label["ap"]["value"]))
    return found


def answer_project(store: Store, project_id: int) -> Stop:
    """Rate a project and answer, without planning anew: at the pace of the actions on offer."""
    rated, project = rate_project(store, project_id), store.project(project_id)
    offered = [(a.predicted_seconds, len(a.item_ids)) for a in store.actions(project_id, "open") if a.item_ids]
    items = sum(count for _, count in offered)
    usual = measured_times(project.settings.get("times", {})).assign_switching
    return check_stop(store, project, rated, sum(seconds for seconds, _ in offered) / items if items else usual)


def _alike(store: Store, compared: int | None, found: Decisions | None) -> Agreement | None:
    last = None if compared is None else store.stop_decisions(compared)
    return None if last is None or found is None else agreement(unpacked(last), found)


def _row(stop: Stop, rated: Rated) -> StopCheck:
    rating = rated.result.rating
    assert stop.check is not None
    figures: dict[str, Any] = {
        "rating": [rating.score.value, rating.score.low, rating.score.high],
        "gains": list(stop.check.gains), "kappa": stop.check.kappa, "kappa_labels": stop.check.kappa_labels,
        "rules": {verdict.rule: {"met": verdict.met, "figure": verdict.figure} for verdict in stop.rules},
    }  # fmt: skip
    return StopCheck(0, rating.revision, rating.model_version, "", rating.reviewed, stop.answer, stop.headline, figures)
