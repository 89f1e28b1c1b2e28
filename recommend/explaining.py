"""What each number on the Overview is: its definition, how it is computed, from what, and which model and revision it is of.

The one place of these words; pages and reports take them from here. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from rating.records import Factor, LabelHealth, Rating
from recommend.effort import RECENT, Effort, Speed
from recommend.records import Stop
from recommend.wording import UNKNOWN, duration, figure, hours, plural, reach

WorkFigure = Literal["items", "labels", "people", "active", "throughput"]
#: The title of each figure of the work done.
WORK_TITLES: dict[WorkFigure, str] = {
    "items": "Items reviewed",
    "labels": "Labels assigned",
    "people": "People",
    "active": "Active time",
    "throughput": "Items an hour",
}
DEFINITIONS: dict[str, str] = {
    "rating": "How good the model is, and how far that can be relied on, in one number: 0 is useless, 100 perfect.",
    "interval": "The range that should hold the true rating nine times of ten. The more is reviewed, the narrower it gets.",
    "all_labels": "How well the model finds the items of each label and leaves out the others: the mean of all labels, on all "
    "items of the project and not only on the reviewed ones.",
    "underperforming": "The same for the tenth of the labels that the model knows least: a good average may hide them.",
    "coverage": "How much of what is in the items is caught: by a label that exists, and by a prediction that is sure enough.",
    "balance": "How far the reviewed items are a fair picture of all items. What is judged on a skewed sample misleads.",
    "hours": "How long one person has to go on labelling until the rating reaches what the profile asks for.",
    "items": "Items that somebody has judged and nobody has only skipped, each counted once however many people judged it.",
    "labels": "Labels that were given to items, counted apart from the items: one item may carry several, or none.",
    "people": "Who has judged anything that still stands. Judgements of a file that names nobody are nobody's.",
    "active": "Time in which people were really at it, by their judgements: breaks are left out.",
    "throughput": "How many judgements one hour of active time holds, in the newest week in which people were timed.",
}
FORMULAS: dict[str, str] = {
    "rating": "The four factors, each as a share of 1, are raised to their weights and multiplied; times 100. So a weak factor "
    "cannot be made up for by a strong one.",
    "interval": "What the model believes of every item is drawn many times over as it could as well be, and the rating computed "
    "of each draw. The range goes from the lowest but 5 % to the highest but 5 % of these ratings.",
    "all_labels": "For each label all items are put in the order in which the model believes in it; average precision says how "
    "far its items come first. It is computed from calibrated chances, those of a reviewed item without its own review. The mean "
    "over the labels with an example, times 100.",
    "underperforming": "Average precisions are drawn many times over as they could as well be; of each draw the mean of the "
    "lowest tenth of the labels, at least one; the mean of those, times 100.",
    "coverage": "Of all that labels say of all items, the share expected to lie above the labels' thresholds; times the share "
    "that the taxonomy does not lack; times 100.",
    "balance": "1 less the distance between the reviewed items and all items, beyond what chance makes of a random sample, by "
    "themes or by what a model can tell them by, whichever finds more; times 100.",
    "hours": "The forecast says how many more reviews bring the rating to the target, from few to many (10 % to 90 % sure); "
    "times what one item takes.",
    "items": "A count. An item whose judgements were all taken back, or that was only skipped, is not counted.",
    "labels": "Of each person's last standing judgement of an item the labels it assigns, added up.",
    "people": "A count of the names under which judgements stand.",
    "active": "The active seconds of all standing judgements whose time is known, added up.",
    "throughput": f"Of the {RECENT} days up to the newest judgement whose time is known: the judgements whose time is known, "
    "divided by their active hours. What came before is told apart.",
}


@dataclass(frozen=True, slots=True)
class Input:
    """One value that a number is computed from, in words, with a ``note`` on it."""

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything behind one number. ``span`` is its 90 % interval in words, empty without; ``belongs`` what it is of."""

    key: str
    title: str
    value: str
    span: str
    definition: str
    formula: str
    inputs: tuple[Input, ...]
    belongs: str


def belongs(rating: Rating, at: str) -> str:
    """The model version, the revision and the moment (ISO-8601, UTC) that a rating's numbers are of."""
    return f"model {rating.model_version} · revision {rating.revision} · computed {at[:16].replace('T', ' ')} UTC"


def explained(key: str, title: str, value: str, inputs: tuple[Input, ...], of: str, span: str = "") -> Explanation:
    """An explanation with the words of its key."""
    return Explanation(key, title, value, span, DEFINITIONS[key], FORMULAS[key], inputs, of)


def rating_explained(rating: Rating, at: str) -> Explanation:
    """The Model Rating: its factors, what each weighs and costs."""
    inputs = tuple(
        Input(f.title, figure(f.score.value), f"weighs {figure(f.weight, 'share')}{_cost(rating, f)}") for f in rating.factors
    )
    return explained("rating", "Model Rating", figure(rating.score.value), inputs, belongs(rating, at), reach(rating.score))


def _cost(rating: Rating, factor: Factor) -> str:
    """What a factor takes from the rating: how many points it would be more if the factor were perfect."""
    if rating.score.value is None or not factor.score.value:
        return ""
    more = rating.score.value * ((100.0 / factor.score.value) ** factor.weight - 1.0)
    return f"; if it were 100, the rating would be {more:.1f} points higher"


