"""What the Validation page of the app shows: estimate and truth at checkpoints, and the errors, small enough to ship."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.fidelity import ESTIMATES, Record, errors, estimates, fidelity, forecasts, with_means
from benchmarks.report import settings

#: Checkpoints shown are this factor of reviews apart: more of them look the same.
APART = 1.3


def validation(records: Sequence[Record]) -> dict[str, Any]:
    """One entry for each data set, number of labels and kind of noise: curves by policy, and tables of errors.

    A curve has, at every checkpoint shown, the mean over the runs of truth, estimate and interval ends, the mean absolute error
    and the share of intervals that hold the truth. Tables are columns and rows. Figures have three significant places.
    """
    return {"settings": [_setting(part) for part in settings(records).values()]}


def _setting(records: Sequence[Record]) -> dict[str, Any]:
    first = records[0]
    return {
        "data": first.get("data", "items"), "labels": first.get("top_labels"), "split": first.get("split"),
        "noise": first.get("noise"), "runs": len({r["run"] for r in records}), "seed": first.get("seed"),
        "curves": [curve for policy in dict.fromkeys(r["policy"] for r in records) for curve in _curves(policy, records)],
        "errors": _table(with_means(fidelity(records))), "forecast": _table(with_means(forecasts(records))),
    }  # fmt: skip


def _curves(policy: str, records: Sequence[Record]) -> list[dict[str, Any]]:
    """The curve of every estimate under one policy."""
    mine = [r for r in records if r["policy"] == policy]
    shown = checkpoints(sorted({r["reviews"] for r in mine}))
    at = {n: estimates([r for r in mine if r["reviews"] == n]) for n in shown}
    found = []
    for name in ESTIMATES:
        rows = [(n, *_means(at[n][name])) for n in shown if at[n][name]]
        if rows:
            columns = ("reviews", "truth", "value", "low", "high", "error", "covered")
            found.append(
                {"policy": policy, "estimate": name, **dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))}
            )
    return found


def checkpoints(reviews: Sequence[int]) -> list[int]:
    """Those to show: the first, the last, and between them some a factor apart.

    >>> checkpoints([100, 110, 120, 150, 160])
    [100, 150, 160]
    """
    kept = list(reviews[:1])
    for count in reviews[1:]:
        if count >= APART * kept[-1] or count == reviews[-1]:
            kept.append(count)
    return kept


def _means(pairs: Sequence[tuple[list[float], float]]) -> tuple[float, ...]:
    """Mean truth, value and interval ends, mean absolute error, and share of intervals that hold the truth."""
    value, low, high = np.array([e for e, _ in pairs], dtype=float).T
    told = errors(pairs)
    means = (np.mean([t for _, t in pairs]), value.mean(), low.mean(), high.mean(), told["MAE"], told["coverage"])
    return tuple(rounded(float(v)) for v in means)


FIGURES = ("policy", "n >=", "estimate", "MAE", "bias", "coverage", "half width")


def _table(frame: pd.DataFrame) -> dict[str, list[Any]]:
    """A table of errors as its columns and rows."""
    rows = frame[list(FIGURES)].itertuples(index=False) if len(frame) else []
    return {"columns": list(FIGURES), "rows": [[rounded(v) if isinstance(v, float) else v for v in row] for row in rows]}


def rounded(value: float) -> float:
    """A figure to three significant places, or to the third place where it is below 1.

    >>> rounded(0.00049), rounded(0.61249), rounded(65.4321)
    (0.0, 0.612, 65.4)
    """
    return round(value, 3) if abs(value) < 1 else float(f"{value:.3g}")
