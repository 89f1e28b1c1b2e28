"""The Model fit page without a browser: a kept study in words, charts and tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from data.records import Project
from data.store import Store
from recommend.studies import job_kind
from views import fit, fitcharts

PAGE = Path(__file__).parents[1] / "views" / "fit_page.py"
GAIN = {"value": 0.01, "low": -0.01, "high": 0.03, "reason": ""}


def spot(mix: dict[str, float], penalty: float, held: float) -> dict[str, object]:
    return {
        "mix": mix, "penalty": penalty, "freedom": 100.0 / penalty, "train_error": 0.02, "held_error": 0.1 - held / 10,
        "train_precision": 0.99, "held_precision": held, "gain": GAIN,
    }  # fmt: skip


BOTH, ALONE = {"minilm": 1.0, "lsa": 0.5}, {"minilm": 1.0, "lsa": 0.0}
GAPS = [
    {"reviews": n, "train": 0.99, "held": 0.99 - gap, "gap": {"value": gap, "low": gap - 0.1, "high": gap + 0.1, "reason": ""}}
    for n, gap in ((50, 0.25), (100, 0.4))
]
RESULT = {
    "reviews": 100, "of": 100, "labels": 4, "chosen": 0, "gaps": GAPS, "answer": "too rich", "evidence": ["It is so."],
    "spots": [spot(BOTH, 0.1, 0.7), spot(BOTH, 0.5, 0.8), spot(ALONE, 0.5, 0.6), spot(ALONE, 1.0, 0.65)],
}  # fmt: skip


def test_a_kept_study_is_told_with_its_evidence_and_one_that_failed_with_its_reason(place: tuple[Store, Project]) -> None:
    store, project = place
    at = AppTest.from_file(str(PAGE), default_timeout=60)
    at.session_state["project"] = project.name
    job = store.start_job(project.id, job_kind("fit"), 100)
    store.update_job(job, done=0, state="failed", message="There is no model yet.")
    at.run()
    assert [one.value for one in at.error] == ["There is no model yet."]
    store.save_study(project.id, "fit", "", revision=project.revision, model_version=3, result=RESULT)
    at.run()
    assert not at.exception
    said = " ".join(str(one.value) for kind in (at.markdown, at.caption) for one in kind)
    assert "Too rich" in said
    assert "- It is so." in said
    assert f"revision {project.revision} · model 3" in said
    assert "Over-fitting:** a simpler model ranks what it has not seen clearly better, by +0.01" in said
    assert "penalty 0.5 (200 effective parameters): average precision 0.800" in said
    at.selectbox(key="mix").set_value("minilm alone").run()
    assert "penalty 1 (100 effective parameters): average precision 0.650" in " ".join(str(one.value) for one in at.caption)


def test_the_path_of_a_mix_has_a_training_and_a_held_out_line_and_marks_the_model() -> None:
    table = fitcharts.path_table(RESULT["spots"], BOTH, "error")  # type: ignore[arg-type]
    assert table[table["on"] == fitcharts.HELD]["value"].tolist() == pytest.approx([0.03, 0.02])
    drawn = fitcharts.path(table, "error", 200.0).to_dict()
    assert len(set(drawn["layer"][0]["encoding"]["color"]["scale"]["range"])) == 2
    assert len(set(drawn["layer"][1]["encoding"]["shape"]["scale"]["range"])) == 2
    assert drawn["layer"][2]["mark"]["type"] == "rule"
    assert len(fitcharts.path(table, "error", None).to_dict()["layer"]) == 2
    best = fitcharts.mix_table(RESULT["spots"], RESULT["spots"][1])  # type: ignore[arg-type, index]
    assert best["Best penalty"].tolist() == [0.5, 1.0]
    assert best["Now"].tolist() == ["● now", ""]


@pytest.mark.parametrize(
    ("answer", "wide", "told"),
    [
        ("about right", (0.53, 0.32), "No over-fitting beyond chance: the gap between what it learned from and what it has not "
         "seen is 0.32 (0.22 to 0.42); it was 0.53 at 50 reviews: it closes."),
        ("about right", (0.32, 0.31), "it has not closed yet"),
        ("too simple", (0.05, 0.05), "No over-fitting"),
        ("falling back", (0.3, 0.4), "**Over-fitting:** Average precision on items held out fell by 0.08 (0.04 to 0.12)"),
        ("cannot tell", (0.5,), "Whether it over-fits cannot be told yet"),
    ],
)  # fmt: skip
def test_over_fitting_is_what_the_verdict_says(answer: str, wide: tuple[float, ...], told: str) -> None:
    gaps = [
        {"reviews": n, "gap": {"value": gap, "low": gap - 0.1, "high": gap + 0.1}}
        for n, gap in zip((50, 100), wide, strict=False)
    ]
    lost = {"what": "fell", "reviews": 50, "change": {"value": 0.08, "low": 0.04, "high": 0.12}}
    words = fit.overfit_words({"answer": answer, "gaps": gaps, "lost": lost, "spots": []})
    assert told in words
    assert ("warning" in words) == (answer == "falling back")
