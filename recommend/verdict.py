"""What a simulation says: what each strategy needs to reach one quality, in reviews and in hours, and the answer in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from recommend.curves import Curve, mean_reached
from recommend.replay import HANDED_OVER, TITLES

Axis = Literal["reviews", "work", "clock"]
#: Held-out items, and reviewed ones drawn at random, below which figures are rough or tell of the reviewed items alone.
FEW_HELD, SHUFFLED = 150, 0.5
#: A rise of the mean average precision that is not worth comparing.
FLAT = 0.02


@dataclass(frozen=True)
class Line:
    """What a strategy needs to reach the target, means over its runs; nan where a run never reaches it.

    ``work`` are hours of an annotator, ``clock`` those with handing over and retraining; ``spread`` is the standard deviation of
    ``reviews``. ``area`` is the mean quality (0-1) over the reviews that all strategies have.
    """

    strategy: str
    title: str
    reviews: float
    spread: float
    work: float
    clock: float
    area: float


def curves_of(result: Mapping[str, Any], strategy: str, axis: Axis, waiting: float = 0.0, *, aided: bool = True) -> list[Curve]:
    """A strategy's runs against one kind of cost; ``waiting`` are the hours that each batch handed over takes besides.

    Who hands batches over labels without suggestions; the others with them unless ``aided`` is False.
    """
    runs = next(curve["runs"] for curve in result["curves"] if curve["strategy"] == strategy)
    whole = strategy == HANDED_OVER
    found = []
    for run in runs:
        hours = np.array(run["unaided" if whole or not aided else "hours"])
        clock = hours + (waiting * np.array(run["rounds"]) if whole else 0.0)
        cost = {"reviews": np.array(run["reviews"], dtype=float), "work": hours, "clock": clock}[axis]
        found.append(Curve(cost, np.array(run["quality"]), stepped=whole))
    return found


def strategies_of(result: Mapping[str, Any]) -> list[str]:
    """The strategies that were replayed."""
    return [curve["strategy"] for curve in result["curves"]]


def usual_target(result: Mapping[str, Any]) -> float | None:
    """The quality that four fifths of the rise lead to, rounded down to .01; None where the model hardly rose at all.

    None as well where its quality is unknown in one of the runs.
    """
    runs = [run for curve in result["curves"] for run in curve["runs"]]
    begin = float(np.max([run["quality"][0] for run in runs]))  # nan where one is
    end = float(np.min([np.max(run["quality"]) for run in runs]))
    return None if not end - begin >= FLAT else float(np.floor(100 * (begin + 0.8 * (end - begin)) + 1e-6) / 100)


def lines(result: Mapping[str, Any], target: float, waiting: float) -> list[Line]:
    """Every strategy at the target, in the order replayed."""
    names = strategies_of(result)
    furthest = min(curve.cost[-1] for name in names for curve in curves_of(result, name, "reviews"))
    return [_line(result, name, target, waiting, furthest) for name in names]


def _line(result: Mapping[str, Any], name: str, target: float, waiting: float, furthest: float) -> Line:
    by_reviews = curves_of(result, name, "reviews")
    reviews, spread = mean_reached(by_reviews, target)
    work, clock = (mean_reached(curves_of(result, name, axis, waiting), target)[0] for axis in _HOURS)
    grid = np.linspace(by_reviews[0].cost[0], furthest, 50)
    area = float(np.mean([curve.at(grid) for curve in by_reviews]))
    return Line(name, TITLES.get(name, name), reviews, spread, work, clock, area)


_HOURS: tuple[Axis, Axis] = ("work", "clock")


def answer(found: Sequence[Line], target: float) -> list[str]:
    """The first strategy held against each of the others, in sentences."""
    if not found:
        return []
    first, *others = found
    if np.isnan(first.reviews):
        return [f"{first.title} did not reach {target:.2f} in every run. Choose a lower target."]
    if not others:
        return [f"{first.title} reached {target:.2f} after {first.reviews:,.0f} reviews, {hours(first.work)} of work."]
    return [_against(first, other, target) for other in others]


def _against(first: Line, other: Line, target: float) -> str:
    here = f"{first.title} reached {target:.2f} after {first.reviews:,.0f} reviews"
    if np.isnan(other.reviews):
        return f"{here}; {_small(other.title)} did not reach it in every run."
    ratio = other.reviews / first.reviews
    fewer, more = f"{ratio:.1f} times fewer", f"{1 / ratio:.1f} times as many"
    compared = fewer if ratio >= 1.05 else more if ratio <= 0.95 else "about as many"
    waits = other.clock > other.work
    clock = f", and on the clock {hours(first.clock)} instead of {hours(other.clock)}" if waits else ""
    here_takes, there_takes = hours(first.work), hours(other.work)
    work = f"{here_takes} of work {'either way' if here_takes == there_takes else f'instead of {there_takes}'}"
    return f"{here}, {_small(other.title)} after {other.reviews:,.0f}: {compared}; {work}{clock}."


def _small(title: str) -> str:
    return title if title.startswith("Plateau") else title[:1].lower() + title[1:]


def hours(value: float) -> str:
    """Hours in words, minutes while they are few.

    >>> hours(0.02), hours(0.5), hours(3.26), hours(104.2)
    ('1 min', '30 min', '3.3 h', '104 h')
    """
    if value < 1.0:
        return f"{60 * value:.0f} min"
    return f"{value:.1f} h" if value < 10 else f"{value:.0f} h"


def caveats(result: Mapping[str, Any]) -> list[str]:
    """What the figures cannot tell, given what they rest on."""
    found = [
        f"Of {result['reviewed']:,} reviewed items {result['held']:,} were held out to measure by. A strategy could only choose "
        f"among the other {result['pool']:,}; with all items to choose from, the differences are usually larger."
    ]
    if result["held"] < FEW_HELD:
        found.append(f"{result['held']:,} held-out items are few: a difference of some reviews may be chance.")
    if result["shuffled"] < SHUFFLED:
        found.append(
            f"Only {result['shuffled']:.0%} of the reviewed items came at random, the others were chosen: random means "
            "here random among these, not among all items."
        )
    if HANDED_OVER in strategies_of(result):
        found.append(f"{result['handed_over']:,} items are handed over at a time, at most a third of those to choose from.")
    return found
