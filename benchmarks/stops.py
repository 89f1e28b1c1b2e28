"""What stopping costs: the rule of the stop answer, applied at several prices of a review, against the best moment to stop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from recommend.checks import APART, chance_below
from recommend.rules import Facts, Terms, met, verdicts

Record = dict[str, Any]
#: What a hundred reviews must bring in mean average precision.
PRICES = (0.01, 0.005, 0.003)
#: A stop is early when the true mean average precision still gains more than this by as many reviews again.
EARLY = 0.03


def settled(before: Record | None, now: Record, price: float) -> bool:
    """Whether the plateau's rules hold at a checkpoint, given the one before, when a hundred reviews must bring ``price``."""
    this, last = (row.get("check") if row else None for row in (now, before))
    if not this:
        return False
    facts = Facts(
        sure=0.0, low_factors=(), weak=(), idle=chance_below(this["gains"], price),
        idle_before=chance_below(last["gains"], price) if last else None, unseen=this["unseen"],
        kappa=this["kappa"], kappa_before=last["kappa"] if last else None, left=APART, reviews=0, hours=0.0,
    )  # fmt: skip
    return met(verdicts(facts, Terms()), Terms().plateau)


def stop_at(rows: Sequence[Record], price: float | None) -> int | None:
    """The place of the first checkpoint at which a run stops at this price; None is what the product itself said."""
    for k, row in enumerate(rows):
        if row["stop"] in ("ready", "plateau") if price is None else settled(rows[k - 1] if k else None, row, price):
            return k
    return None


def stops(curves: dict[tuple[str, int], list[Record]], prices: Sequence[float] = PRICES) -> pd.DataFrame:
    """For each policy, run and price: whether and where it stops, the regret in MAP, and what the next doubling still gained.

    The best moment is sought as far as the curve goes; who does not stop, stops at its end. ``doubling`` is nan where the
    curve ends before that.
    """
    table = []
    for (policy, run), rows in curves.items():
        for price in prices:
            place = stop_at(rows, price)
            stop = rows[-1 if place is None else place]
            value = [_quality(row) - price * row["reviews"] / 100.0 for row in rows]
            regret = max(value) - (_quality(stop) - price * stop["reviews"] / 100.0)
            line = {"policy": policy, "run": run, "price": price, "stopped": place is not None, "reviews": stop["reviews"]}
            best = rows[int(np.argmax(value))]["reviews"]
            table.append({**line, "best": best, "regret": regret, "doubling": doubling(rows, stop["reviews"])})
    return pd.DataFrame(table)


def doubling(rows: Sequence[Record], reviews: int) -> float:
    """What the true MAP gains from so many reviews to twice as many, on a line between checkpoints; nan beyond the curve."""
    at = [row["reviews"] for row in rows]
    if 2 * reviews > at[-1]:
        return float("nan")
    then, now = np.interp([2 * reviews, reviews], at, [_quality(row) for row in rows])
    return float(then - now)


def stop_means(table: pd.DataFrame) -> pd.DataFrame:
    """Stops by policy and price: the share that stopped, reviews, regret on the mean and at worst, and who stopped early.

    ``early`` is the share of stops that left more than .03 to the next doubling, of those ``told`` whose doubling is seen.
    """
    lines = []
    for (policy, price), part in table.groupby(["policy", "price"], sort=False):
        told = part.loc[part["stopped"] & part["doubling"].notna(), "doubling"]
        means = {name: part[name].mean() for name in ("stopped", "reviews", "best", "regret")}
        seen = {"worst regret": part["regret"].max(), "told": len(told), "doubling": told.mean()}
        early = (told > EARLY).mean() if len(told) else float("nan")
        lines.append({"policy": policy, "price": price, "runs": len(part), **means, **seen, "early": early})
    return pd.DataFrame(lines)


def answers(curves: dict[tuple[str, int], list[Record]]) -> pd.DataFrame:
    """How many runs of each policy have ever been told each answer, and the reviews at which it was first said."""
    seen = [
        {"policy": policy, "answer": answer, "reviews": next(row["reviews"] for row in rows if row["stop"] == answer)}
        for (policy, _), rows in curves.items()
        for answer in dict.fromkeys(row["stop"] for row in rows)
    ]
    grouped = pd.DataFrame(seen, columns=["policy", "answer", "reviews"]).groupby(["policy", "answer"], sort=False)["reviews"]
    return grouped.agg(runs="count", first="mean").reset_index()


def _quality(row: Record) -> float:
    return float(row["truth"]["map_all"] or 0.0)
