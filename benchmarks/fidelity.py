"""How true the estimates are: error, bias, coverage and width of each, of the forecast, and the list of worst labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from rating.factors import worst_count

Record = dict[str, Any]
Pair = tuple[list[float], float]

#: Every estimate with the truth it is held against.
ESTIMATES: dict[str, str] = {
    "map": "map", "worst": "worst", "missing_mass": "missing_mass", "coverage": "coverage",
    "message_coverage": "message_coverage", "balance": "balance", "rating": "rating",
}  # fmt: skip
SINCE = (200, 500, 1000, 2000)
#: Average precision on fewer hold-out examples than this says more of them than of the model.
ENOUGH = 5
#: A checkpoint with this share more or fewer reviews than foreseen still tells whether the forecast came true.
NEAR = 0.05


def fidelity(records: Sequence[Record]) -> pd.DataFrame:
    """Mean absolute error, bias, coverage of the 90 % interval and half width of every estimate, by policy and reviews.

    ``label_ap`` pools the labels; ``map_wide`` holds the same estimate as ``map`` against a truth on more items.
    """
    table = []
    for policy, since, chosen in _parts(records):
        for name, pairs in estimates(chosen).items():
            if pairs:
                table.append({"policy": policy, "n >=": since, "estimate": name, **errors(pairs)})
    return pd.DataFrame(table)


def estimates(records: Sequence[Record]) -> dict[str, list[Pair]]:
    """Pairs of [value, low, high] and truth for each estimate; what cannot be told is left out."""
    rated = [r for r in records if r["estimate"]]
    pairs = {name: _pairs(rated, name, truth) for name, truth in {**ESTIMATES, "map_wide": "map_wide"}.items()}
    pairs["label_ap"] = [pair for r in rated for pair in label_pairs(r, 1)]
    pairs["label_ap_5"] = [pair for r in rated for pair in label_pairs(r, ENOUGH)]
    return pairs


def _pairs(records: Sequence[Record], name: str, truth: str) -> list[Pair]:
    both = [(r["estimate"].get("map" if name == "map_wide" else name), r["truth"].get(truth)) for r in records]
    return [(e, t) for e, t in both if e is not None and e[0] is not None and t is not None]


def label_pairs(record: Record, least: int) -> list[Pair]:
    """Estimate and truth of every label with an example and at least so many positives in the hold-out."""
    told, held = record["estimate"].get("labels", {}), record["truth"].get("held_positives", {})
    true = record["truth"].get("labels", {})
    return [(told[name], true[name]) for name in true if told.get(name, [None])[0] is not None and held.get(name, 0) >= least]


def errors(pairs: Sequence[Pair]) -> dict[str, float]:
    """What pairs of [value, low, high] and truth say; an end that is not known bounds nothing."""
    rows = [(e[0], -np.inf if e[1] is None else e[1], np.inf if e[2] is None else e[2], t) for e, t in pairs]
    value, low, high, truth = np.array(rows, dtype=float).T
    return {
        "MAE": float(np.abs(value - truth).mean()),
        "bias": float((value - truth).mean()),
        "coverage": float(((low <= truth) & (truth <= high)).mean()),
        "half width": float(((high - low) / 2.0).mean()),
    }


def forecasts(records: Sequence[Record]) -> pd.DataFrame:
    """The forecast for as many reviews again: error of the gain, and coverage of the range, once that is known.

    The gain is foreseen from the estimate and held against the gain of the truth.
    """
    table = []
    for policy, since, chosen in _parts(records):
        known = [(r, later) for r in chosen if (later := _later(r, records)) is not None]
        for name in [name for name in ESTIMATES if known and name in known[0][0]["estimate"]["forecast"]]:
            table.append({"policy": policy, "n >=": since, "estimate": name, **_came_true(name, known)})
    return pd.DataFrame(table)


def _came_true(name: str, known: Sequence[tuple[Record, Record]]) -> dict[str, float]:
    """What checkpoints and those they speak of say of the forecast of one estimate."""
    foreseen = [r["estimate"]["forecast"][name] for r, _ in known]
    gain = np.array([f[0] - r["estimate"][name][0] for f, (r, _) in zip(foreseen, known, strict=True)])
    real = np.array([later["truth"][name] - r["truth"][name] for r, later in known])
    level = errors([(f, later["truth"][name]) for f, (_, later) in zip(foreseen, known, strict=True)])
    return {
        "gain": float(real.mean()), "MAE": float(np.abs(gain - real).mean()), "bias": float((gain - real).mean()),
        "MAE of the level": level["MAE"], "coverage": level["coverage"], "half width": level["half width"],
    }  # fmt: skip


def _later(record: Record, records: Sequence[Record]) -> Record | None:
    """The checkpoint of the same run that a forecast speaks of."""
    if "forecast" not in record["estimate"]:
        return None
    wanted = record["reviews"] + record["estimate"]["forecast"]["more"]
    same = [r for r in records if all(r.get(k) == record.get(k) for k in ("data", "top_labels", "policy", "run", "seed"))]
    near = min(same, key=lambda r: abs(r["reviews"] - wanted))
    return near if abs(near["reviews"] - wanted) <= NEAR * wanted and near["truth"]["map"] is not None else None


def worst_lists(records: Sequence[Record]) -> pd.DataFrame:
    """Of the k labels named as the worst tenth, the share that truly are among the worst k and among the worst 2k."""
    table = []
    for policy, since, chosen in _parts(records):
        shares = [share for r in chosen if (share := _named_rightly(r)) is not None]
        if shares:
            first, second = np.array(shares).mean(axis=0)
            table.append({"policy": policy, "n >=": since, "in worst k": float(first), "in worst 2k": float(second)})
    return pd.DataFrame(table)


def _named_rightly(record: Record) -> tuple[float, float] | None:
    true = record["truth"].get("labels", {})
    named = [name for name in record["estimate"].get("weakest", []) if name in true]
    if not named:
        return None
    order, k = sorted(true, key=lambda name: true[name]), worst_count(len(true))
    return sum(n in order[:k] for n in named) / len(named), sum(n in order[: 2 * k] for n in named) / len(named)


def with_means(table: pd.DataFrame) -> pd.DataFrame:
    """The table with the mean over its policies, in which each policy weighs the same; as it is for a single policy."""
    if table.empty or table["policy"].nunique() < 2:
        return table
    keys = [key for key in ("n >=", "estimate") if key in table]
    mean = table.drop(columns="policy").groupby(keys, sort=False).mean().reset_index()
    return pd.concat([table, mean.assign(policy="mean")], ignore_index=True)


def side_by_side(table: pd.DataFrame) -> pd.DataFrame:
    """One row for each estimate and policy, with a column for each figure and number of reviews."""
    if table.empty:
        return table
    keys = [key for key in ("estimate", "policy") if key in table]
    figures = [column for column in table if column not in (*keys, "n >=")]
    wide = table.pivot_table(index=keys, columns="n >=", values=figures, sort=False)
    order = pd.MultiIndex.from_product([table[key].unique() for key in keys]) if len(keys) > 1 else table[keys[0]].unique()
    wide = wide.reindex([row for row in order if row in wide.index])
    wide.columns = [f"{figure} {since}" for figure, since in wide.columns]
    return wide.rename_axis(keys).reset_index()


def _parts(records: Sequence[Record]) -> Iterator[tuple[str, int, list[Record]]]:
    """The rated checkpoints of every policy from each number of reviews on."""
    for policy in dict.fromkeys(r["policy"] for r in records):
        for since in SINCE:
            yield policy, since, [r for r in records if r["policy"] == policy and r["reviews"] >= since and r["estimate"]]
