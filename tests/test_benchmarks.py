"""The benchmarks: every policy replays a small project, and reports say what hand-made records hold."""

from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import report
from benchmarks.__main__ import main
from benchmarks.ablations import ablated
from benchmarks.fidelity import ESTIMATES, fidelity, forecasts, label_pairs, side_by_side, with_means, worst_lists
from benchmarks.ledger import Ledger, switches
from benchmarks.material import Material, blocks, load, split
from benchmarks.noise import noisy
from benchmarks.pages import big
from benchmarks.policies import POLICIES, Pick, choose
from benchmarks.speed import speed
from benchmarks.stops import answers, doubling, stop_at, stop_means, stops
from benchmarks.trajectory import trajectory
from benchmarks.truth import truth_of
from benchmarks.validation import checkpoints, validation
from data.errors import InvalidInput, VectorsInvalid
from rating.evidence import RatingConfig
from rating.rate import rate
from recommend.efficacy import Efficacy
from tests.builders import messages, rated, world

REUTERS = Path(__file__).resolve().parent.parent.parent / "shared" / "reuters"
FEW = {"seed": 0, "run": 0, "start": 60, "batch": 20, "until": 80}


def write_items(path: Path, count: int = 240, **extra: Any) -> Path:
    """A labelled file of messages about four things."""
    rows = [{"id": f"m{n}", "text": text, "labels": list(labels), **extra} for n, (text, labels) in enumerate(messages(count))]
    path.write_text("\n".join(json.dumps(row) for row in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return load(write_items(tmp_path_factory.mktemp("items") / "items.jsonl"), None, 20)


# Material


def test_a_labelled_file_is_read_plain_or_gzipped(tmp_path: Path, material: Material) -> None:
    plain = write_items(tmp_path / "items.jsonl")
    packed = tmp_path / "items.jsonl.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    again = load(packed, None, 20)
    assert again.texts == material.texts
    np.testing.assert_array_equal(again.targets, material.targets)
    assert material.targets.shape == (240, 4)
    assert (np.diff(material.targets.sum(axis=0)) <= 0).all()  # the most frequent label first


def test_only_the_most_frequent_labels_are_kept(tmp_path: Path, material: Material) -> None:
    assert load(write_items(tmp_path / "items.jsonl"), None, 2).names == material.names[:2]


def test_a_title_is_put_before_the_text(tmp_path: Path) -> None:
    first = messages(1)[0][0]
    assert load(write_items(tmp_path / "items.jsonl", title="Subject"), None, 2).texts[0] == f"Subject. {first}"


def test_files_and_vectors_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    wrong, vectors = tmp_path / "wrong.jsonl", tmp_path / "vectors.npy"
    wrong.write_text('{"id": 1}\n')
    with pytest.raises(InvalidInput, match="'text' and 'labels'"):
        load(wrong, None, 2)
    np.save(vectors, np.ones((3, 4)))
    with pytest.raises(VectorsInvalid, match="3 rows for 240 items"):
        load(write_items(tmp_path / "items.jsonl"), vectors, 2)


def test_the_hold_out_is_never_seen(material: Material) -> None:
    pool, held = split(material, "iid", 0)
    assert not set(pool.tolist()) & set(held.tolist())
    assert len(pool) + len(held) == 240
    assert len(held) == round(0.28 * 240)
    assert split(material, "iid", 1)[1].tolist() != held.tolist()
    seen, unseen = blocks(material, pool, held)
    assert [len(seen["lsa"]), len(unseen["lsa"])] == [len(pool), len(held)]


def test_a_file_can_bring_its_own_split(tmp_path: Path) -> None:
    path = tmp_path / "items.jsonl"
    rows = [{"id": n, "text": f"word{n % 3} text", "labels": ["a"], "split": "test" if n >= 8 else "train"} for n in range(10)]
    path.write_text("\n".join(map(json.dumps, rows)))
    pool, held = split(load(path, None, 5), "file", 0)
    assert (pool.tolist(), held.tolist()) == (list(range(8)), [8, 9])


# Trajectories


@pytest.mark.parametrize("policy", sorted(set(POLICIES) - {"random-batch"}))
def test_every_policy_replays_a_project(material: Material, policy: str) -> None:
    records = list(trajectory(material, how="iid", policy=policy, **FEW))
    first, *_, last = records
    assert (first["policy"], first["reviews"]) == (policy, 60)
    assert 80 <= last["reviews"] < 100
    assert all(0 < step <= 20 for step in np.diff([record["reviews"] for record in records]))
    assert [record["rounds"] for record in records] == list(range(len(records)))
    assert first["sme_seconds"] == first["sme_seconds_unaided"]  # there is nothing to suggest before the first model
    assert last["sme_seconds"] <= last["sme_seconds_unaided"]
    assert last["sme_seconds"] < last["sme_seconds_unaided"] or policy != "random"
    assert first["sme_seconds"] < last["sme_seconds"] < first["sme_seconds"] + 40 * 15
    for record in records:
        assert record["wall_seconds"] > 0
        assert 0.0 < record["truth"]["map"] <= 1.0
        assert record["truth"]["worst"] <= record["truth"]["map"]
        for name in ESTIMATES:
            value, low, high = record["estimate"][name]
            assert low <= value <= high
            assert record["truth"][name] is not None
        assert record["stop"]
        assert len(record["check"]["gains"]) == 19
    assert last["actions"] == []
    assert json.loads(json.dumps(records)) == records
    if policy == "plateau":
        assert first["actions"]
        assert all(action["predicted"] is not None and math.isfinite(action["realised"]) for action in first["actions"])


@pytest.mark.parametrize("policy", sorted(POLICIES))
def test_a_policy_says_how_likely_its_random_items_were(policy: str) -> None:
    result = rated(world(items=400, reviewed=100, labels=4).evidence)
    pick = POLICIES[policy](result, 50, np.random.default_rng(0))
    shuffled = np.array(pick.kinds) == "shuffle"
    assert len(pick.chances) == len(pick.rows) == len(pick.kinds)
    if policy == "plateau" or policy.endswith("+random"):
        assert (pick.chances > 0).all()
        assert (pick.chances <= 1).all()
    else:
        assert np.isnan(pick.chances[~shuffled]).all()
    if shuffled.any() and not policy.endswith("+random"):
        left = 300 if policy in ("plateau", "random") else 300 - (~shuffled).sum()
        assert pick.chances[shuffled] == pytest.approx(np.full(shuffled.sum(), shuffled.sum() / left))


def test_a_batch_that_is_handed_over_has_a_thousand_random_items() -> None:
    result = rated(world(items=1200, reviewed=100, labels=3).evidence)
    pick = POLICIES["random-batch"](result, 50, np.random.default_rng(0))
    assert (len(pick.rows), set(pick.kinds)) == (1000, {"shuffle"})
    assert not set(pick.rows.tolist()) & set(result.evidence.rows.tolist())


def test_a_replay_repeats_itself_and_runs_differ(material: Material) -> None:
    def truths(run: int) -> list[Any]:
        settings = {**FEW, "run": run}
        return [record["truth"] for record in trajectory(material, how="iid", policy="plateau", **settings)]

    assert truths(0) == truths(0)
    assert truths(0) != truths(1)


def test_a_replay_ends_when_every_item_is_reviewed(material: Material) -> None:
    settings = {**FEW, "start": 150, "batch": 50, "until": 10_000}
    records = list(trajectory(material, how="iid", policy="random", **settings))
    pool = 240 - round(0.28 * 240)
    assert records[-1]["reviews"] == pool
    assert len(records) == 2


def test_the_truth_counts_labels_that_are_not_discovered_as_missing() -> None:
    unrated = rated(world(items=60, reviewed=5, labels=2).evidence)
    held = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]])
    assert truth_of(unrated, {}, held, np.array([0, 1]), held)["missing_mass"] == 0.5
    assert truth_of(unrated, {}, held, np.array([0, 1, 2]), held)["missing_mass"] == 0.0
    assert truth_of(unrated, {}, held, np.array([0]), held)["map"] is None


