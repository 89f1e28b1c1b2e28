"""What an action asks of a person, what it should bring and what it takes, in words. Pure text, no streamlit."""

from __future__ import annotations

from data.records import StoredAction
from views.wording import gain, plain, plural, promised_range

UNKNOWN_GAIN = "what it brings is not known yet"
#: What each kind of action asks for: ``{items}`` is how many, ``{theme}`` what they are about.
_ASKS = {
    "discover": "Say what {items} about “{theme}” are about",
    "low_confidence": "Decide {items} that the model is unsure of: “{theme}”",
    "shuffle": "Label {items} drawn at random",
    "rebalance": "Label {items} about “{theme}”",
    "teach": "Say which of {items} are about “{theme}”",
    "confirm": "Confirm or correct “{theme}” on {items}",
    "check": "Check whether “{theme}” is right on {items}",
    "missed": "See whether “{theme}” was overlooked on {items}",
    "search": "Find “{theme}” among {items} that hold its words",
    "merge": "Merge or keep apart “{theme}”, by {items}",
    "resolve": "Settle {items} on which people differ about “{theme}”",
    "sample": "Label {items} that the strategy has chosen",
    "second": "Judge {items} that others have judged, without seeing what they said",
}


def asks(action: StoredAction) -> str:
    """What to do, in one line of Markdown."""
    return _asking(action, plain(action.theme))


def task(action: StoredAction) -> str:
    """The same as plain text."""
    return _asking(action, action.theme)


def _asking(action: StoredAction, theme: str) -> str:
    items = plural(len(action.item_ids), "item")
    return _ASKS.get(action.kind, "Label {items}: “{theme}”").format(items=items, theme=theme)


def brings(action: StoredAction) -> str:
    """What it should bring, with the range that holds nine times in ten, as Markdown; honest words while it is unknown."""
    if action.predicted_gain is None:
        return f":gray[{UNKNOWN_GAIN}]"
    span = promised_range(action)
    return f"**{gain(action.predicted_gain)}**" + (f" :gray[({span})]" if span else "")


def takes(seconds: float) -> str:
    """A predicted time, no finer than it is known.

    >>> takes(28.0), takes(95.0), takes(3.0), takes(1500.0)
    ('about 30 s', 'about 1.5 min', 'about 5 s', 'about 25 min')
    """
    if seconds < 57.5:
        return f"about {max(5 * round(seconds / 5), 5)} s"
    minutes = seconds / 60
    return f"about {round(2 * minutes) / 2:g} min" if minutes < 10 else f"about {minutes:.0f} min"


def took(seconds: float) -> str:
    """A measured time to the second.

    >>> took(100.4), took(42.0), took(120.0), took(3725.0), took(59.7)
    ('1 min 40 s', '42 s', '2 min', '1 h 2 min', '1 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return " ".join(part for part in (f"{minutes // 60} h", f"{minutes % 60} min" if minutes % 60 else "") if part)
    return " ".join(part for part in (f"{minutes} min" if minutes else "", f"{rest} s" if rest or not minutes else "") if part)
