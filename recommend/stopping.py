"""The stop answer of a stored project: given by its rating and the checks before, and kept for those to come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from data.records import Project, StopCheck
from data.store import Store
from rating.service import Rated, quality_history, rating_config
from recommend.checks import check_before
from recommend.records import Check, Stop
from recommend.rules import terms_of
from recommend.stability import Agreement, Decisions, agreement, decisions, packed, unpacked
from recommend.stop import decide


def check_stop(store: Store, project: Project, rated: Rated, seconds: float) -> Stop:
    """Answer at ``seconds`` a review, and keep the answer with its figures: one for each revision."""
    config, kept = rating_config(project.settings), store.stop_checks(project.id)
    checks, found = [check_of(row) for row in kept], decisions(rated.result, config.seed)
    before = check_before(checks, rated.result.rating.reviewed)
    compared = None if before is None else kept[checks.index(before)].id
    stop = decide(
        rated.result, quality_history(store.snapshots(project.id)), config=config,
        terms=terms_of(project.settings, project.profile), seconds=seconds, hours=store.seconds_spent(project.id) / 3600.0,
        checks=checks, alike=_alike(store, compared, found),
    )  # fmt: skip
    if stop.check is not None and found is not None:
        store.save_stop_check(project.id, _row(stop, rated), packed(found), compared or 0)
    return stop


def _alike(store: Store, compared: int | None, found: Decisions | None) -> Agreement | None:
    last = None if compared is None else store.stop_decisions(compared)
    return None if last is None or found is None else agreement(unpacked(last), found)


def check_of(row: StopCheck) -> Check:
    """What a kept answer leaves for later ones."""
    figures = row.figures
    return Check(row.reviewed, tuple(figures["gains"]), figures.get("kappa"), figures.get("kappa_labels"))


def _row(stop: Stop, rated: Rated) -> StopCheck:
    rating = rated.result.rating
    assert stop.check is not None
    figures: dict[str, Any] = {
        "rating": [rating.score.value, rating.score.low, rating.score.high],
        "gains": list(stop.check.gains), "kappa": stop.check.kappa, "kappa_labels": stop.check.kappa_labels,
        "rules": {verdict.rule: {"met": verdict.met, "figure": verdict.figure} for verdict in stop.rules},
    }  # fmt: skip
    return StopCheck(0, rating.revision, rating.model_version, "", rating.reviewed, stop.answer, stop.headline, figures)


def history_rows(checks: Sequence[StopCheck]) -> list[dict[str, Any]]:
    """The answers given so far, newest first, with what the next hour was to bring (80 % of the chances) and kappa."""
    return [
        {
            "at": check.created_at, "reviewed": check.reviewed, "answer": check.answer, "headline": check.headline,
            "rating": check.figures["rating"][0], "low": check.figures["rating"][1], "high": check.figures["rating"][2],
            "gain": check.figures["gains"][9], "gain_low": check.figures["gains"][1], "gain_high": check.figures["gains"][17],
            "kappa": check.figures.get("kappa"), "kappa_labels": check.figures.get("kappa_labels"),
            "rules": check.figures["rules"], "revision": check.revision, "model_version": check.model_version,
        }
        for check in reversed(checks)
    ]  # fmt: skip