# Reports


def record(policy: str, reviews: int, quality: float, *, run: int = 0, stop: str = "keep_going", **more: Any) -> dict[str, Any]:
    truth = {
        "map": quality,
        "map_all": quality,
        "worst": quality,
        "missing_mass": 0.0,
        "coverage": 0.5,
        "balance": 1.0,
        "rating": 50.0,
    }
    estimate = {name: [value, value - 0.05, value + 0.05] for name, value in truth.items() if name != "map_all"}
    return {
        "policy": policy, "run": run, "reviews": reviews, "sme_seconds": 10.0 * reviews, "wall_seconds": 0.1, "truth": truth,
        "estimate": {**estimate, **more.pop("estimate", {})}, "stop": stop, "actions": more.pop("actions", []), **more,
    }  # fmt: skip


CURVE = [record("random", n, q) for n, q in ((100, 0.5), (200, 0.7), (300, 0.9))]


@pytest.mark.parametrize(("target", "wanted"), [(0.8, 250), (0.7, 200), (0.5, 100), (0.1, 100), (0.85, 275)])
def test_a_target_is_reached_between_checkpoints(target: float, wanted: float) -> None:
    assert report.reaching(CURVE, target) == pytest.approx(wanted)
    assert report.reaching(CURVE, target, "sme_seconds") == pytest.approx(10 * wanted)


