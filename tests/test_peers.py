"""Strategies of other packages: each chooses from the same view, repeats itself, and does what its package says."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from benchmarks import adapters
from benchmarks.__main__ import main
from benchmarks.peers import PEERS
from benchmarks.policies import POLICIES
from data.errors import PackageMissing
from rating.evidence import Floats
from rating.rate import Result
from tests.builders import messages, rated, world

MODULES = {"modal": "modAL", "small-text": "small_text", "skactiveml": "skactiveml"}


def needs(name: str) -> None:
    """Skip where the package of this peer is not installed."""
    module = next(module for start, module in MODULES.items() if name.startswith(f"{start}-"))
    if find_spec(module) is None:
        pytest.skip(f"{module} is not installed: pip install -r requirements-bench.txt")


@pytest.fixture(scope="module")
def result() -> Result:
    return rated(world(items=300, reviewed=80, labels=4).evidence)


def p_of(result: Result, rows: np.ndarray) -> Floats:
    assert result.assessment is not None
    return result.assessment.probability[rows]


def chosen(result: Result, name: str, count: int = 12, seed: int = 0) -> np.ndarray:
    needs(name)
    return PEERS[name](result, count, np.random.default_rng(seed)).rows


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", PEERS)
def test_a_peer_names_as_many_unreviewed_items_as_asked_each_once_and_again_the_same(result: Result, name: str) -> None:
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    rows = chosen(result, name)
    assert len(set(rows.tolist())) == 12
    assert not result.evidence.reviewed_mask[rows].any()
    assert chosen(result, name).tolist() == rows.tolist()
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def left_of(result: Result) -> np.ndarray:
    return np.flatnonzero(~result.evidence.reviewed_mask)


@pytest.mark.parametrize(
    ("name", "score"),
    [
        ("modal-min-confidence", lambda p: -p.min(axis=1)),
        ("modal-avg-confidence", lambda p: p.mean(axis=1)),
        ("modal-avg-score", lambda p: (p * ((p > 0.5) - 0.5)).mean(axis=1)),
        ("small-text-least-confidence", lambda p: -p.max(axis=1)),
        ("skactiveml-least-confident", lambda p: np.minimum(p, 1.0 - p).sum(axis=1)),
        ("skactiveml-entropy", lambda p: -(p * np.log(p) + (1.0 - p) * np.log1p(-p)).sum(axis=1)),
    ],
)
def test_a_peer_asks_for_the_highest_of_what_its_package_describes(result: Result, name: str, score: object) -> None:
    left = left_of(result)
    wanted = score(np.clip(p_of(result, left), 1e-12, 1 - 1e-12))  # type: ignore[operator]
    found = wanted[np.searchsorted(left, np.sort(chosen(result, name)))]
    assert np.sort(found) == pytest.approx(np.sort(wanted)[-12:])


def test_the_machine_nearest_to_its_border_is_where_the_ridge_score_is_a_half(result: Result) -> None:
    assert result.assessment is not None
    left = left_of(result)
    distance = np.abs(result.assessment.scores[left] - 0.5).min(axis=1)
    assert chosen(result, "modal-svm-binary-minimum").tolist() == left[np.argsort(distance, kind="stable")[:12]].tolist()


def test_scikit_activemls_sum_over_labels_is_our_entropy(result: Result) -> None:
    own = POLICIES["entropy"](result, 12, np.random.default_rng(0)).rows
    assert set(chosen(result, "skactiveml-entropy").tolist()) == set(own.tolist())


def test_a_package_that_is_not_installed_is_named_with_the_way_to_install_it() -> None:
    with pytest.raises(PackageMissing, match=r"no-such-package.*pip install -r requirements-bench\.txt"):
        adapters.load("no_such_module", "no-such-package")


def test_the_command_replays_peers_beside_our_own_policies(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needs("modal-")
    items, out = tmp_path / "items.jsonl", tmp_path / "out.json"
    rows = [{"id": f"m{n}", "text": text, "labels": list(labels)} for n, (text, labels) in enumerate(messages(240))]
    items.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    size = ["--start", "60", "--batch", "20", "--until", "80", "--runs", "1", "--jobs", "1", "--split", "iid"]
    assert main(["peers", "--items", str(items), *size, "--policy", "random", "modal-avg-score", "--json", str(out)]) == 0
    assert "reviews of random over those of each policy" in capsys.readouterr().out
    records = json.loads(out.read_text())
    assert {record["policy"] for record in records} == {"random", "modal-avg-score"}
    assert {record["reviews"] for record in records} == {60, 80}
    first = {record["policy"]: record["truth"] for record in records if record["reviews"] == 60}
    assert first["random"] == first["modal-avg-score"]  # the same start


def test_the_command_refuses_a_policy_there_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["peers", "--items", str(tmp_path / "none"), "--policy", "modal-best"]) == 2
    assert "no policy 'modal-best'" in capsys.readouterr().err
