"""What an action has come to, said in two lines. Pure text, no streamlit."""

from __future__ import annotations

from data.records import StoredAction
from rating.records import Estimate
from recommend.effects import Moved
from views.wording import figure, gain, plural, promised_range, reach

#: Points below which a figure has stood still.
LEAST_STEP = 0.05

_UNKNOWN = "What these answers were worth is not known yet."


def worth(action: StoredAction) -> str:
    """What the answers were worth by the model, beside what was promised, as Markdown."""
    if action.realised_gain is None:
        return _UNKNOWN
    found = f"By the model's estimate these answers were worth **{gain(action.realised_gain)}**"
    if action.predicted_gain is None:
        return f"{found}; nothing was predicted."
    span = f" ({promised_range(action)})" if promised_range(action) else ""
    return f"{found}; {gain(action.predicted_gain)}{span} were predicted."


def rating_line(moved: Moved, answers: int, others: int) -> str:
    """What the rating is and was, and whether so many answers can tell that from chance, as Markdown.

    ``others`` is how many other decisions, and undos, lie between the two ratings.

    >>> print(rating_line(Moved("Model Rating", Estimate(61.6, 54.0, 68.0), Estimate(54.0, 47.0, 60.0)), 10, 0))
    The Model Rating is now **54** (47 to 60); it was 62 (54 to 68). 10 answers cannot tell such a change from chance.
    >>> print(rating_line(Moved("Model Rating", Estimate(40.0, 38.0, 42.0), Estimate(54.0, 52.0, 56.0)), 10, 3))
    The Model Rating is now **54** (52 to 56); it was 40 (38 to 42). 3 other decisions or undos lie between.
    >>> print(rating_line(Moved("Model Rating", Estimate(54.0, 47.0, 60.0), Estimate(54.01, 47.0, 60.0)), 1, 0))
    The Model Rating stands at **54** (47 to 60), as before.
    """
    if moved.change is not None and abs(moved.change) < LEAST_STEP:
        lines = [f"The {moved.name} stands at **{figure(moved.after.value)}**{_span(moved.after)}, as before."]
    else:
        chance = [f"{plural(answers, 'answer')} cannot tell such a change from chance."]
        lines = [_from_to(moved), *(chance if moved.clear is False else [])]
    if others > 0:
        lines.append("1 other decision or undo lies between." if others == 1 else
                     f"{others:,} other decisions or undos lie between.")  # fmt: skip
    return " ".join(lines)


def _from_to(moved: Moved) -> str:
    return (f"The {moved.name} is now **{figure(moved.after.value)}**{_span(moved.after)}; "
            f"it was {figure(moved.before.value)}{_span(moved.before)}.")  # fmt: skip


def _span(estimate: Estimate) -> str:
    return f" ({reach(estimate)})" if reach(estimate) else ""