def test_a_target_that_is_never_reached_is_unknown() -> None:
    assert math.isnan(report.reaching(CURVE, 0.95))
    assert report.efficiency(CURVE).loc[0].isna().sum() == 0
    assert math.isnan(report.efficiency(CURVE[:2]).loc[0, "reviews to 0.88"])


def test_runs_are_averaged_and_compared_with_random() -> None:
    fast = [record("plateau", n, q, run=r) for r, shift in ((0, 0), (1, 20)) for n, q in ((100 + shift, 0.5), (150 + shift, 0.9))]
    table = report.efficiency([*CURVE, *fast]).set_index("policy")
    assert table.loc["plateau", "runs"] == 2
    assert table.loc["plateau", "reviews to 0.80"] == pytest.approx(137.5 + 10)
    assert table.loc["random", "hours to 0.80"] == pytest.approx(2500 / 3600)
    ratios = report.ratios(table.reset_index()).set_index("policy")
    assert ratios.loc["plateau", "reviews to 0.80"] == pytest.approx(250 / 147.5)
    assert ratios.loc["random", "reviews to 0.80"] == 1.0


def test_without_random_there_is_nothing_to_compare_with() -> None:
    assert report.ratios(report.efficiency([record("plateau", 100, 0.9)])).empty


def test_errors_and_coverage_of_intervals_by_hand() -> None:
    right = record("random", 300, 0.8, estimate={"map": [0.82, 0.75, 0.85]})
    wrong = record("random", 400, 0.8, estimate={"map": [0.70, 0.65, 0.75]})
    table = fidelity([record("random", 100, 0.8, estimate={"map": [0.0, 0.0, 0.0]}), right, wrong])
    line = table[(table["estimate"] == "map") & (table["n >="] == 200)].iloc[0]
    assert line["MAE"] == pytest.approx(0.06)
    assert line["bias"] == pytest.approx(-0.04)
    assert line["coverage"] == 0.5
    assert line["half width"] == pytest.approx(0.05)
    assert (table["n >="] == 200).all()  # nothing was measured at 500 or more


def test_checkpoints_without_a_rating_are_left_out() -> None:
    unknown = {**record("random", 300, 0.8), "estimate": {}}
    assert fidelity([unknown]).empty


def checked(reviews: int, quality: float, gain: float, **figures: Any) -> dict[str, Any]:
    """A checkpoint at which the next hundred reviews were to bring so much."""
    check = {
        "gains": list(np.linspace(0.5 * gain, 1.5 * gain, 19)),
        "unseen": 0.01,
        "kappa": 0.98,
        "kappa_labels": 0.9,
        **figures,
    }
    return {**record("plateau", reviews, quality), "check": check}


