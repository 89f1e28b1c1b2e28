"""Why a label is among those that the model knows least, with numbers and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rating.assess import Assessment
from rating.doubt import Doubt
from rating.evidence import Evidence, Floats, Ints, RatingConfig

#: Reasons are given for labels that are in the worst tenth with at least this probability.
NOTABLE = 0.2
#: Contradictions count from this share of a label's assignments (or positives) and this many on; confusion with another
#: label from this share of its false alarms on, if its odds are so many times the usual ones and they amount to so many items.
SHARE, COUNT = 0.05, 2.0
CONFUSED, LIFT, ALARMS = 0.3, 3.0, 1.0
SEARCHED, SEARCHED_OF = 0.5, 4


def label_reasons(
    evidence: Evidence, assessment: Assessment, thresholds: Floats, worst: Floats, searched: Floats, doubted: Doubt | None,
    config: RatingConfig,
) -> list[tuple[str, ...]]:  # fmt: skip
    """For every label what explains that it is weak, most urgent first; nothing for labels that hardly are.

    ``worst`` (L,) is each label's chance to be in the worst tenth, ``searched`` (L,) the share of its positives found by search.
    """
    rival, share = rivals(evidence, assessment, thresholds)
    split = split_twins(evidence.targets, assessment.twins)
    found: list[tuple[str, ...]] = []
    for k in range(len(worst)):
        if not worst[k] >= NOTABLE:
            found.append(())
            continue
        reasons = [
            *_few(int(assessment.positives[k]), config.min_label_reviews),
            *_inconsistent(doubted, k),
            *_twins(int(split[k])),
            *_confused(evidence, int(rival[k]), float(share[k])),
            *_searched(float(searched[k]), int(assessment.positives[k])),
        ]
        found.append(tuple(reasons) or ("No single cause stands out: more examples by Teach help most.",))
    return found


def rivals(evidence: Evidence, assessment: Assessment, thresholds: Floats) -> tuple[Ints, Floats]:
    """The label that each label is taken for, (L,), and the share (L,) of its likely false alarms that carry that one.

    False alarms are reviewed items without the label that the model without them gives at least half its threshold, each
    counted with its probability. -1 where no other label carries them more often than usual.
    """
    targets = np.nan_to_num(evidence.targets)
    p = assessment.probability[evidence.rows]
    alarm = np.where((evidence.targets == 0) & (p >= thresholds / 2.0), p, 0.0)
    mass = alarm.sum(axis=0)
    share = alarm.T @ targets / np.maximum(mass, 1e-9)[:, None]
    np.fill_diagonal(share, 0.0)
    usual = targets.mean(axis=0)
    unusual = share * (1.0 - usual) >= LIFT * usual * (1.0 - share)
    share[(share < CONFUSED) | ~unusual | (mass < ALARMS)[:, None]] = 0.0
    best = share.argmax(axis=1)
    strength = share[np.arange(len(best)), best]
    return np.where(strength > 0, best, -1), strength


def split_twins(targets: Floats, twins: tuple[Ints, ...]) -> Ints:
    """How many groups of near-identical reviewed items are judged differently on each label, (L,)."""
    count = np.zeros(targets.shape[1], dtype=np.int64)
    for group in twins:
        mine = targets[group]
        count += (mine == 1).any(axis=0) & (mine == 0).any(axis=0)
    return count


def _few(positives: int, wanted: int) -> Iterator[str]:
    if positives < wanted:
        yield f"Few examples: {positives}. Find {wanted - positives} more by Teach or Confirm."


def _inconsistent(doubted: Doubt | None, label: int) -> Iterator[str]:
    if doubted is None or not doubted.usable[label]:
        return
    assigned = doubted.recorded[:, label] == 1
    wrong, missed = float(doubted.chance[assigned, label].sum()), float(doubted.chance[~assigned, label].sum())
    parts = []
    if wrong >= max(COUNT, SHARE * assigned.sum()):
        parts.append(f"about {wrong:.0f} of its {assigned.sum()} assignments")
    if missed >= max(COUNT, SHARE * assigned.sum()):
        parts.append(f"about {missed:.0f} items without it")
    if parts:
        yield f"Inconsistent reviews: {' and '.join(parts)} contradict what the others teach. Settle them by Check and Missed."


def _twins(count: int) -> Iterator[str]:
    if count:
        kind = "group of near-identical items has" if count == 1 else "groups of near-identical items have"
        yield f"Contradicting reviews: {count} {kind} it on some and not on others. Judge them alike."


def _confused(evidence: Evidence, rival: int, share: float) -> Iterator[str]:
    if rival >= 0:
        name = evidence.label_names[rival]
        yield (
            f"Confused with {name}: {share:.0%} of what is taken for it wrongly carries {name}. "
            "Say in both descriptions what tells them apart, or merge them."
        )


def _searched(share: float, positives: int) -> Iterator[str]:
    if share >= SEARCHED and positives >= SEARCHED_OF:
        yield f"Found by search: {share:.0%} of its examples hold the words looked for. Find others by Teach and Discover."
