"""What if the items had been chosen in another way? A project's own reviews, replayed under several strategies."""

from __future__ import annotations

import contextlib
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.errors import Interrupted, InvalidInput, NotEnoughEvidence, StoreError
from data.records import RANDOM_SOURCES, Simulation
from data.store import Store
from rating.service import Gathered, gather
from recommend import background
from recommend.cost import Times, measured_times
from recommend.replay import BATCH, GROWTH, HANDED_OVER, HELD_OUT, TITLES, Checkpoint, by_name, replay
from recommend.replayed import Ground

KIND = "simulate"
#: Reviewed items that a replay needs: with fewer, too few are left to choose from and to hold out.
LEAST_REVIEWED = 150
MOST_RUNS = 20
_PERCENT = 100

Progress = Callable[[int, str], bool]


@dataclass(frozen=True)
class WhatIf:
    """What to replay: which strategies, each so many ``runs``, of which each holds out other items.

    ``handed_over`` are the items of a batch that waits ``handover_hours`` for another team, which takes ``retraining_hours`` to
    train the model. The other strategies are the app's own loop, which learns again within a second or two.
    """

    strategies: tuple[str, ...] = ("plateau", "random", HANDED_OVER)
    runs: int = 3
    handed_over: int = 1000
    handover_hours: float = 48.0
    retraining_hours: float = 4.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.strategies:
            raise InvalidInput(f"A simulation needs a strategy. Choose among {', '.join(TITLES)}.")
        for name in self.strategies:
            by_name(name)
        if not 1 <= self.runs <= MOST_RUNS:
            raise InvalidInput(f"A simulation has 1 to {MOST_RUNS} runs; found {self.runs}.")
        if self.handed_over < 1:
            raise InvalidInput(f"At least one item is handed over at a time; found {self.handed_over}.")
        if not (self.handover_hours >= 0 and self.retraining_hours >= 0):
            raise InvalidInput("Hours of handing over and of retraining are 0 or more. Correct them.")


def simulate_project(
    store: Store, project_id: int, what: WhatIf, *, job: int | None = None, on_progress: Progress | None = None
) -> Simulation:
    """Replay the project's reviews as a job, and keep what comes out with the revision it was found at.

    NotEnoughEvidence below 150 reviews; Interrupted when somebody ends the job. Nothing is kept then.
    """
    job = store.start_job(project_id, KIND, _PERCENT, "Reading the reviews.") if job is None else job
    last = [0]

    def report(percent: int, words: str) -> bool:
        last[0] = percent
        go_on = store.update_job(job, done=percent, message=words)
        return (on_progress is None or on_progress(percent, words)) and go_on

    try:
        if not report(0, "Reading the reviews."):
            raise Interrupted("The simulation was stopped. Nothing of it is kept.")
        found = gather(store, project_id)
        times = measured_times(store.project(project_id).settings.get("times", {}))
        result = {**_about(found), **simulate(ground_of(found), what, times=times, report=report)}
        store.save_simulation(project_id, found.revision, asdict(what), result)
    except BaseException as error:
        with contextlib.suppress(StoreError):
            store.update_job(job, done=last[0], state="failed", message=str(error) or type(error).__name__)
        raise
    store.update_job(job, done=_PERCENT, state="done", message="The simulation is done.")
    kept = store.last_simulation(project_id)
    assert kept is not None
    return kept


def ground_of(found: Gathered) -> Ground:
    """The reviewed items with what was said of them. NotEnoughEvidence where there is too little to replay."""
    evidence = found.evidence
    if len(evidence.rows) < LEAST_REVIEWED:
        raise NotEnoughEvidence(
            f"A simulation needs {LEAST_REVIEWED} reviewed items, part of which is held out; there are {len(evidence.rows)}. "
            f"Review {LEAST_REVIEWED - len(evidence.rows)} more."
        )
    if not (evidence.positives >= 2).any():
        raise NotEnoughEvidence("A simulation needs a label with two examples or more. Assign labels while you review.")
    blocks = {name: block[evidence.rows] for name, block in evidence.blocks.items()}
    return Ground(blocks, evidence.targets, evidence.label_names)


