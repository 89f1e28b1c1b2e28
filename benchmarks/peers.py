"""``python -m benchmarks peers``: strategies of modAL, small-text and scikit-activeml beside Plateau's, all else being equal."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed
from threadpoolctl import threadpool_limits

from benchmarks.adapters import as_policy, load, modal, modal_one_by_one, skactiveml_features, skactiveml_labels, small_text
from benchmarks.light import Divided, ground, light
from benchmarks.material import Material
from benchmarks.material import load as load_material
from benchmarks.policies import POLICIES, Policy
from data.errors import InvalidInput

Record = dict[str, Any]
#: small-text's lightweight coreset handles items in parts, and fails where these are not equally large: all in one part.
WHOLE = 1_000_000_000

PEERS: Mapping[str, Policy] = {
    "modal-svm-binary-minimum": as_policy(modal_one_by_one("SVM_binary_minimum")),
    "modal-max-loss": as_policy(modal("max_loss")),
    "modal-mean-max-loss": as_policy(modal("mean_max_loss")),
    "modal-min-confidence": as_policy(modal("min_confidence")),
    "modal-avg-confidence": as_policy(modal("avg_confidence")),
    "modal-max-score": as_policy(modal("max_score")),
    "modal-avg-score": as_policy(modal("avg_score")),
    "small-text-cvirs": as_policy(small_text("CategoryVectorInconsistencyAndRanking", pbar=None)),
    "small-text-label-cardinality": as_policy(small_text("LabelCardinalityInconsistency")),
    "small-text-adaptive": as_policy(small_text("AdaptiveActiveLearning")),
    "small-text-breaking-ties": as_policy(small_text("BreakingTies")),
    "small-text-least-confidence": as_policy(small_text("LeastConfidence")),
    "small-text-prediction-entropy": as_policy(small_text("PredictionEntropy")),
    "small-text-lightweight-coreset": as_policy(small_text("LightweightCoreset", embeds=True, batch_size=WHOLE)),
    "small-text-embedding-kmeans": as_policy(small_text("EmbeddingKMeans", embeds=True)),
    "small-text-random": as_policy(small_text("RandomSampling")),
    "skactiveml-entropy": as_policy(skactiveml_labels("entropy")),
    "skactiveml-least-confident": as_policy(skactiveml_labels("least_confident")),
    "skactiveml-margin": as_policy(skactiveml_labels("margin_sampling")),
    "skactiveml-core-set": as_policy(skactiveml_features("CoreSet")),
    "skactiveml-typi-clust": as_policy(skactiveml_features("TypiClust")),
}
#: Peers that take minutes a run; replayed when named.
SLOW = frozenset({"skactiveml-typi-clust"})
_PACKAGES = {
    "modal": ("modAL.multilabel", "modAL-python"),
    "small-text": ("small_text.query_strategies", "small-text"),
    "skactiveml": ("skactiveml.pool", "scikit-activeml"),
}


def add_peers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """The command line of the peers."""
    peers = commands.add_parser("peers", help="replay strategies of other packages on the same features, learner and seeds")
    peers.add_argument("--items", type=Path, required=True, help="JSONL of id, text, labels[, title, split], plain or .gz")
    peers.add_argument("--vectors", type=Path, help=".npy with one row an item")
    peers.add_argument("--split", choices=("file", "iid"), default="file")
    peers.add_argument(
        "--policy", nargs="+", action="extend", metavar="NAME", help="some of these; default: random and all peers"
    )
    sizes = (("top-labels", 20), ("runs", 10), ("seed", 0), ("start", 100), ("batch", 50), ("until", 800), ("jobs", 2))
    for name, value in sizes:
        peers.add_argument(f"--{name}", type=int, default=value)
    peers.add_argument("--json", type=Path, metavar="OUT", help="write the records here, for report to read")
    return peers


def peer_records(arguments: argparse.Namespace) -> list[Record]:
    """Light replays of the policies asked for, every run of each, in the form of other trajectories."""
    policies = chosen(arguments.policy)
    material = load_material(arguments.items, arguments.vectors, arguments.top_labels)
    setting = {"data": arguments.items.name.split(".")[0], "top_labels": len(material.names), "split": arguments.split,
               "seed": arguments.seed, "noise": None}  # fmt: skip
    records: list[Record] = []
    for run, on in _grounds(material, arguments):
        tasks = (delayed(one_run)(on, name, run, arguments) for name in policies)
        began = time.perf_counter()
        for found in Parallel(n_jobs=arguments.jobs, return_as="generator_unordered")(tasks):
            records += [{**setting, **record} for record in found]
            sys.stderr.write(f"\rrun {run}: {found[0]['policy']}, {time.perf_counter() - began:.0f} s   ")
        sys.stderr.write("\n")
        if arguments.json:
            arguments.json.write_text(json.dumps(records))
    return records


def _grounds(material: Material, arguments: argparse.Namespace) -> Iterator[tuple[int, Divided]]:
    """The ground of every run; one for all where the file itself says how it is split."""
    fixed, on = arguments.split == "file" and material.in_test.any(), None
    for run in range(arguments.runs):
        on = on if fixed and on is not None else ground(material, arguments.split, arguments.seed + run)
        yield run, on


def one_run(on: Divided, name: str, run: int, arguments: argparse.Namespace) -> list[Record]:
    """One run of one policy on one thread, so that as many run at once as there are cores."""
    policy = {**POLICIES, **PEERS}[name]
    with threadpool_limits(1):
        return list(
            light(on, name, policy, run=run, seed=arguments.seed, start=arguments.start, batch=arguments.batch,
                  until=arguments.until)
        )  # fmt: skip


def chosen(names: Sequence[str] | None) -> list[str]:
    """The policies of these names, or random and the quick peers. InvalidInput for unknown names, PackageMissing for packages."""
    asked = list(dict.fromkeys(names or ["random", *(name for name in PEERS if name not in SLOW)]))
    if unknown := [name for name in asked if name not in PEERS and name not in POLICIES]:
        raise InvalidInput(f"There is no policy {unknown[0]!r}. Choose among {', '.join([*PEERS, *POLICIES])}.")
    for start, (module, package) in _PACKAGES.items():
        if any(name in PEERS and name.startswith(f"{start}-") for name in asked):
            load(module, package)
    return asked