def one_run(*rows: dict[str, Any]) -> dict[tuple[str, int], list[dict[str, Any]]]:
    return {("plateau", 0): list(rows)}


def test_the_regret_of_stopping_is_what_the_best_moment_would_have_saved() -> None:
    run = one_run(*(checked(n, q, g) for n, q, g in ((100, 0.5, 0.3), (200, 0.8, 0.01), (300, 0.83, 0.01), (400, 0.831, 0.01))))
    table = stops(run, prices=(0.02, 0.002)).set_index("price")
    assert table.loc[0.02, ["stopped", "reviews", "best"]].tolist() == [True, 300, 300]
    assert table.loc[0.02, "regret"] == pytest.approx(0.0)
    assert table.loc[0.002, ["stopped", "reviews", "best"]].tolist() == [False, 400, 300]
    assert table.loc[0.002, "regret"] == pytest.approx((0.83 - 0.006) - (0.831 - 0.008))


@pytest.mark.parametrize("figures", [{"unseen": 0.05}, {"kappa": 0.9}, {"kappa": None}], ids=str)
def test_a_replay_stops_only_by_the_rules_of_the_product(figures: dict[str, Any]) -> None:
    first, second = checked(200, 0.8, 0.001), checked(300, 0.8, 0.001)
    assert stop_at([first, second], 0.01) == 1
    assert stop_at([first, checked(300, 0.8, 0.001, **figures)], 0.01) is None
    assert stop_at([record("plateau", 200, 0.8), second], 0.01) is None


def test_a_stop_is_early_when_the_next_doubling_still_gains_much() -> None:
    rows = [checked(n, q, 0.001) for n, q in ((100, 0.5), (200, 0.6), (300, 0.66), (400, 0.7))]
    assert doubling(rows, 200) == pytest.approx(0.1)
    assert doubling(rows, 150) == pytest.approx(0.66 - 0.55)
    assert np.isnan(doubling(rows, 201))
    late = [checked(n, q, 0.001) for n, q in ((100, 0.5), (200, 0.68), (400, 0.7))]
    table = stop_means(stops({("plateau", 0): rows, ("plateau", 1): late, ("plateau", 2): rows[:2]}, prices=(0.01,)))
    assert table.loc[0, ["runs", "told"]].tolist() == [3, 2]
    assert table.loc[0, "early"] == pytest.approx(0.5)


def test_every_answer_is_counted_once_a_run_from_where_it_was_first_said() -> None:
    said = [(100, "keep_going"), (200, "stalled"), (300, "keep_going"), (400, "stalled")]
    rows = [record("random", n, 0.5, stop=answer) for n, answer in said]
    table = answers({("random", 0): rows, ("random", 1): rows[:1]}).set_index("answer")
    assert table.loc["keep_going", ["runs", "first"]].tolist() == [2, 100]
    assert table.loc["stalled", ["runs", "first"]].tolist() == [1, 200]


def kept(kind: str, predicted: float, realised: float) -> dict[str, object]:
    told = {"predicted": predicted, "low": 0.0, "high": 3.0, "seconds": 1.0, "by_answers": predicted}
    return {"kind": kind, **told, "realised": realised, "by_truth": -realised}


def test_promises_are_held_against_what_came_of_them() -> None:
    early = [kept("teach", 1.0, 0.5), kept("teach", 2.0, 1.0), kept("check", 8.0, 4.0)]
    late = [kept("teach", 1.0, 2.0), kept("teach", 2.0, 1.0), kept("teach", 3.0, 0.0)]
    rows = [record("plateau", 100, 0.5, actions=early), record("plateau", 200, 0.6, actions=late)]
    table = report.promises(rows).set_index("actions of")
    assert table.loc["up to 150 reviews", "rank correlation"] == pytest.approx(1.0)
    assert table.loc["up to 150 reviews", "by true curve"] == pytest.approx(-1.0)
    assert table.loc["up to 300 reviews", "rank correlation"] == pytest.approx(-1.0)
    assert table.loc["up to 150 reviews", "realised / predicted"] == pytest.approx(0.5)
    assert table.loc["up to 150 reviews", "within"] == pytest.approx(2 / 3)
    assert table.loc["teach", "actions"] == 5
    assert math.isnan(table.loc["check", "rank correlation"])
    assert report.promises(CURVE).empty


