"""The published experiment from replays' records: five ways of working against reviews, an expert's time, and the clock."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from data.errors import InvalidInput
from recommend.curves import Band, Curve, band, mean_reached

Record = dict[str, Any]
TARGETS = (0.80, 0.85, 0.88)
#: Hours that a batch waits until another team has it, and that training on it takes.
HANDOVER, TRAINING = 48.0, 4.0
#: What the curves are against, with its title.
AXES = {"reviews": "Reviews", "sme": "Expert's hours", "wall": "Hours on the clock"}


@dataclass(frozen=True)
class Scenario:
    """A way of working: a policy's replays, with suggestions to confirm or without, and the hours each batch waits.

    ``stepped`` where the model exists only after whole batches: a quality is reached with the first batch that has it.
    """

    name: str
    policy: str
    aided: bool
    waiting: float = 0.0
    stepped: bool = False


BATCHES = "Random batches of 1,000"
RANDOM = "Random, with suggestions"
SCENARIOS = (
    Scenario("Plateau", "plateau", aided=True),
    Scenario("Plateau, without suggestions", "plateau", aided=False),
    Scenario(RANDOM, "random", aided=True),
    Scenario("Random, without suggestions", "random", aided=False),
    Scenario(BATCHES, "random-batch", aided=False, waiting=HANDOVER + TRAINING, stepped=True),
)


def runs_of(records: Sequence[Record], scenario: Scenario) -> list[list[Record]]:
    """The records of each run of a scenario's policy in order; those without a model left out. InvalidInput without any."""
    grouped: dict[tuple[object, ...], list[Record]] = defaultdict(list)
    for record in records:
        if record["policy"] == scenario.policy and record["truth"]["map_all"] is not None:
            grouped[record.get("seed"), record["run"]].append(record)
    if not grouped:
        raise InvalidInput(f"No record is of the policy {scenario.policy}. Replay it first: benchmarks trajectory --policy ...")
    return [sorted(rows, key=lambda r: r["reviews"]) for _, rows in sorted(grouped.items(), key=lambda pair: str(pair[0]))]


def curves(records: Sequence[Record], scenario: Scenario, axis: str) -> list[Curve]:
    """Every run of a scenario: the true mean average precision against reviews, an expert's hours, or hours on the clock.

    The clock runs while an expert works, while the model is computed, and while a batch waits.
    """
    return [_curve(run, scenario, axis) for run in runs_of(records, scenario)]


def _curve(run: Sequence[Record], scenario: Scenario, axis: str) -> Curve:
    sme = np.array([r["sme_seconds" if scenario.aided else "sme_seconds_unaided"] for r in run]) / 3600.0
    computed = np.cumsum([r["wall_seconds"] for r in run]) / 3600.0
    wall = sme + computed + scenario.waiting * np.array([r["rounds"] for r in run])
    cost = {"reviews": np.array([float(r["reviews"]) for r in run]), "sme": sme, "wall": wall}[axis]
    return Curve(cost, np.array([r["truth"]["map_all"] for r in run]), scenario.stepped)


def table(records: Sequence[Record], target: float) -> pd.DataFrame:
    """What each scenario needs to a precision, mean and deviation over the runs; nan where a run never gets there."""
    return pd.DataFrame([_row(records, scenario, target) for scenario in SCENARIOS])


def _row(records: Sequence[Record], scenario: Scenario, target: float) -> dict[str, object]:
    reached = [curve.reaches(target) for curve in curves(records, scenario, "reviews")]
    row: dict[str, object] = {"scenario": scenario.name, "runs": len(reached), "reached": int(np.sum(~np.isnan(reached)))}
    for axis in AXES:
        row[axis], row[f"{axis} ±"] = mean_reached(curves(records, scenario, axis), target)
    return row


def ratios(found: pd.DataFrame) -> pd.DataFrame:
    """How many times more the batches, and random choice with suggestions, need of each cost than each scenario."""
    columns: dict[str, object] = {"scenario": found["scenario"]}
    for words, name in (("batches", BATCHES), ("random", RANDOM)):
        base = found.loc[found["scenario"] == name].iloc[0]
        columns |= {f"{axis}, {words} /": base[axis] / found[axis] for axis in AXES}
    return pd.DataFrame(columns)


def within_a_batch(records: Sequence[Record], target: float) -> dict[str, float]:
    """What the batches would need if a quality could be reached in the middle of one, on the line between two: mean costs."""
    loose = Scenario(BATCHES, "random-batch", aided=False, waiting=HANDOVER + TRAINING)
    return {axis: mean_reached(curves(records, loose, axis), target)[0] for axis in AXES}


def bands(records: Sequence[Record], axis: str, points: int = 200) -> dict[str, Band]:
    """Mean and deviation of every scenario along one axis; against reviews, suggestions make no difference and stand once."""
    shown = [s for s in SCENARIOS if axis != "reviews" or s.aided or s.stepped]
    return {scenario.name: band(curves(records, scenario, axis), points) for scenario in shown}


def document(records: Sequence[Record]) -> dict[str, Any]:
    """Every table as rows, for other programs; what is not reached is None."""
    return {
        "handover_hours": HANDOVER,
        "training_hours": TRAINING,
        "targets": [
            {
                "target": target,
                "scenarios": _rows(found := table(records, target)),
                "ratios": _rows(ratios(found)),
                "batches_interpolated": _known(within_a_batch(records, target)),
            }
            for target in TARGETS
        ],
    }


def _rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [_known({str(k): v for k, v in row.items()}) for row in frame.to_dict("records")]


def _known(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _rounded(v) for k, v in row.items()}


def _rounded(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return None if np.isnan(value) else round(value, 4)
