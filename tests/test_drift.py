"""Drift: recent items are judged by the reviews among them, and only when these suffice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from data.records import ImportRow
from data.store import Store
from rating.drift import EXAMPLES, ITEMS, REVIEWS, Drift, recalibrated, recent_items
from rating.evidence import Evidence
from rating.service import gather
from tests.builders import messages, rated, unit, world


def dated(evidence: Evidence, per_day: int = 10) -> Evidence:
    """The same evidence, its items written one after the other."""
    day = np.arange(evidence.population) // per_day
    return replace(evidence, dates=np.datetime64("2024-01-01", "s") + day.astype("timedelta64[D]"))


def measured(evidence: Evidence) -> Drift:
    found = rated(evidence).drift
    assert found is not None
    return found


def spoilt(evidence: Evidence, share: float, seed: int = 0) -> Evidence:
    """The newest fifth speaks another language: its features hold mostly noise."""
    rng, table = np.random.default_rng(seed), evidence.blocks["dense"].copy()
    late = np.arange(evidence.population) >= 0.8 * evidence.population
    noise = unit(rng.standard_normal((int(late.sum()), table.shape[1])))
    table[late] = unit((1 - share) * table[late] + share * noise)
    return replace(evidence, blocks={"dense": table})


def test_without_dates_drift_is_unknown_and_says_what_to_import() -> None:
    found = measured(world().evidence)
    assert found.recent.value is found.overall.value is found.gap is None
    assert "date" in found.recent.reason


def test_items_without_a_known_date_count_as_undated() -> None:
    evidence = world().evidence
    assert "No item has a date" in measured(replace(evidence, dates=np.full(500, np.datetime64("NaT", "s")))).recent.reason


def test_items_of_a_single_day_have_no_recent_part() -> None:
    evidence = world(items=1500, reviewed=300).evidence
    same = replace(evidence, dates=np.full(1500, np.datetime64("2024-01-01", "s")))
    assert "same date" in measured(same).recent.reason


def test_too_few_recent_items_cannot_tell() -> None:
    assert str(ITEMS) in measured(dated(world(items=500, reviewed=200).evidence)).recent.reason


def test_too_few_recent_reviews_say_how_many_are_needed() -> None:
    made = dated(world(items=1500, reviewed=400).evidence)
    old = made.rows < 1200
    evidence = replace(made, rows=made.rows[old], targets=made.targets[old], sources=made.sources[old], settled=made.settled[old])
    found = measured(evidence)
    assert found.recent.value is None
    assert f"needs {REVIEWS} with {EXAMPLES}" in found.recent.reason


def test_the_newest_fifth_is_recent() -> None:
    evidence = dated(world(items=1500).evidence)
    newest, since = recent_items(evidence)
    assert not isinstance(newest, str)
    assert 0.2 <= newest.mean() < 0.21
    assert evidence.dates is not None
    assert since == str(evidence.dates[newest].min().astype("datetime64[D]"))
    assert evidence.dates[~newest].max() < evidence.dates[newest].min()


def test_where_nothing_has_changed_recent_items_do_as_well_as_all() -> None:
    gaps = []
    for seed in range(4):
        found = measured(dated(world(items=2000, reviewed=500, seed=seed).evidence))
        assert found.recent.low is not None
        assert found.recent.low <= (found.recent.value or 0.0) <= (found.recent.high or 0.0)
        gaps.append(found.gap or 0.0)
    assert abs(np.mean(gaps)) < 0.03


@pytest.mark.parametrize("seed", [0, 1])
def test_planted_drift_lowers_the_rating_of_recent_items_alone(seed: int) -> None:
    made = dated(world(items=2000, reviewed=600, strength=3.0, seed=seed).evidence)
    steady, drifted = measured(made), measured(spoilt(made, 0.7))
    assert steady.gap is not None
    assert drifted.gap is not None
    assert drifted.gap < steady.gap - 0.1
    assert (drifted.recent.high or 1.0) < (drifted.overall.value or 0.0)
    assert (drifted.recent_coverage.value or 0.0) < (steady.recent_coverage.value or 0.0)


def test_a_rating_shows_recent_items_beside_all() -> None:
    rating = rated(dated(world(items=1500, reviewed=400).evidence)).rating
    shown = {c.key: c for factor in rating.factors for c in factor.contributors}
    assert shown["recent_map"].estimate.value is not None
    assert "items since 2024-" in shown["recent_map"].definition
    assert shown["recent_coverage"].estimate.value is not None


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(-1.5, 1.5), st.floats(0.6, 1.4))
def test_recalibration_finds_the_shift_and_the_stretch(seed: int, shift: float, stretch: float) -> None:
    rng = np.random.default_rng(seed)
    x = 2.0 * rng.standard_normal((3000, 2)) - 1.0
    targets = (rng.random(x.shape) < expit(shift + stretch * x)).astype(float)
    targets[::7, 0] = np.nan
    (a, b), spread = recalibrated(x, targets, np.ones(3000))
    assert a == pytest.approx(shift, abs=0.25)
    assert b == pytest.approx(stretch, abs=0.25)
    assert (np.linalg.eigvalsh(spread) > 0).all()


def test_dates_of_a_stored_project_reach_its_evidence(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("mail")
    texts = messages(60)
    store.import_rows(
        project.id,
        [
            ImportRow(f"m{k}", text, labels=labels, at=None if k == 0 else f"2024-03-{k % 28 + 1:02d}T00:00:00.000000+00:00")
            for k, (text, labels) in enumerate(texts)
        ],
    )
    store.update_settings(project.id, {"encoder": "lsa"})
    dates = gather(store, project.id).evidence.dates
    assert dates is not None
    assert np.isnat(dates).tolist() == [True] + [False] * 59
    assert str(dates[1]) == "2024-03-02T00:00:00"


def test_a_stored_project_without_dates_has_none(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{k}", text) for k, (text, _) in enumerate(messages(60))])
    store.update_settings(project.id, {"encoder": "lsa"})
    assert gather(store, project.id).evidence.dates is None