def pick_of(rows: list[int]) -> Pick:
    return Pick(np.array(rows), ("teach",) * len(rows), np.ones(len(rows)))


def test_a_change_of_label_between_neighbours_is_a_switch() -> None:
    truth = np.array([[1.0, 0.0], [1.0, 1.0], [0.0, 1.0], [0.0, 0.0]])
    likely = np.array([[0.9, 0.1]] * 3 + [[0.1, 0.1]])
    found = switches(pick_of([0, 1, 2, 3]), truth, likely)
    assert found["shown"] == pytest.approx(100 * 2 / 3)  # a, a, b, none
    assert found["ungrouped"] == pytest.approx(100 * (1 - 2 / 12))
    assert switches(pick_of([0]), truth, likely) == {}
    rows = [record("plateau", 100, 0.5, switches=found), record("plateau", 150, 0.5, switches={})]
    assert report.context_switches(rows)["ratio"].tolist() == pytest.approx([0.8])
    assert report.context_switches(CURVE).empty


def test_a_ledger_settles_what_was_entered_once_the_project_is_rated_again() -> None:
    made = world(items=400, reviewed=120, labels=4)
    result, ledger = rated(made.evidence), Ledger()
    ledger.settle(result)
    picked = choose(POLICIES["plateau"], result, 50, np.random.default_rng(0), ledger.learned())
    entered = ledger.enter(result, picked, made.truth, {})
    assert len(entered) == len(picked.actions) == 5
    assert ledger.learned() == Efficacy()
    found = [sum(made.truth[picked.rows[10 * k : 10 * k + 10]].ravel()) for k in range(5)]
    assert sum(found) > 0
    assert any(row["realised"] > 0 for row in entered)
    ledger.settle(result)  # not a point more
    assert [(done.kind, done.promised > 0) for done in ledger.done] == [(row["kind"], True) for row in entered]
    assert 0 <= sum(done.realised for done in ledger.done) < sum(row["realised"] for row in entered)
    assert ledger.learned() != Efficacy()
    ledger.settle(result)
    assert len(ledger.done) == 5


def test_labels_are_pooled_where_the_hold_out_has_enough_examples() -> None:
    row = record("random", 300, 0.8, estimate={"labels": {"a": [0.9, 0.8, 1.0], "b": [0.5, 0.2, 0.8], "new": [0.3, 0.1, 0.9]}})
    row["truth"] |= {"labels": {"a": 0.8, "b": 0.9}, "held_positives": {"a": 9, "b": 2, "new": 0}}
    assert label_pairs(row, 1) == [([0.9, 0.8, 1.0], 0.8), ([0.5, 0.2, 0.8], 0.9)]
    table = fidelity([row]).set_index("estimate")
    assert table.loc["label_ap", "MAE"] == pytest.approx(0.25)
    assert table.loc["label_ap_5", "MAE"] == pytest.approx(0.1)
    assert table.loc["label_ap", "coverage"] == 0.5


def test_each_policy_weighs_the_same_in_the_mean() -> None:
    rows = [record("random", 300, 0.8, estimate={"map": [0.9, 0.8, 1.0]})]
    rows += [record("heavy", n, 0.8, estimate={"map": [0.8, 0.7, 0.9]}) for n in (300, 350, 400)]
    table = with_means(fidelity(rows)).set_index(["policy", "estimate", "n >="])
    assert table.loc[("mean", "map", 200), "MAE"] == pytest.approx(0.05)
    assert with_means(fidelity(rows[:1]))["policy"].tolist() == fidelity(rows[:1])["policy"].tolist()
    wide = side_by_side(with_means(fidelity(rows))).set_index(["estimate", "policy"])
    assert wide.loc[("map", "random"), "MAE 200"] == pytest.approx(0.1)
    assert wide.columns.tolist() == ["MAE 200", "bias 200", "coverage 200", "half width 200"]


