"""What trajectories say: reviews and hours to given precision, ratios to random, errors and coverage of the estimates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

Record = dict[str, Any]
TARGETS = (0.80, 0.85, 0.88)
ESTIMATES = ("map", "worst", "missing_mass", "coverage", "balance", "rating")
SINCE = (200, 500, 1000)


def curves(records: Sequence[Record]) -> dict[tuple[str, int], list[Record]]:
    """The records of each policy and run, in order of reviews."""
    grouped: dict[tuple[str, int], list[Record]] = defaultdict(list)
    for record in records:
        grouped[record["policy"], record["run"]].append(record)
    return {key: sorted(rows, key=lambda r: r["reviews"]) for key, rows in grouped.items()}


def reaching(rows: Sequence[Record], target: float, of: str = "reviews") -> float:
    """Reviews (or seconds) at which the true MAP first reaches the target, between checkpoints by a line; nan if never."""
    quality = [r["truth"]["map_all"] or 0.0 for r in rows]
    for k, value in enumerate(quality):
        if value >= target:
            if k == 0:
                return float(rows[0][of])
            share = (target - quality[k - 1]) / (value - quality[k - 1])
            return float(rows[k - 1][of] + share * (rows[k][of] - rows[k - 1][of]))
    return float("nan")


def efficiency(records: Sequence[Record]) -> pd.DataFrame:
    """Reviews and SME hours to each precision, mean over runs; nan while a run has not reached it."""
    grouped = curves(records)
    table = []
    for policy in dict.fromkeys(policy for policy, _ in grouped):
        runs = [rows for (name, _), rows in grouped.items() if name == policy]
        line: dict[str, object] = {"policy": policy, "runs": len(runs)}
        for target in TARGETS:
            line[f"reviews to {target:.2f}"] = float(np.mean([reaching(rows, target) for rows in runs]))
            line[f"hours to {target:.2f}"] = float(np.mean([reaching(rows, target, "sme_seconds") for rows in runs])) / 3600.0
        table.append(line)
    return pd.DataFrame(table)


def ratios(table: pd.DataFrame) -> pd.DataFrame:
    """How many times the reviews of each policy random needs; empty without a random policy."""
    if "random" not in set(table["policy"]):
        return pd.DataFrame()
    columns = [column for column in table.columns if column.startswith("reviews")]
    base = table.loc[table["policy"] == "random", columns].iloc[0]
    return pd.concat([table["policy"], base / table[columns]], axis=1)


def fidelity(records: Sequence[Record]) -> pd.DataFrame:
    """Mean absolute error, bias, coverage of the 90 % interval and half width of every estimate, by policy and reviews."""
    table = []
    for policy in dict.fromkeys(r["policy"] for r in records):
        for since in SINCE:
            chosen = [r for r in records if r["policy"] == policy and r["reviews"] >= since and r["estimate"]]
            for name in ESTIMATES:
                pairs = [(r["estimate"][name], r["truth"].get(name)) for r in chosen]
                known = [(e, t) for e, t in pairs if t is not None and e[0] is not None]
                if known:
                    table.append({"policy": policy, "n >=": since, "estimate": name, **_errors(known)})
    return pd.DataFrame(table)


def _errors(pairs: Sequence[tuple[list[float], float]]) -> dict[str, float]:
    value, low, high, truth = (np.array(column, dtype=float) for column in zip(*[(*e, t) for e, t in pairs], strict=True))
    return {
        "MAE": float(np.abs(value - truth).mean()),
        "bias": float((value - truth).mean()),
        "coverage": float(((low <= truth) & (truth <= high)).mean()),
        "half width": float(((high - low) / 2.0).mean()),
    }


def stops(records: Sequence[Record], worth: Sequence[float] = (0.01, 0.005, 0.003)) -> pd.DataFrame:
    """Where each run first says ready or plateau, and the regret in MAP at a worth per 100 reviews."""
    table = []
    for (policy, run), rows in curves(records).items():
        stop = next((r for r in rows if r["stop"] in ("ready", "plateau")), rows[-1])
        line: dict[str, object] = {"policy": policy, "run": run, "answer": stop["stop"], "reviews": stop["reviews"]}
        for price in worth:
            value = [(r["truth"]["map_all"] or 0.0) - price * r["reviews"] / 100.0 for r in rows]
            line[f"regret at {price}"] = max(value) - ((stop["truth"]["map_all"] or 0.0) - price * stop["reviews"] / 100.0)
        table.append(line)
    return pd.DataFrame(table)


def promises(records: Sequence[Record]) -> pd.DataFrame:
    """Correlation of predicted with realised gain of actions, and their ratio, by kind and for all."""
    rows = [a for r in records for a in r["actions"] if a["predicted"] is not None]
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    groups = [("all", frame), *frame.groupby("kind")]
    return pd.DataFrame(
        [
            {
                "kind": kind,
                "actions": len(part),
                "correlation": part["predicted"].corr(part["realised"]) if len(part) > 2 else float("nan"),
                "realised / predicted": part["realised"].sum() / max(part["predicted"].sum(), 1e-9),
            }
            for kind, part in groups
        ]
    )
