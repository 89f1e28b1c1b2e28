"""What-if simulations: reproducible, kept, stoppable, and honest about what they rest on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import Interrupted, InvalidInput, NotEnoughEvidence
from data.records import Simulation
from data.store import Store
from recommend.__main__ import main
from recommend.cost import Times
from recommend.curves import Curve, band, mean_reached
from recommend.replay import HELD_OUT, hold_out
from recommend.replayed import Ground
from recommend.simulate import KIND, WhatIf, simulate, simulate_project, start_simulation, stop_simulation
from recommend.verdict import answer, caveats, curves_of, lines, usual_target
from tests.builders import stored, world

QUICK = WhatIf(("plateau", "random", "handed-over"), runs=1)


def run_of(reviews: Sequence[int], quality: Sequence[float], hour: float = 0.01) -> dict[str, list[float]]:
    """A run that takes so many hours a review, twice as many without suggestions."""
    hours = [hour * n for n in reviews]
    steps = list(range(len(reviews)))
    return {
        "reviews": list(reviews),
        "rounds": steps,
        "quality": list(quality),
        "hours": hours,
        "unaided": [2 * h for h in hours],
    }


def result_of(**curves: list[dict[str, list[float]]]) -> dict[str, Any]:
    return {
        "reviewed": 1000, "pool": 700, "held": 300, "batch": 50, "handed_over": 200, "shuffled": 0.9,
        "curves": [{"strategy": name.replace("_", "-"), "runs": runs} for name, runs in curves.items()],
    }  # fmt: skip


KNOWN = result_of(
    plateau=[run_of([100, 200, 300], [0.5, 0.7, 0.9]), run_of([100, 150, 300], [0.5, 0.8, 0.9])],
    random=[run_of([100, 300], [0.5, 0.875])] * 2,
    handed_over=[run_of([100, 300, 500], [0.5, 0.79, 0.9])] * 2,
)


# Curves


@given(st.lists(st.floats(0, 1), min_size=2, max_size=12), st.floats(0, 1))
def test_a_target_is_reached_where_the_curve_crosses_it(quality: list[float], target: float) -> None:
    cost = np.arange(len(quality)) * 10.0 + 5.0
    line, steps = Curve(cost, np.array(quality)), Curve(cost, np.array(quality), stepped=True)
    reached = line.reaches(target)
    assert np.isnan(reached) == np.isnan(steps.reaches(target)) == (max(quality) < target)
    if not np.isnan(reached):
        assert reached <= steps.reaches(target) <= reached + 10.0
        assert line.at(np.array([reached]))[0] >= target - 1e-9
        assert steps.at(np.array([steps.reaches(target)]))[0] >= target
    assert np.isnan(line.at(np.array([0.0, 1e9]))).all()


def test_runs_that_never_reach_a_target_make_its_mean_unknown() -> None:
    curves = [Curve(np.array([1.0, 2.0]), np.array([0.2, top])) for top in (0.6, 0.4)]
    assert np.isnan(mean_reached(curves, 0.5)).all()
    assert mean_reached(curves, 0.3) == pytest.approx((1.375, 0.125))


def test_a_band_has_mean_and_deviation_where_all_runs_are() -> None:
    found = band([Curve(np.array([10.0, 100.0]), np.array([0.2, 0.4])), Curve(np.array([20.0, 80.0]), np.array([0.4, 0.4]))], 5)
    assert (found.cost[0], found.cost[-1]) == (20.0, 80.0)
    assert (np.diff(found.cost) > 0).all()
    assert found.mean[0] == pytest.approx((0.2 + 0.2 * 10 / 90 + 0.4) / 2)
    assert found.deviation[0] == pytest.approx((0.2 - 0.2 * 10 / 90) / 2)


# The verdict


def test_the_clock_adds_the_hours_that_each_batch_waits() -> None:
    by_line = {line.strategy: line for line in lines(KNOWN, 0.8, waiting=52.0)}
    plateau, random, handed = (by_line[name] for name in ("plateau", "random", "handed-over"))
    assert plateau.reviews == pytest.approx((250 + 150) / 2)
    assert plateau.spread == pytest.approx(50.0)
    assert plateau.clock == plateau.work == pytest.approx(2.0)
    assert random.reviews == pytest.approx(260.0)
    # A whole batch has to be done, without suggestions, and each of the two waits.
    assert (handed.reviews, handed.work) == pytest.approx((500, 2 * 0.01 * 500))
    assert handed.clock == pytest.approx(handed.work + 2 * 52.0)
    assert 0.5 < handed.area < random.area < plateau.area < 0.9
    unaided = curves_of(KNOWN, "plateau", "work", aided=False)[0]
    np.testing.assert_allclose(unaided.cost, [2.0, 4.0, 6.0])


def test_the_answer_names_both_numbers_their_ratio_and_the_hours() -> None:
    against_random, against_batches = answer(lines(KNOWN, 0.8, waiting=52.0), 0.8)
    assert against_random == (
        "Plateau's actions reached 0.80 after 200 reviews, random after 260: 1.3 times fewer; 2.0 h of work instead of 2.6 h."
    )
    assert "random batches, handed over after 500: 2.5 times fewer" in against_batches
    assert against_batches.endswith("and on the clock 2.0 h instead of 114 h.")
    worse = answer(lines(KNOWN, 0.8, 0.0)[:2][::-1], 0.8)[0]
    assert "1.3 times as many" in worse


def test_what_is_never_reached_is_said() -> None:
    low = result_of(plateau=[run_of([100, 200], [0.5, 0.9])], random=[run_of([100, 200], [0.5, 0.6])])
    assert "did not reach it in every run" in answer(lines(low, 0.8, 0.0), 0.8)[0]
    assert "Choose a lower target" in answer(lines(low, 0.95, 0.0), 0.95)[0]
    assert usual_target(low) == 0.58
    assert usual_target(result_of(plateau=[run_of([100, 200], [0.5, 0.51])])) is None


def test_caveats_depend_on_what_the_figures_rest_on() -> None:
    assert len(caveats(KNOWN)) == 2
    poor = caveats({**KNOWN, "held": 45, "shuffled": 0.2})
    assert any("45 held-out items are few" in words for words in poor)
    assert any("Only 20% of the reviewed items came at random" in words for words in poor)


# A stored project


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Simulation:
    store, project = stored(tmp_path_factory.mktemp("whatif"), items=260, reviewed=200)
    done = simulate_project(store, project.id, QUICK)
    assert store.last_simulation(project.id) == done
    assert store.jobs(project.id, KIND)[0].state == "done"
    assert done.revision == store.revision(project.id)
    return done


def test_a_simulation_keeps_every_checkpoint_of_every_strategy(kept: Simulation) -> None:
    assert (kept.result["reviewed"], kept.result["pool"], kept.result["held"]) == (200, 140, 60)
    assert (kept.result["items"], kept.result["labels"], kept.result["shuffled"]) == (260, 4, 1.0)
    assert [curve["strategy"] for curve in kept.result["curves"]] == list(QUICK.strategies)
    for curve in kept.result["curves"]:
        (run,) = curve["runs"]
        assert run["reviews"][-1] >= 140
        assert (np.diff(run["hours"]) > 0).all()
    assert np.diff(kept.result["curves"][2]["runs"][0]["reviews"]).tolist() == [46, 46, 8]  # a third of the pool at a time


def test_the_same_settings_give_the_same_figures(kept: Simulation, tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=260, reviewed=200)
    assert simulate_project(store, project.id, QUICK).result == kept.result


def test_too_few_reviews_say_how_many_are_missing(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=160, reviewed=120)
    with pytest.raises(NotEnoughEvidence, match="Review 30 more"):
        simulate_project(store, project.id, QUICK)
    job = store.jobs(project.id, KIND)[0]
    assert (job.state, store.last_simulation(project.id)) == ("failed", None)
    assert "Review 30 more" in job.message


def test_a_simulation_that_is_stopped_keeps_nothing(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=200, reviewed=160)
    heard: list[int] = []

    def watch(percent: int, words: str) -> bool:
        heard.append(percent)
        if len(heard) == 3:
            stop_simulation(store, project.id)
        return True

    with pytest.raises(Interrupted, match="stopped"):
        simulate_project(store, project.id, QUICK, on_progress=watch)
    assert len(heard) == 4  # it ends at the next checkpoint
    assert (store.jobs(project.id, KIND)[0].state, store.last_simulation(project.id)) == ("stopped", None)


def test_settings_that_make_no_sense_are_refused() -> None:
    for wrong, words in (
        ({"strategies": ()}, "needs a strategy"), ({"strategies": ("best",)}, "no strategy"), ({"runs": 0}, "1 to 20"),
        ({"handed_over": 0}, "At least one"), ({"handover_hours": -1.0}, "0 or more"),
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match=words):
            WhatIf(**wrong)  # type: ignore[arg-type]


def test_the_command_line_answers_in_words_and_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, _ = stored(tmp_path, items=200, reviewed=160)
    options = ["simulate", "--db", str(store.path), "--project", "mail", "--strategies", "plateau", "random", "--runs", "1"]
    assert main([*options, "--target", "0.5"]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("Plateau's actions reached 0.50 after 40 reviews, random after 40: about as many; ")
    assert "of work either way." in said.out
    assert "held out" in said.out
    assert "100 %" in said.err
    assert main([*options, "--json", "--target", "0.99"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["target"] == 0.99
    assert {line["strategy"] for line in found["strategies"]} == {"plateau", "random"}
    assert main([*options, "--runs", "99"]) == 2
    assert "1 to 20 runs" in capsys.readouterr().err


@pytest.mark.slow
def test_another_process_simulates_and_keeps_the_result(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=200, reviewed=160)
    what = WhatIf(("random",), runs=1)
    process = start_simulation(store.path, project.id, what)
    assert process is not None
    assert start_simulation(store.path, project.id, what) is None  # one at a time
    assert process.wait(120) == 0
    kept = store.last_simulation(project.id)
    assert kept is not None
    assert kept.settings["strategies"] == ["random"]
    assert store.jobs(project.id, KIND)[0].state == "done"


@pytest.mark.slow
def test_a_process_that_dies_leaves_a_failed_job(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=200, reviewed=160)
    process = start_simulation(store.path, project.id, WhatIf(runs=20))
    assert process is not None
    process.kill()
    for _ in range(100):
        if store.jobs(project.id, KIND)[0].state != "running":
            break
        time.sleep(0.1)
    job = store.jobs(project.id, KIND)[0]
    assert job.state == "failed"
    assert "ended unexpectedly" in job.message


def test_a_hold_out_without_any_label_is_refused() -> None:
    sample = world(items=150, reviewed=10)
    targets = np.zeros((150, 1))
    targets[:2] = 1.0
    ground = Ground(sample.evidence.blocks, targets, ("a",))
    empty = next(seed for seed in range(50) if not targets[hold_out(targets, HELD_OUT, seed)[1]].any())
    with pytest.raises(NotEnoughEvidence, match="No held-out item carries a label"):
        simulate(ground, WhatIf(("random",), runs=1, seed=empty), times=Times(), report=lambda percent, words: True)


def test_an_unknown_quality_gives_no_target() -> None:
    known, unknown = run_of([100, 200], [0.3, 0.9]), run_of([100, 200], [float("nan")] * 2)
    assert usual_target(result_of(plateau=[known])) == 0.78
    assert usual_target(result_of(plateau=[known, unknown])) is None
    assert usual_target(result_of(plateau=[unknown, known])) is None


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """The command lines of the processes asked for; none is started, and none ends before the test does."""
    asked: list[list[str]] = []
    over = threading.Event()

    class Asked:
        def __init__(self, line: list[str], **_: object) -> None:
            asked.append(line)

        def wait(self) -> int:
            over.wait(60)
            return 0

    monkeypatch.setattr("recommend.background.subprocess.Popen", Asked)
    yield asked
    over.set()


def test_a_project_with_a_dash_in_front_can_be_simulated(tmp_path: Path, processes: list[list[str]]) -> None:
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("-beta")
    start_simulation(store.path, project.id, WhatIf(("random",), runs=1))
    (line,) = processes
    main(line[line.index("recommend") + 1 :])
    assert "Review 150 more" in store.jobs(project.id, KIND)[0].message


def test_two_who_start_at_once_start_one_simulation(tmp_path: Path, processes: list[list[str]]) -> None:
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("mail")
    together = threading.Barrier(8)

    def start(_: int) -> object:
        together.wait(60)
        return start_simulation(store.path, project.id, WhatIf())

    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(start, range(8)))
    assert (len(processes), sum(process is not None for process in started)) == (1, 1)
    assert len(store.jobs(project.id, KIND)) == 1


def test_a_job_is_claimed_again_when_the_one_before_has_ended(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("mail")
    first = store.claim_job(project.id, KIND, 100)
    assert first is not None
    assert store.claim_job(project.id, KIND, 100) is None
    assert store.claim_job(project.id, "encode", 100) is not None
    assert store.claim_job(store.create_project("other").id, KIND, 100) is not None
    store.update_job(first, done=100, state="done")
    assert store.claim_job(project.id, KIND, 100) is not None


@pytest.mark.parametrize("target", ["0", "3", "nan"])
def test_a_precision_that_cannot_be_reached_is_refused_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    store, project = stored(tmp_path)
    assert main(["simulate", "--db", str(store.path), "--project", project.name, "--target", target]) == 2
    assert "Correct --target" in capsys.readouterr().err
