"""What an action has come to, said in two lines. Pure text, no streamlit."""

from __future__ import annotations

from data.records import StoredAction
from rating.records import Estimate
from recommend.effects import Moved
from views.wording import figure, gain, plural, promised_range, reach

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
    """
    lines = [f"The {moved.name} is now **{figure(moved.after.value)}**{_span(moved.after)}; "
             f"it was {figure(moved.before.value)}{_span(moved.before)}."]  # fmt: skip
    if moved.clear is False:
        lines.append(f"{plural(answers, 'answer')} cannot tell such a change from chance.")
    if others > 0:
        lines.append("1 other decision or undo lies between." if others == 1 else
                     f"{others:,} other decisions or undos lie between.")  # fmt: skip
    return " ".join(lines)


def _span(estimate: Estimate) -> str:
    return f" ({reach(estimate)})" if reach(estimate) else ""
