"""How a label's figures and history are said. Pure text, no streamlit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from data.layout import own_version
from data.records import Label, LabelEvent, Review
from data.store.reviews import counted
from rating.operating import Counts
from rating.thresholds import Cut
from recommend.labelview import Confused, ListKey
from recommend.serving import Served
from views.wording import plain, plural, title_of

#: Each list of items with its name, what it shows, what to say when it is empty, and what its button does.
LISTS: dict[ListKey, tuple[str, str, str, str]] = {
    "missed": ("Model says yes", "Reviewed without the label, though the model gives it: was it overlooked?",
               "No reviewed item without the label is given it at this threshold.", "See whether it was overlooked"),
    "check": ("Model says no", "Reviewed with the label, though the model does not give it: does it belong there?",
              "Every reviewed item with the label is given it at this threshold.", "Check them"),
    "typical": ("Typical", "Reviewed with the label, and what the model is surest of: this is how it understands the label.",
                "No reviewed item with the label reaches this threshold.", "Look at them again"),
    "teach": ("Borderline", "Not reviewed yet, and nearest to the threshold: each answer draws the line.",
              "Every item is reviewed.", "Label them"),
    "confirm": ("Surest new ones", "Not reviewed yet, and what the model is surest of: a glance tells whether it is right.",
                "No item without a review reaches this threshold.", "Confirm them"),
}  # fmt: skip
_EVENTS = {
    "created": "Created", "described": "Described anew", "retired": "Retired", "revived": "Taken into use again",
    "renamed": "Renamed from “{before}” to “{after}”", "merged": "Merged into “{after}”",
    "separated": "Merge into “{before}” taken back", "reset": "Learned anew: what was judged before does not count",
    "restored": "Learning anew taken back: what was judged before counts again",
}  # fmt: skip
#: What another label's event is to the label that it was merged into.
_OTHERS = {"merged": "“{before}” merged into it", "separated": "Merge of “{after}” taken back"}


def cut_words(cut: Cut | None, found: Counts) -> str:
    """What a threshold brings, in items, as Markdown.

    >>> cut_words(Cut(0.4, 0.75, 0.9, 0.1), Counts(200, 50.0, 17.0, 167.0))
    '**200 items** are found. Of a hundred of them about **25 are wrong**. Of about 167 that carry the label, **17 are missed**.'
    """
    if cut is None or not found.found:
        return f"**Nothing is found**: no item reaches this threshold. About {round(found.expected):,} items carry the label."
    wrong = 100.0 * (1.0 - cut.precision)
    some = "less than one is" if 0 < wrong < 0.5 else f"{round(wrong)} {'is' if round(wrong) == 1 else 'are'}"
    missed = f"{round(found.missed):,} {'is' if round(found.missed) == 1 else 'are'}"
    return (
        f"**{plural(found.found, 'item')}** {'is' if found.found == 1 else 'are'} found. Of a hundred of them about **{some} "
        f"wrong**. Of about {round(found.expected):,} that carry the label, **{missed} missed**."
    )


def other_model(served: Served | None) -> str:
    """Whose figures are whose, where another model than Plateau's newest, or an earlier version, is in charge; else empty."""
    if served is None or not served.model:
        return ""
    return (
        f"The thresholds are by {plain(served.version)}, which is in charge. Average precision and all "
        f"other figures are those of Plateau's newest model, {served.rating.model_version}."
    )


def predictions_of(served: Served) -> str:
    """Which predictions of reviewed items are shown, to be said after that word: only Plateau's own are held out by it."""
    if not served.model:
        return "that had not seen them"
    return f"of {plain(served.version)}" + ("" if own_version(served.model) is None else " that had not seen them")


def judged_by(reviews: Iterable[Review]) -> str:
    """Who gave the one of an item's standing reviews that counts, and when; that it was skipped, or not reviewed."""
    found = counted(reviews)
    if not found:
        return "not reviewed"
    did = "reviewed" if found[0].state == "reviewed" else "skipped"
    return f"{did} by {plain(found[0].annotator)}, {found[0].at[:10]}"


def history_of(label: Label, events: Iterable[LabelEvent]) -> list[tuple[str, str]]:
    """What became of a label: the day and the change in words, newest first. ``events`` are all, oldest first.

    Others were merged into it under the name that it had then.
    """
    name, told = label.name, list[tuple[str, str]]()
    for event in reversed(list(events)):
        own = event.name == label.name
        target = {"merged": event.after, "separated": event.before}.get(event.kind)
        if own or target == name:
            words = (_EVENTS if own else _OTHERS)[event.kind]
            told.append((event.at[:10], words.format(before=plain(event.before or ""), after=plain(event.after or ""))))
        if own and event.kind == "renamed":
            name = event.before or name
    return told


def shares(counts: Mapping[str, int], *, kinds: bool = False) -> str:
    """Counts by name in a line, the most first.

    >>> shares({"teach": 12, "import": 3}, kinds=True), shares({"ann": 2})
    ('Teach label 12 · Import 3', 'ann 2')
    """
    return " · ".join(f"{title_of(name) if kinds else plain(name)} {count:,}" for name, count in counts.items())


def confused_words(other: Confused, name: str) -> str:
    """How often two labels are taken for each other, in words.

    >>> confused_words(Confused(2, "Late", 3, 0), "Lost")
    '3 items of Late were taken for Lost'
    """
    told = []
    if other.taken:
        told.append(f"{plural(other.taken, 'item')} of {plain(other.name)} {_were(other.taken)} taken for {plain(name)}")
    if other.lost:
        told.append(f"{plural(other.lost, 'item')} of {plain(name)} {_were(other.lost)} taken for {plain(other.name)}")
    return "; ".join(told)


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
