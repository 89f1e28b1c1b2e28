"""What an action is about and why it is worth doing, in words and with the figures it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from data.records import DOUBTING
from rating.evidence import RatingConfig
from rating.health import Concern, concerns
from rating.records import LabelHealth
from recommend.candidates import Candidate
from recommend.merge import confused_pairs
from recommend.pool import Pool
from recommend.records import Kind
from recommend.serving import EVEN

#: The share of random reviews that every estimate leans on.
SHUFFLE_SHARE = 0.2
#: Examples from which on a label's precision is more than a guess.
FIRM = 5
#: What is wrong with a label that work of each kind on it mends, what it mends best first.
MENDS: Mapping[Kind, tuple[Concern, ...]] = {
    "teach": ("precision", "few", "biased", "coverage"),
    "confirm": ("few", "coverage", "biased", "precision"),
    "check": ("precision",),
    "missed": ("coverage", "precision"),
    "resolve": ("precision",),
    "search": ("none", "few"),
}


def theme_of(candidate: Candidate, pool: Pool, names: Mapping[int, str]) -> str:
    """What the items have in common, in words."""
    names_of = pool.result.evidence.label_names
    if candidate.other >= 0:
        return f"{names_of[candidate.label]} or {names_of[candidate.other]}"
    if candidate.label >= 0:
        return names_of[candidate.label]
    if candidate.theme >= 0:
        return names.get(candidate.theme, f"theme {candidate.theme + 1}")
    return "a random sample, ordered by likeness"


def reason_of(candidate: Candidate, pool: Pool) -> str:
    """Why this is worth doing, with the figures it rests on."""
    if candidate.other >= 0:
        return _pair_reason(candidate, pool)
    if candidate.label >= 0:
        return _label_reason(candidate, pool)
    counts = _theme_counts(candidate, pool)
    if candidate.kind == "discover":
        return f"{counts['all']} items that no label explains well; {counts['reviewed']} of them reviewed. A new concept?"
    if candidate.kind == "rebalance":
        share, seen = counts["all"] / len(pool.themes), counts["reviewed"] / max(len(pool.reviewed), 1)
        return f"{share:.1%} of all items are about this, but only {seen:.1%} of the reviewed ones."
    if candidate.kind == "low_confidence":
        return "The model has no confident answer for these; what you say decides many like them."
    shuffled = float((pool.result.evidence.sources == "shuffle").mean()) if len(pool.reviewed) else 0.0
    if shuffled >= SHUFFLE_SHARE:
        return f"{shuffled:.0%} of the reviewed items were drawn at random: a few more keep every figure honest."
    return f"Only {shuffled:.0%} of the reviewed items were drawn at random; every figure is surer with {SHUFFLE_SHARE:.0%}."


def _label_reason(candidate: Candidate, pool: Pool) -> str:
    """The label's concern that such an action mends, with its number, and what is asked."""
    concern = _concern(candidate, pool.result.rating.labels[candidate.label])
    positives = int(pool.worth.positives[candidate.label])
    asks = {
        "teach": "These items would teach the model most about it.",
        "confirm": _confirmed(candidate, pool),
        "check": f"{candidate.drawn_from} of its {positives} assignments look wrong to the model that has not seen them.",
        "missed": f"{candidate.drawn_from} of the reviewed items without it look like its own {positives} examples.",
        "resolve": f"Annotators differ about it on {candidate.drawn_from} of the reviewed items. Decide what holds.",
    }
    ask = asks[candidate.kind] if candidate.kind != "search" else searched_for(candidate.terms, candidate.drawn_from)
    return f"{ask} {concern}".strip() if candidate.kind in DOUBTING else f"{concern} {ask}"


def _confirmed(candidate: Candidate, pool: Pool) -> str:
    """What is asked of likely items. Of a label met once or twice no item is sure, and hardly any comes ticked."""
    if np.median(pool.believed[candidate.frame, candidate.label]) < EVEN:
        return "These look most like it, but so few examples make nothing sure: see which of them carry it."
    return "The model is sure of these; confirm them in one key each."


def searched_for(terms: Sequence[str], items: int) -> str:
    """How many items a search has found, and by which words."""
    held = "unreviewed item holds" if items == 1 else "unreviewed items hold"
    return f"{items} {held} {' or '.join(f'“{term}”' for term in terms)}: see which of them carry it."


def _pair_reason(candidate: Candidate, pool: Pool) -> str:
    """How much the two labels are confused, and what is asked."""
    first, second = (pool.result.evidence.label_names[k] for k in (candidate.label, candidate.other))
    members = {candidate.label, candidate.other}
    share = next((pair.share for pair in confused_pairs(pool) if {pair.first, pair.second} == members), 0.0)
    return (
        f"Confused: {share:.0%} of what is wrongly taken for one carries the other. Do {first} and {second} mean the same, or "
        "what tells them apart?"
    )


def _concern(candidate: Candidate, label: LabelHealth) -> str:
    """What is wrong with the label in words, of those things that this kind of action mends the most urgent one.

    The precision of a label with hardly any examples is a guess: that they are few comes first.
    """
    found = concerns(label.positives, label.ap.value, label.by_search or 0.0, label.recall or 0.0, RatingConfig.min_label_reviews)
    order = sorted(MENDS[candidate.kind], key=lambda key: key != "few" or label.positives >= FIRM)
    mended = [found[key] for key in order if key in found]
    if mended or candidate.kind in DOUBTING:
        return mended[0] if mended else ""
    return f"Average precision {label.ap.value or 0.0:.2f}."


def _theme_counts(candidate: Candidate, pool: Pool) -> dict[str, int]:
    return {
        "all": int((pool.themes == candidate.theme).sum()),
        "reviewed": int((pool.themes[pool.reviewed] == candidate.theme).sum()),
    }
