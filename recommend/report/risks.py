"""What may make a rating, or what is done with the model, worse than it looks: each said with its number, and when it is fine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rating.records import Contributor, LabelHealth, Rating
from recommend.records import Stop
from recommend.report.records import Level, Risk
from recommend.rules import UNSEEN_LIMIT
from recommend.serving import Uneven
from recommend.wording import figure, plural, reach

#: A label is at risk from this chance on to be among the worst tenth; so many are named.
LIKELY, NAMED = 0.2, 5


def risks(rating: Rating, stop: Stop, uneven: Sequence[Uneven]) -> tuple[Risk, ...]:
    """Every risk that Plateau looks for, those to act on first; nothing while there is no rating."""
    if rating.score.value is None:
        return ()
    found = [_labels(rating.labels), _recent(rating), _undiscovered(rating), _wrong(rating), _missed(rating), _balance(uneven),
             *_wide(rating), *_mend(stop)]  # fmt: skip
    order: tuple[Level, ...] = ("act", "watch", "unknown", "fine")
    return tuple(sorted(found, key=lambda risk: order.index(risk.level)))


def at_risk(labels: Sequence[LabelHealth]) -> list[LabelHealth]:
    """The labels that may well be among those that the model knows least, the likeliest first."""
    likely = [label for label in labels if (label.worst or 0.0) >= LIKELY]
    return sorted(likely, key=lambda label: (-(label.worst or 0.0), label.name))


def _labels(labels: Sequence[LabelHealth]) -> Risk:
    weak = at_risk(labels)
    if not weak:
        return Risk("labels", "fine", "Labels at risk", "No label stands out as one that the model knows least.")
    parts = [f"{label.name} ({_precision(label)})" for label in weak[:NAMED]]
    rest = f" and {len(weak) - NAMED} more" if len(weak) > NAMED else ""
    matters = [label.name for label in weak if label.important]
    also = f" Marked as important: {', '.join(matters[:NAMED])}." if matters else ""
    words = f"Likely among the tenth of the labels that the model knows least: {'; '.join(parts)}{rest}.{also}"
    return Risk("labels", "act" if matters else "watch", "Labels at risk", words)


def _precision(label: LabelHealth) -> str:
    return f"average precision {figure(label.ap.value, 'share')} from {plural(label.positives, 'example')}"


def _recent(rating: Rating) -> Risk:
    title, recent, usual = "Drift", _contributor(rating, "recent_map"), _contributor(rating, "mean_ap")
    if recent is None or recent.estimate.value is None or usual is None or usual.estimate.value is None:
        reason = "It was not measured." if recent is None else recent.estimate.reason
        return Risk("drift", "unknown", title, f"How the model does on recent items is unknown. {reason}")
    span = f"{figure(recent.estimate.value, 'share')} ({reach(recent.estimate, 'share')})"
    whole = figure(usual.estimate.value, "share")
    words = f"On the newest fifth of the items mean average precision is {span}; on all items, over all labels, {whole}."
    worse = recent.estimate.high is not None and recent.estimate.high < usual.estimate.value
    return Risk("drift", "act" if worse else "fine", title, words + (" That is worse beyond chance." if worse else ""))


def _undiscovered(rating: Rating) -> Risk:
    title, missing = "Undiscovered concepts", rating.missing_mass
    if missing.value is None or missing.high is None:
        return Risk("undiscovered", "unknown", title, f"How much the taxonomy lacks is unknown. {missing.reason}")
    words = (
        f"About {figure(missing.value, 'share')} of the items hold a concept that the taxonomy lacks, "
        f"{reach(missing, 'share')} with 90 % confidence; {figure(UNSEEN_LIMIT, 'share')} is allowed for."
    )
    return Risk("undiscovered", "watch" if missing.high >= UNSEEN_LIMIT else "fine", title, words)


def _wrong(rating: Rating) -> Risk:
    found, total = _contributor(rating, "wrong_labels"), sum(label.positives for label in rating.labels)
    return _doubted("wrong", "Assigned labels that are probably wrong", found, total, "of {total:,} assigned labels")


def _missed(rating: Rating) -> Risk:
    found, total = _contributor(rating, "missed_labels"), sum(label.positives for label in rating.labels)
    return _doubted("missed", "Labels probably missed", found, total, "more than the {total:,} that were assigned")


def _doubted(key: str, title: str, found: Contributor | None, total: int, of: str) -> Risk:
    """Suspicious reviews, counted."""
    if found is None or found.estimate.value is None:
        return Risk(key, "unknown", title, f"Unknown. {'' if found is None else found.estimate.reason}".strip())
    share = found.estimate.value
    count = round(total * share if key == "wrong" else total * share / max(1.0 - share, 1e-9))
    low = found.estimate.low or 0.0
    words = f"About {count:,} {of.format(total=total)}: {figure(share, 'share')} ({reach(found.estimate, 'share')})."
    return Risk(key, "watch" if low > 0.01 else "fine", title, words)


def _balance(uneven: Sequence[Uneven]) -> Risk:
    if not uneven:
        return Risk(
            "balance", "fine", "Balance", "No theme is reviewed much more or less than its share of all items, beyond chance."
        )
    parts = [
        f"“{theme.name}” too {'little' if theme.missing > 0 else 'much'} "
        f"({figure(theme.reviewed_share, 'share')} of the reviewed, {figure(theme.population_share, 'share')} of all items)"
        for theme in uneven[:NAMED]
    ]
    rest = f" and {len(uneven) - NAMED} more" if len(uneven) > NAMED else ""
    level: Level = "act" if any(theme.missing > 0 for theme in uneven) else "watch"
    return Risk("balance", level, "Balance", f"Reviewed out of proportion, beyond chance: {'; '.join(parts)}{rest}.")


def _wide(rating: Rating) -> Iterator[Risk]:
    for note in rating.notes:
        yield Risk("note", "watch", "A wider interval", note)


def _mend(stop: Stop) -> Iterator[Risk]:
    if stop.answer in ("false_start", "stalled"):
        yield Risk("course", "act", "The course of the project", stop.headline)


def _contributor(rating: Rating, key: str) -> Contributor | None:
    return next((c for factor in rating.factors for c in factor.contributors if c.key == key), None)