def interval_explained(rating: Rating, at: str) -> Explanation:
    """The interval of the Model Rating: how wide it is, what widened it, and what narrows it."""
    score, config = rating.score, rating.config.get("rating", {})
    wide = None if score.low is None or score.high is None else score.high - score.low
    widest = max(rating.factors, key=lambda f: (f.score.high or 0.0) - (f.score.low or 0.0), default=None)
    inputs = [
        Input("Width", UNKNOWN if wide is None else f"{wide:.0f} points"),
        Input("Reviewed", f"{rating.reviewed:,} of {plural(rating.population, 'item')}", "Shuffle narrows every factor."),
    ]
    if "draws" in config:
        inputs.append(Input("Draws", f"{config['draws']:,}"))
    if widest is not None and wide is not None:
        inputs.append(Input("Least certain factor", widest.title, f"{reach(widest.score)}: more examples of its labels help most."
                            if widest.key in ("all_labels", "underperforming") else reach(widest.score)))  # fmt: skip
    inputs += [Input("Widened", "", note) for note in rating.notes]
    return explained("interval", "How sure the rating is", reach(score) or UNKNOWN, tuple(inputs), belongs(rating, at))


def factor_explained(factor: Factor, rating: Rating, at: str) -> Explanation:
    """One factor: how it is computed and what it weighs; its contributors stand with it."""
    inputs = [
        Input("Weight in the rating", figure(factor.weight, "share"), _cost(rating, factor).removeprefix("; ").capitalize()),
        Input("Reviewed", f"{rating.reviewed:,} of {plural(rating.population, 'item')}"),
    ]
    known = [label for label in rating.labels if label.ap.value is not None]
    if factor.key in ("all_labels", "underperforming"):
        inputs.append(Input("Labels with an example", f"{len(known)} of {len(rating.labels)}"))
    return explained(
        factor.key, factor.title, figure(factor.score.value), tuple(inputs), belongs(rating, at), reach(factor.score)
    )


def weakest_labels(rating: Rating, count: int) -> tuple[LabelHealth, ...]:
    """The labels likeliest to be among the worst, the likeliest first."""
    return tuple(sorted((label for label in rating.labels if label.worst), key=lambda label: -(label.worst or 0.0))[:count])


def hours_explained(rating: Rating, stop: Stop, target: float, seconds_an_item: float, at: str) -> Explanation:
    """The hours left to the target: as a range, or why they are not known."""
    score = rating.score.value
    if stop.hours is not None:
        value = hours(stop.hours)
    else:
        value = "None: the rating is at its target" if score is not None and score >= target else "Cannot be foreseen yet"
    inputs = [
        Input("Target", f"{target:.0f}", "What the profile asks for."),
        Input("Model Rating now", figure(score), reach(rating.score)),
        Input("One item takes", duration(seconds_an_item), "As measured here where enough is known, else as usual."),
    ]
    if stop.hours is not None:
        least, most = (f"{3600 * value / seconds_an_item:,.0f}" for value in stop.hours)
        inputs.append(Input("Reviews to the target", f"{least} to {most}"))
    if stop.gain_per_hour is not None:
        inputs.append(Input("The next hour brings", f"about {stop.gain_per_hour:.1f} points"))
    return explained("hours", "Labelling left", value, tuple(inputs), belongs(rating, at))


def work_explained(key: WorkFigure, effort: Effort, reviewed: int, population: int, of: str) -> Explanation:
    """One figure of the work done; ``of`` says of which revision it is."""
    return explained(
        key, WORK_TITLES[key], work_value(key, effort, reviewed), _WORK_INPUTS[key](effort, reviewed, population), of
    )


def work_value(key: WorkFigure, effort: Effort, reviewed: int) -> str:
    """A figure of the work done in words."""
    if key == "items":
        return f"{reviewed:,}"
    if key == "labels":
        return f"{effort.labels:,}"
    if key == "people":
        return f"{len(effort.people):,}"
    if key == "active":
        return UNKNOWN.capitalize() if effort.seconds is None else duration(effort.seconds)
    return UNKNOWN.capitalize() if effort.recent is None else f"{effort.recent.per_hour:,.0f}"


def _items(effort: Effort, reviewed: int, population: int) -> tuple[Input, ...]:
    return (
        Input("Items of the project", f"{population:,}", f"{figure(reviewed / population, 'share')} of them are reviewed."
              if population else ""),
        Input("Judgements", f"{effort.judgements:,}", "Each person's last one of an item."),
        Input("By file", f"{effort.imported:,}", "Judgements that were imported."),
    )  # fmt: skip


def _labels(effort: Effort, reviewed: int, population: int) -> tuple[Input, ...]:
    each = f"{effort.labels / effort.judgements:.1f} a judgement." if effort.judgements else ""
    return (
        Input("Assigned", f"{effort.labels:,}", each),
        Input("Confirmed", f"{effort.confirmed:,}", "Assigned after the model had suggested them."),
        Input("Dismissed", f"{effort.dismissed:,}", "Expressly refused: they teach the model what a label is not."),
    )


def _people(effort: Effort, reviewed: int, population: int) -> tuple[Input, ...]:
    return (Input("Names", ", ".join(effort.people) or "none"),)


def _active(effort: Effort, reviewed: int, population: int) -> tuple[Input, ...]:
    mean = "" if effort.seconds is None else f"{duration(effort.seconds / effort.timed)} each, on average."
    return (Input("Judgements whose time is known", f"{effort.timed:,}", mean),)


def _throughput(effort: Effort, reviewed: int, population: int) -> tuple[Input, ...]:
    return (
        _speed(f"The newest {RECENT} days of work", effort.recent),
        _speed("All before", effort.earlier),
    )


def _speed(name: str, speed: Speed | None) -> Input:
    if speed is None:
        return Input(name, UNKNOWN, "No judgement there has a known time.")
    return Input(name, f"{speed.per_hour:,.0f} an hour", f"{plural(speed.timed, 'judgement')} in {duration(speed.seconds)}, "
                 f"{speed.first} to {speed.last}.")  # fmt: skip


_WORK_INPUTS = {"items": _items, "labels": _labels, "people": _people, "active": _active, "throughput": _throughput}
