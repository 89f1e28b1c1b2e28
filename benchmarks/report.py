"""What trajectories say: reviews and hours to given precision, ratios to random, errors and coverage of the estimates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.ablations import ablation_errors
from benchmarks.fidelity import fidelity, forecasts, side_by_side, with_means, worst_lists
from benchmarks.stops import answers, stop_means, stops

Record = dict[str, Any]
TARGETS = (0.80, 0.85, 0.88)


def settings(records: Sequence[Record]) -> dict[str, list[Record]]:
    """The records of each data set, number of labels and kind of noise, under words for it."""
    grouped: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        words = f"{record.get('data', 'items')}, {record.get('top_labels', '?')} labels"
        grouped[words + (f", noise {record['noise']}" if record.get("noise") else "")].append(record)
    return dict(grouped)


def tables(records: Sequence[Record]) -> dict[str, pd.DataFrame]:
    """Everything that records of one setting say, under its title; tables without a row are empty."""
    quick, full = efficiency(records), complete(records)
    found = {"reviews and SME hours to a true MAP": quick, "reviews of random over those of each policy": ratios(quick)}
    return {**found, **_of_estimates(full)} if full else found


def complete(records: Sequence[Record]) -> list[Record]:
    """The records of full replays; light ones hold no estimates, no stop answer and no actions."""
    return [record for record in records if "estimate" in record]


def _of_estimates(records: Sequence[Record]) -> dict[str, pd.DataFrame]:
    return {
        "estimates against the truth": side_by_side(with_means(fidelity(records))),
        "All labels without a part of its estimate, mean absolute error": ablation_errors(records),
        "forecast of as many reviews again": side_by_side(with_means(forecasts(records))),
        "labels named as the worst tenth": side_by_side(with_means(worst_lists(records))),
        "stop answers": answers(curves(records)),
        "stopping at a price of a hundred reviews, until each curve's end": stop_means(stops(curves(records))),
        "promised and realised gain of actions": promises(records),
        "context switches per 100 items": context_switches(records),
    }


def summary(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Every table as rows, one entry a setting, for other programs."""
    return [
        {"setting": title, "checkpoints": len(part), **{name: _rows(frame) for name, frame in _long(part).items()}}
        for title, part in settings(records).items()
    ]


def _long(records: Sequence[Record]) -> dict[str, pd.DataFrame]:
    quick, full = {"efficiency": efficiency(records)}, complete(records)
    return quick if not full else {
        "fidelity": with_means(fidelity(full)), "forecast": with_means(forecasts(full)),
        "worst": with_means(worst_lists(full)), "stop": stop_means(stops(curves(full))), **quick,
        "promises": promises(full), "switches": context_switches(full), "ablations": ablation_errors(full),
    }  # fmt: skip


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A table's rows; what is not known is None."""
    return [{k: None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()} for row in frame.to_dict("records")]


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


#: A stage ends with so many reviews.
STAGES = (150, 300, 600)


def promises(records: Sequence[Record]) -> pd.DataFrame:
    """Predicted and realised gain of actions, by stage (number of reviews) and for each kind: rank correlation and ratio.

    Realised is by the curve that the promise rests on. By the true curve it is held, as far as it depends on the answers, against
    what the labels found are worth by their true average precision. ``within`` is the share that lies in the promised 90 %
    range, ``rounds`` the rank correlation of the sums of a round.
    """
    rows = [
        {"stage": stage_of(r["reviews"]), "round": f"{r['policy']} {r['run']} {r['reviews']}", **a}
        for r in records for a in r["actions"] if a["predicted"] is not None
    ]  # fmt: skip
    frame = pd.DataFrame(rows)
    if frame.empty:
        return frame
    stages = [(f"{stage} reviews", part) for stage, part in frame.groupby("stage", sort=False)]
    groups = [("all", frame), *stages, *frame.groupby("kind")]
    return pd.DataFrame([{"actions of": str(name), **_kept(part)} for name, part in groups])


def _kept(part: pd.DataFrame) -> dict[str, object]:
    sums = part.groupby("round")[["predicted", "realised"]].sum()
    return {
        "actions": len(part), "predicted": part["predicted"].mean(), "realised": part["realised"].mean(),
        "rank correlation": _ranks(part["predicted"], part["realised"]),
        "by true curve": _ranks(part["by_answers"], part["by_truth"]),
        "rounds": _ranks(sums["predicted"], sums["realised"]),
        "realised / predicted": part["realised"].sum() / max(part["predicted"].sum(), 1e-9),
        "true / predicted": part["by_truth"].sum() / max(part["by_answers"].sum(), 1e-9),
        "within": float(part["realised"].between(part["low"] - 1e-9, part["high"] + 1e-9).mean()),
    }  # fmt: skip


def _ranks(a: pd.Series, b: pd.Series) -> float:
    return float(a.corr(b, method="spearman")) if len(a) > 2 else float("nan")


def stage_of(reviews: int) -> str:
    """The stage that a number of reviews belongs to.

    >>> stage_of(150), stage_of(151), stage_of(5000)
    ('up to 150', 'up to 300', 'over 600')
    """
    return next((f"up to {limit}" for limit in STAGES if reviews <= limit), f"over {STAGES[-1]}")


def context_switches(records: Sequence[Record]) -> pd.DataFrame:
    """Changes of dominant label between neighbours per 100 items: as shown, in random order, and the ratio of the two."""
    rows = [{"policy": r["policy"], **r["switches"]} for r in records if r.get("switches")]
    if not rows:
        return pd.DataFrame()
    means = pd.DataFrame(rows).groupby("policy", sort=False).mean().reset_index()
    return means.assign(ratio=means["shown"] / means["ungrouped"])
