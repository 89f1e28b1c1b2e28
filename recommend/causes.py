"""Why a project has a false start or has stalled, in words, and the kind of action that mends it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score

from rating.rate import Result
from rating.reasons import CONFUSED, rivals
from rating.records import Rating
from recommend.label_stop import MANY, by_chance
from recommend.records import Kind

#: Most reviews lie in one theme, or were found by search, from this share on.
CROWDED, SEARCHED = 0.6, 0.5
#: Labels contradict each other from this share of wrong assignments on; features are the limit from this loss on unseen items on.
WRONG, LOSS = 0.08, 0.3


@dataclass(frozen=True, slots=True)
class Cause:
    """What is wrong, and the kind of action that mends it (None where none does) for these labels."""

    words: str
    mend: Kind | None
    label_ids: tuple[int, ...] = ()


def false_start_cause(result: Result) -> Cause:
    """Why the first reviews do not speak for the rest."""
    return (
        _by_search(result)
        or _one_theme(result)
        or Cause("Some themes are reviewed far more than others. Rebalance asks for those that are missing.", "rebalance")
    )


def stall_cause(result: Result) -> Cause:
    """Why more reviews have not made the model better: the most serious cause that the figures bear out."""
    for told in (unlearnable, _contradictory, _same, _by_search, _one_theme, _features):
        if (cause := told(result)) is not None:
            return cause
    return Cause("No single cause stands out. Random items tell best what is missing.", "shuffle")


def unlearnable(result: Result) -> Cause | None:
    """Labels that the model ranks no better than chance, if they are at least half of those with many examples."""
    return lost_labels(result.rating)


def lost_labels(rating: Rating) -> Cause | None:
    """See :func:`unlearnable`."""
    many = [label for label in rating.labels if label.positives >= MANY and label.ap.value is not None]
    lost = [label for label in many if by_chance(label.ap.value or 0.0, label.prevalence or 0.0, label.positives)]
    if not lost or 2 * len(lost) < len(many):
        return None
    return Cause(
        f"The model finds {len(lost)} of the {len(many)} labels with {MANY} examples or more no better than chance. Check "
        "whether their items show the label at all; if they do, another encoder may see it.",
        "check", tuple(label.label_id for label in lost),
    )  # fmt: skip


def _contradictory(result: Result) -> Cause | None:
    wrong = None if result.doubt is None else result.doubt.wrong().value
    if wrong is None or wrong < WRONG:
        return None
    return Cause(f"About {wrong:.0%} of the assigned labels contradict what else was said of such items.", "check")


def _same(result: Result) -> Cause | None:
    """Two labels that are each taken for the other."""
    if result.assessment is None:
        return None
    limits = np.array([np.inf if label.threshold is None else label.threshold for label in result.rating.labels])
    rival, share = rivals(result.evidence, result.assessment, limits)
    names, ids = result.evidence.label_names, result.evidence.label_ids
    pairs = [(share[k] + share[r], k, int(r)) for k, r in enumerate(rival) if r > k and rival[r] == k]
    strong = [pair for pair in pairs if min(share[pair[1]], share[pair[2]]) >= CONFUSED]
    if not strong:
        return None
    _, one, other = max(strong)
    return Cause(f"“{names[one]}” and “{names[other]}” are taken for each other: perhaps they mean the same.", "merge",
                 (ids[one], ids[other]))  # fmt: skip


def _by_search(result: Result) -> Cause | None:
    share = float((result.evidence.sources == "search").mean()) if len(result.evidence.rows) else 0.0
    if share <= SEARCHED:
        return None
    return Cause(f"{share:.0%} of the reviewed items were found by search, which finds what is known already.", "shuffle")


def _one_theme(result: Result) -> Cause | None:
    share = 0.0 if result.balance is None else float(result.balance.reviewed_share.max())
    return Cause(f"{share:.0%} of the reviewed items are about one theme.", "discover") if share > CROWDED else None


def _features(result: Result) -> Cause | None:
    """The model knows what it has seen and fails on what it has not."""
    known, unseen = seen_precision(result), result.rating.factor("all_labels").score.value
    if known is None or unseen is None or known - unseen / 100.0 < LOSS:
        return None
    return Cause(
        f"The model fits reviewed items by {known:.2f}, but others by {unseen / 100.0:.2f}: what it sees of an item is the "
        "limit. Another encoder may help more than reviews.", None,
    )  # fmt: skip


def seen_precision(result: Result) -> float | None:
    """Mean average precision (0-1) of the model on the very items that it learned from; None without a label of many examples."""
    if result.assessment is None:
        return None
    targets, scores = result.evidence.targets, result.assessment.scores[result.evidence.rows]
    known = [
        average_precision_score(y[told] == 1, s[told])
        for y, s in zip(targets.T, scores.T, strict=True)
        if (told := ~np.isnan(y)).any() and np.nansum(y) >= MANY
    ]
    return float(np.mean(known)) if known else None