def test_a_forecast_is_held_against_the_checkpoint_it_speaks_of() -> None:
    ahead = {"map": [0.60, 0.5, 0.7], "forecast": {"more": 200, "map": [0.75, 0.70, 0.85]}}
    rows = [record("random", 200, 0.65, estimate=ahead), record("random", 300, 0.7), record("random", 410, 0.72)]
    line = forecasts(rows).iloc[0]
    assert line["gain"] == pytest.approx(0.07)
    assert line["MAE"] == pytest.approx(0.08)
    assert line["MAE of the level"] == pytest.approx(0.03)
    assert line["coverage"] == 1.0
    assert forecasts(rows[:2]).empty  # 300 is not 400
    assert forecasts([rows[0], {**rows[2], "run": 1}]).empty


def test_the_list_of_worst_labels_is_checked_by_name() -> None:
    row = record("random", 300, 0.8, estimate={"weakest": ["c"]})
    row["truth"]["labels"] = {"a": 0.9, "b": 0.2, "c": 0.3, "d": 0.8}
    line = worst_lists([row]).iloc[0]
    assert (line["in worst k"], line["in worst 2k"]) == (0.0, 1.0)


def test_settings_are_told_apart() -> None:
    rows = [
        {**record("random", 300, 0.8), "data": "mail", "top_labels": top, "noise": noise}
        for top, noise in ((10, None), (10, "even"))
    ]
    assert list(report.settings(rows)) == ["mail, 10 labels", "mail, 10 labels, noise even"]
    assert [entry["setting"] for entry in report.summary(rows)] == list(report.settings(rows))
    json.dumps(report.summary(rows), allow_nan=False)


def test_what_the_page_shows_is_small_and_holds_means_over_runs() -> None:
    pairs = ((100, 0.6), (105, 0.6), (200, 0.8))
    rows = [record("random", n, q + 0.1 * run, run=run) for run in (0, 1) for n, q in pairs]
    kept = validation(rows)["settings"][0]
    curve = next(c for c in kept["curves"] if c["estimate"] == "map")
    assert curve["reviews"] == [100, 200]
    assert curve["truth"] == [0.65, 0.85]
    assert curve["covered"] == [1.0, 1.0]
    assert kept["runs"] == 2
    where = kept["errors"]["columns"].index("estimate")
    assert {row[where] for row in kept["errors"]["rows"]} >= {"map", "worst", "rating"}
    assert kept["forecast"]["rows"] == []
    assert checkpoints([]) == []


# Noise


def test_noise_drops_positives_and_flips_negatives_as_often_as_it_says() -> None:
    truth = np.zeros((40_000, 2))
    truth[:20_000, 0], truth[:400, 1] = 1.0, 1.0
    for how, wanted in (("even", (0.01, 0.01)), ("proportional", (0.0292, 0.0003))):
        seen = noisy(truth, how, np.random.default_rng(0))  # type: ignore[arg-type]
        assert (seen[truth == 1] == 0).mean() == pytest.approx(0.05, abs=0.005)
        for label, flipped in enumerate(wanted):
            assert seen[truth[:, label] == 0, label].mean() == pytest.approx(flipped, rel=0.25, abs=0.0003)


def test_permuted_labels_are_as_many_and_on_other_items() -> None:
    truth = (np.random.default_rng(1).random((2000, 3)) < (0.3, 0.1, 0.02)).astype(float)
    seen = noisy(truth, "permuted", np.random.default_rng(0))
    assert sorted(map(tuple, seen)) == sorted(map(tuple, truth))
    assert abs(np.corrcoef(seen[:, 0], truth[:, 0])[0, 1]) < 0.1


