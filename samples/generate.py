"""Messages with their true themes: who writes, about what, how, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from samples.grammar import Dice, Writer, misspell, phrases
from samples.taxonomy import COMPANIONS, CONCEPTS, KNOWN, SIBLINGS

SIZE, SEED = 2000, 7
START, DAYS = datetime(2024, 7, 1, tzinfo=UTC), 365
TWINS = 0.03  # share of messages that someone sends twice
NOTHING = 0.05  # share of messages that no theme fits
ASIDE = 0.4  # chance to mention a theme without meaning it
OVERLOOKED = 0.05  # chance that a further theme escapes whoever judges the message
MISTAKEN = 0.03  # chance that a theme is judged to be its sibling
TIERS = {"new": 55.0, "returning": 35.0, "trade": 10.0}
NAMES = frozenset(concept.name for concept in KNOWN)
#: Themes of people who need not have ordered anything.
WITHOUT_ORDER = frozenset({"Product > Question before buying", "Billing > Voucher", "Account > Privacy", "Fraud > Fake messages"})
#: What people also mention without meaning it.
USUAL = ("Delivery > Late", "Delivery > Damaged", "Feedback > Praise", "Product > Not as described", "Service > No reply")


@dataclass(frozen=True, slots=True)
class Register:
    """How a channel's messages sound. Chances are 0 to 1; ``typos`` is per letter, ``lower`` the chance of no capitals."""

    share: float
    greeting: float
    context: float
    filler: int
    closing: float
    typos: float
    lower: float
    further: float
    quoted: float = 0.0


REGISTERS = {
    "email": Register(45, 0.85, 0.55, 3, 0.85, 0.004, 0.02, 0.55, 0.08),
    "web form": Register(25, 0.4, 0.7, 1, 0.4, 0.006, 0.08, 0.35),
    "chat": Register(18, 0.3, 0.15, 0, 0.1, 0.015, 0.6, 0.15),
    "social": Register(7, 0.05, 0.1, 1, 0.05, 0.01, 0.3, 0.25),
    "letter": Register(4, 1.0, 0.9, 9, 1.0, 0.001, 0.0, 0.8),
    "shop": Register(5, 0.2, 0.8, 1, 0.5, 0.003, 0.0, 0.4, 0.8),
}


@dataclass(frozen=True, slots=True)
class Message:
    """One message. ``labels`` are the true labels of the taxonomy, ``unknown`` its themes without a label there."""

    id: str
    text: str
    at: datetime
    channel: str
    tier: str
    labels: tuple[str, ...]
    unknown: tuple[str, ...]


def messages(size: int = SIZE, seed: int = SEED) -> list[Message]:
    """This many messages in order of time; the same seed gives the same ones."""
    dice = Dice(seed)
    twins = round(size * TWINS)
    written = [write(dice) for _ in range(size - twins)]
    written += [twin(message, dice) for message in dice.several(written, twins)]
    written.sort(key=lambda message: (message.at, message.text))
    return [replace(message, id=f"LM-{number:05d}") for number, message in enumerate(written, 1)]


def write(dice: Dice) -> Message:
    """One message, its number still open."""
    when = moment(dice)
    channel = dice.weighted({name: register.share for name, register in REGISTERS.items()})
    register = REGISTERS[channel]
    themes = [] if dice.chance(NOTHING) else choose_themes(dice, (when - START) / timedelta(days=DAYS), register.further)
    text = compose(dice, register, themes)
    labels, unknown = judge(dice, themes)
    return Message("", text, when, channel, dice.weighted(TIERS), labels, unknown)


def moment(dice: Dice) -> datetime:
    """Some time in the year, mostly by day, with more to do in December and January."""
    day = 150 + dice.below(60) if dice.chance(0.12) else dice.below(DAYS)
    minutes = 7 * 60 + (dice.below(900) + dice.below(900)) // 2
    return START + timedelta(days=day, minutes=minutes)


def choose_themes(dice: Dice, progress: float, further: float) -> list[str]:
    """One theme or several that go together; ``progress`` is 0 on the first day and 1 on the last."""
    themes = [dice.weighted({concept.name: concept.weight * concept.trend**progress for concept in CONCEPTS})]
    while len(themes) < 4 and dice.chance(further):
        companions = {name: weight for name, weight in COMPANIONS[themes[0]].items() if name not in themes}
        if not companions:
            break
        themes.append(dice.weighted(companions))
        further *= 0.6
    return themes


def compose(dice: Dice, register: Register, themes: Sequence[str]) -> str:
    """The text: the themes' sentences in order, with what people put before, between and after them."""
    writer = Writer(dice)
    sentences = body(writer, themes) if themes else [writer.phrase("no-label")]
    for _ in range(dice.below(register.filler + 1)):
        sentences.insert(dice.below(len(sentences) + 1), writer.phrase("filler"))
    if themes and themes[0] not in WITHOUT_ORDER and dice.chance(register.context):
        sentences.insert(0, writer.phrase("context"))
    text = " ".join(sentences)
    if dice.chance(register.greeting):
        text = writer.phrase("greeting") + dice.pick(("\n\n", "\n", " ")) + text
    if dice.chance(register.closing):
        text += dice.pick(("\n\n", "\n", " ")) + writer.phrase("closing")
    if dice.chance(register.quoted):
        text = "\n".join((writer.phrase("forward-note"), writer.phrase("quote-head"), text))
    if dice.chance(register.lower):
        text = text.lower().replace(". ", dice.pick((" ", ". ", ", "))).rstrip(".")
    return misspell(text, dice, register.typos)


def body(writer: Writer, themes: Sequence[str]) -> list[str]:
    """The main theme in one to three sentences, the others mostly in one, and perhaps a theme that is not meant."""
    dice = writer.dice
    sentences = []
    for place, theme in enumerate(themes):
        count = 1 + dice.chance(0.45) + dice.chance(0.15) if place == 0 else 1 + dice.chance(0.15)
        sentences += writer.some(theme, count)
    if themes[0] not in WITHOUT_ORDER and dice.chance(ASIDE):
        aside = dice.pick([name for name in (*COMPANIONS[themes[0]], *COMPANIONS[themes[0]], *USUAL) if name not in themes])
        if f"not {aside}" in phrases():
            sentences.insert(dice.below(len(sentences) + 1), writer.phrase(f"not {aside}"))
    return sentences


def judge(dice: Dice, themes: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The labels a careful person gives to these themes, and the themes that have no label.

    People differ now and then: a further theme is overlooked, or taken for its sibling.
    """
    labels = set()
    for place, theme in enumerate(themes):
        overlooked = place > 0 and dice.chance(OVERLOOKED)
        judged = SIBLINGS.get(theme, theme) if dice.chance(MISTAKEN) else theme
        if judged in NAMES and not overlooked:
            labels.add(judged)
    return tuple(sorted(labels)), tuple(sorted(set(themes) - NAMES))


def twin(message: Message, dice: Dice) -> Message:
    """The same message sent again within days, hardly changed."""
    text = misspell(message.text, dice, 0.01)
    if dice.chance(0.4):
        text = dice.pick(("Sending this again. ", "Not sure this went through: ", "See below.\n")) + text
    later = min(message.at + timedelta(minutes=20 + dice.below(6000)), START + timedelta(days=DAYS))
    return replace(message, text=text, at=later, channel=dice.weighted({"email": 2, "web form": 2, "chat": 1}))
