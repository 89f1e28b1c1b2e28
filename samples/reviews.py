"""Three weeks of labelling at Larkbench: who judged which message, how it came to be shown, and where they erred.

It is uneven on purpose: somebody searched for refunds all afternoon, and some labels have hardly an example.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from data.records import State
from samples.generate import Message
from samples.grammar import Dice
from samples.taxonomy import KNOWN, SIBLINGS

SEED = 11
FIRST_DAY = datetime(2025, 7, 7, 8, 30, tzinfo=UTC)
WRONG = 0.02  # share of reviews with a wrong or a missing label
SECOND_OPINIONS = 12
#: Seconds that each annotator takes for a message, typically.
ANNOTATORS = {"amara": 6.5, "jonas": 8.0, "priya": 5.2}


@dataclass(frozen=True, slots=True)
class SampleReview:
    """One judgement of a message; ``labels`` as the annotator gave them, right or wrong."""

    message: Message
    labels: tuple[str, ...]
    annotator: str
    at: datetime
    seconds: float
    source: str
    state: State = "reviewed"


@dataclass(frozen=True, slots=True)
class Batch:
    """One sitting: a source of messages, how many, by whom, on which day, and which messages it shows."""

    source: str
    count: int
    annotator: str
    day: int
    shows: Callable[[Message], bool]


def says(*words: str) -> Callable[[Message], bool]:
    """Messages that hold one of these words."""
    return lambda message: any(word in message.text.lower() for word in words)


def about(*labels: str) -> Callable[[Message], bool]:
    """Messages that truly have one of these labels."""
    return lambda message: bool(set(labels) & set(message.labels))


def anything(_: Message) -> bool:
    """Every message."""
    return True


BATCHES = (
    Batch("import", 25, "jonas", 0, anything),
    Batch("search", 62, "amara", 1, says("refund", "money back", "reimburse", "deposit")),
    Batch("search", 14, "amara", 2, says("scratch", "dent", "invoice")),
    Batch("shuffle", 40, "priya", 4, anything),
    Batch("teach", 20, "jonas", 7, about("Order > Return or exchange")),
    Batch("teach", 16, "jonas", 8, about("Product > Missing parts")),
    Batch("confirm", 24, "priya", 9, about("Delivery > Late")),
    Batch("discover", 10, "amara", 10, about("Delivery > Crew", "Billing > Voucher")),
    Batch("low_confidence", 24, "priya", 11, lambda message: len(message.labels) > 2 or not message.labels),
    Batch("rebalance", 12, "jonas", 14, about("Product > Question before buying", "Assembly > Instructions")),
    Batch("shuffle", 35, "amara", 15, anything),
    Batch("missed", 8, "jonas", 16, about("Service > No reply")),
)


def reviews(messages: Sequence[Message], seed: int = SEED) -> list[SampleReview]:
    """Every judgement in the order given; the same messages and seed give the same ones."""
    dice = Dice(seed)
    left = {message.id: message for message in messages}
    given: list[SampleReview] = []
    for batch in BATCHES:
        shown = dice.several([message for message in left.values() if batch.shows(message)], batch.count)
        given += sitting(dice, batch, shown)
        for message in shown:
            del left[message.id]
    given += examples_for_all(dice, given, list(left.values()))
    given += second_opinions(dice, given)
    return sorted(given, key=lambda review: (review.at, review.message.id))


def sitting(dice: Dice, batch: Batch, shown: Sequence[Message]) -> list[SampleReview]:
    """One annotator works through the messages shown, and now and then skips one."""
    at = FIRST_DAY + timedelta(days=batch.day, minutes=dice.below(120))
    skipped = dice.below(len(shown)) if batch.source in {"shuffle", "low_confidence"} else -1
    given = []
    for place, message in enumerate(shown):
        seconds = round(ANNOTATORS[batch.annotator] * dice.spread() * (1 + len(message.text) / 600), 1)
        at += timedelta(seconds=round(seconds + 1))
        state: State = "skipped" if place == skipped else "reviewed"
        labels = judged(dice, message.labels) if state == "reviewed" else ()
        given.append(SampleReview(message, labels, batch.annotator, at, seconds, batch.source, state))
    return given


def judged(dice: Dice, truth: tuple[str, ...]) -> tuple[str, ...]:
    """The true labels, or now and then a wrong one: a sibling, or the last one missing."""
    if not truth or not dice.chance(WRONG / 0.9):  # about one message in ten has no label to get wrong
        return truth
    first = SIBLINGS.get(truth[0])
    return tuple(sorted({first, *truth[1:]})) if first is not None else truth[:-1]


def examples_for_all(dice: Dice, given: Sequence[SampleReview], left: Sequence[Message]) -> list[SampleReview]:
    """One example of each label that has none yet, found by search: every label was meant for some message."""
    have = {label for review in given for label in review.labels}
    found = []
    for day, name in enumerate(concept.name for concept in KNOWN if concept.name not in have):
        candidates = [message for message in left if name in message.labels]
        found += sitting(dice, Batch("search", 1, "amara", 17 + day, about(name)), [dice.pick(candidates)])
    return found


def second_opinions(dice: Dice, given: Sequence[SampleReview]) -> list[SampleReview]:
    """Another annotator judges some messages again; on a few of them they differ."""
    again = []
    for place, review in enumerate(dice.several([review for review in given if review.labels], SECOND_OPINIONS)):
        other = dice.pick([name for name in ANNOTATORS if name != review.annotator])
        labels = review.message.labels
        if place < SECOND_OPINIONS // 4:
            labels = tuple(SIBLINGS.get(label, label) for label in labels[:1])
        later = review.at + timedelta(days=1, minutes=dice.below(60))
        again.append(replace(review, labels=labels, annotator=other, at=later, source="check"))
    return again