def test_an_annotator_who_errs_leaves_the_truth_as_it_is(material: Material) -> None:
    settings = {**FEW, "policy": "random", "how": "iid", "until": 60}
    (clean,), (wrong,) = (list(trajectory(material, **settings, noise=noise)) for noise in (None, "proportional"))  # type: ignore[arg-type]
    assert clean["truth"]["held_positives"] == wrong["truth"]["held_positives"]
    assert clean["estimate"]["map"] != wrong["estimate"]["map"]


# Commands


def test_the_command_replays_writes_and_reports(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    items, out = write_items(tmp_path / "items.jsonl"), tmp_path / "out.json"
    options = ["--split", "iid", "--runs", "1", "--start", "60", "--batch", "20", "--until", "80", "--json", str(out)]
    assert main(["trajectory", "--items", str(items), "--policy", "random", *options]) == 0
    first = capsys.readouterr().out
    assert "items, 4 labels: reviews and SME hours" in first
    assert [row["reviews"] for row in json.loads(out.read_text())] == [60, 80]
    assert main(["report", str(out)]) == 0
    assert capsys.readouterr().out == first


def test_a_wrong_file_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text('{"id": 1}\n')
    assert main(["trajectory", "--items", str(wrong)]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_speed_is_measured() -> None:
    figures = speed(items=400, labels=4, reviews=100, repeats=1)
    assert figures["items"] == 400
    assert figures["rating and plan"] > 0


@pytest.mark.slow
def test_reuters_is_learned_and_estimated() -> None:
    if not (REUTERS / "reuters.jsonl.gz").exists():
        pytest.skip("the Reuters-21578 file is not here: its texts are free for research only and no part of Plateau")
    whole = load(REUTERS / "reuters.jsonl.gz", REUTERS / "minilm.f16.npy", 20)
    settings = {"run": 0, "seed": 0, "start": 100, "batch": 50, "until": 150}
    records = list(trajectory(whole, how="file", policy="plateau", **settings))
    assert records[0]["reviews"] == 100
    assert 120 < records[1]["reviews"] <= 150  # lists of doubted judgements may be short
    assert records[1]["truth"]["map_all"] > records[0]["truth"]["map_all"] > 0.3
    assert records[1]["truth"]["map"] > 0.55
    value, low, high = records[1]["estimate"]["map"]
    assert abs(value - records[1]["truth"]["map"]) < 0.15
    assert low < records[1]["truth"]["map"] < high


def test_without_weights_the_product_gives_what_the_ablation_says(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = world(reviewed=150, strength=0.8).evidence
    weighted = ablated(rate(evidence, RatingConfig()), RatingConfig())
    monkeypatch.setattr("rating.assess.unreviewed_odds", lambda _, rows, __: np.ones(len(rows)))
    plain = rate(evidence, RatingConfig()).assessment
    assert plain is not None
    assert weighted["no_weights"] == pytest.approx(float(plain.ap.mean()))
    assert weighted["no_hierarchy"] != pytest.approx(weighted["no_weights"])


def test_formats_times_the_import_and_the_export_of_a_label_studio_file(tmp_path: Path) -> None:
    assert main(["formats", "--tasks", "30", "--json", str(tmp_path / "out.json")]) == 0
    found = json.loads((tmp_path / "out.json").read_text())
    assert found["tasks"] == 30
    assert all(found[f"{step}, {unit}"] > 0 for step in ("import", "export") for unit in ("seconds", "peak MB"))
    assert abs(found["written, MB"] - found["file, MB"]) < 0.05


def test_the_project_that_pages_are_timed_with_has_people_a_past_and_a_plan(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("SIZE", 1), ("ACTIONS", 12), ("SNAPSHOTS", 4)):
        monkeypatch.setattr(f"benchmarks.pages.{name}", value)
    store, project = big(tmp_path, 150, 60, 3)
    assert store.annotators(project.id) == ["ann", "ben", "import"]
    done = store.actions(project.id, "done")
    assert len(done) == 12
    assert {action.realised_gain for action in done} == {0.05}
    assert len(store.snapshots(project.id)) == 4 + 2  # and those of the plans before and after
    assert store.snapshots(project.id)[-1].revision == project.revision
    assert store.actions(project.id, "open")