def _about(found: Gathered) -> dict[str, Any]:
    """What the figures rest on."""
    evidence = found.evidence
    shuffled = float(np.isin(evidence.sources, list(RANDOM_SOURCES)).mean()) if len(evidence.rows) else 0.0
    return {"items": evidence.population, "labels": int((evidence.positives > 0).sum()), "shuffled": shuffled}


def simulate(ground: Ground, what: WhatIf, *, times: Times, report: Progress) -> dict[str, Any]:
    """Every strategy's runs: at each checkpoint reviews, rounds, quality (0-1), and hours with and without suggestions.

    ``report`` hears the percentage done with words, and says whether to go on. NotEnoughEvidence when no held-out item of a run
    carries a label.
    """
    reviewed = len(ground.targets)
    pool = reviewed - round(HELD_OUT * reviewed)
    batch, handed = int(np.clip(10 * round(pool / 200), 10, BATCH)), min(what.handed_over, max(pool // 3, 1))
    tasks = [(name, run) for run in range(what.runs) for name in what.strategies]
    curves: dict[str, list[dict[str, list[float]]]] = {name: [] for name in what.strategies}
    for number, (name, run) in enumerate(tasks):
        whole = name == HANDED_OVER
        steps = replay(
            ground,
            by_name(name),
            seed=what.seed + run,
            times=times,
            batch=handed if whole else batch,
            growth=0.0 if whole else GROWTH,
        )
        words = f"{TITLES[name]}, run {run + 1} of {what.runs}"
        curves[name].append(_columns(_watched(steps, pool, (number, len(tasks)), words, report)))
    return {
        "reviewed": reviewed, "pool": pool, "held": reviewed - pool, "batch": batch, "handed_over": handed,
        "curves": [{"strategy": name, "runs": runs} for name, runs in curves.items()],
    }  # fmt: skip


def _watched(
    steps: Iterable[Checkpoint], pool: int, place: tuple[int, int], words: str, report: Progress
) -> Iterable[Checkpoint]:
    """The checkpoints of one of several tasks, with progress told at each. NotEnoughEvidence where nothing can be measured."""
    number, tasks = place
    for step in steps:
        if np.isnan(step.quality):
            raise NotEnoughEvidence(
                "No held-out item carries a label in one of the runs. Assign labels to more items, or choose another seed."
            )
        share = (number + min(step.reviews / pool, 1.0)) / tasks
        if not report(int(_PERCENT * share), f"{words}: {step.reviews:,} reviews"):
            raise Interrupted("The simulation was stopped. Nothing of it is kept.")
        yield step


def _columns(steps: Iterable[Checkpoint]) -> dict[str, list[float]]:
    points = list(steps)
    return {
        "reviews": [p.reviews for p in points], "rounds": [p.rounds for p in points],
        "quality": [round(p.quality, 5) for p in points], "hours": [round(p.seconds / 3600, 5) for p in points],
        "unaided": [round(p.unaided / 3600, 5) for p in points],
    }  # fmt: skip


def start_simulation(db_path: str | Path, project_id: int, what: WhatIf) -> subprocess.Popen[bytes] | None:
    """Simulate in another process of low priority, which outlives this one; None when one is under way already."""
    store = Store(db_path)
    job = store.claim_job(project_id, KIND, _PERCENT, "Starting.")
    if job is None:
        return None
    options = {
        "--runs": what.runs, "--seed": what.seed, "--handed-over": what.handed_over, "--handover-hours": what.handover_hours,
        "--retraining-hours": what.retraining_hours,
    }  # fmt: skip
    words = ["simulate", "--strategies", *what.strategies]
    return background.start(store, project_id, job, words, options, title="The simulation")


def stop_simulation(store: Store, project_id: int) -> None:
    """End the simulation under way at its next checkpoint."""
    background.stop(store, project_id, KIND)
