"""When labels were learned, what is foreseen of them, how dense reviews are, and whether promises are kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import linregress, spearmanr

from data.records import StopCheck
from rating.density import moving, relation
from rating.evidence import RatingConfig
from rating.forecast import Forecast, forecast
from rating.learning import LabelPoint, Point, ahead, chosen_points, fallen, learned, reviews_until, since
from rating.records import Estimate, LabelHealth, Rating
from recommend.kept import kept
from recommend.progress import episodes

FACTORS = ("all_labels", "underperforming", "coverage", "balance")


def point(number: int, reviewed: int, **labels: tuple[float, float] | None) -> Point:
    """A rating at which labels, by name, have this average precision and lower end; None before their first example."""
    known = {
        k: LabelPoint(name, Estimate(None) if told is None else Estimate(told[0], told[1], 1.0), 0 if told is None else 5)
        for k, (name, told) in enumerate(labels.items())
    }
    return Point(number, number, number, "2026-01-01", reviewed, Estimate(60.0, 50.0, 70.0), {}, known, float(reviewed))


def test_a_label_is_learned_from_where_its_lower_end_stays_at_the_target() -> None:
    course = [
        point(1, 50, a=None, b=(0.9, 0.8), c=(0.6, 0.3), d=None),
        point(2, 100, a=(0.8, 0.6), b=(0.7, 0.5), c=(0.75, 0.5), d=None),
        point(3, 150, a=(0.6, 0.4), b=(0.6, 0.4), c=(0.5, 0.3), d=None),
        point(4, 200, a=(0.9, 0.75), b=(0.75, 0.6), c=(0.6, 0.4), d=None),
        point(5, 250, a=(0.9, 0.7), b=(0.8, 0.6), c=(0.6, 0.4), d=None),
    ]
    a, b, c, d = learned(course, 0.7)
    assert (a.state, a.sure, a.likely, a.met) == ("learned", course[3], course[3], course[1])
    assert (b.state, b.fell, b.likely, b.sure) == ("fell back", course[1], course[3], None)
    assert (c.state, c.fell, c.likely) == ("not yet", None, None)
    assert (d.state, d.met, d.now.value) == ("unknown", None, None)
    assert learned([], 0.7) == []


@given(st.lists(st.none() | st.floats(0, 1), max_size=12), st.floats(0, 1))
def test_the_moment_since_which_is_the_start_of_the_last_run(values: list[float | None], target: float) -> None:
    place, fell = since(values, target), fallen(values, target)
    above = [value is not None and value >= target for value in values]
    if place is None:
        assert not above or not above[-1]
        assert (fell is not None) == any(above)
    else:
        assert all(above[place:])
        assert place == 0 or not above[place - 1]
        assert fell is None


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=60), st.integers(2, 20))
def test_few_ratings_tell_the_course_the_first_and_the_last_among_them(counts: list[int], most: int) -> None:
    ratings = [(number, count) for number, count in enumerate(sorted(counts))]
    chosen = chosen_points(ratings, most)
    at = dict(ratings)
    assert len(chosen) <= most + 2
    assert [at[k] for k in chosen] == sorted({at[k] for k in chosen})
    assert (at[chosen[0]], at[chosen[-1]]) == (min(counts), max(counts))


def view_of(positives: int, ap: float, *, population: int = 2000) -> tuple[Forecast, LabelHealth]:
    rating = bare(population)
    label = LabelHealth(1, "a", False, positives, 100, Estimate(ap, ap / 2, 1.0), *[None] * 8)  # type: ignore[arg-type]
    rating = replace(rating, labels=(label,))
    return forecast(rating, [], RatingConfig()), label


def bare(population: int) -> Rating:
    from rating.records import Factor

    score = Estimate(60.0, 50.0, 70.0)
    factors = tuple(Factor(key, key, score, 0.25, (), "") for key in FACTORS)  # type: ignore[arg-type]
    return Rating(score, factors, (), (), True, 100, population, Estimate(0.0, 0.0, 0.0))


def test_a_label_is_foreseen_to_rise_from_where_it_is_with_a_range_that_holds_it() -> None:
    view, label = view_of(10, 0.6)
    now, later, last = (ahead(view, label, more) for more in (0.0, 200.0, 1000.0))
    assert now.value == pytest.approx(0.6)
    assert now.value < (later.value or 0) < (last.value or 0) <= 1.0
    for told in (now, later, last):
        assert (told.low or 0) < (told.value or 0) < (told.high or 0)
    assert ahead(view, replace(label, ap=Estimate(None, reason="No example yet.")), 10.0).reason == "No example yet."


def test_the_nearer_the_target_the_fewer_reviews_and_none_at_it() -> None:
    spans = [reviews_until(*view_of(30, ap), 0.7) for ap in (0.8, 0.9, 0.99)]
    assert all(span is not None for span in spans)
    firsts = [span[0] for span in spans if span]
    assert firsts == sorted(firsts, reverse=True)
    assert firsts[-1] == 0.0
    assert firsts[0] > 0
    view, label = view_of(30, 0.8)
    assert reviews_until(view, replace(label, positives=0), 0.7) is None
    assert reviews_until(*view_of(2, 0.3, population=120), 0.9) is None  # twenty items are left


def test_a_moving_mean_is_the_mean_of_the_last_ones() -> None:
    values = np.arange(100) % 7.0
    found = moving(values)
    assert found is not None
    assert found.window == 20
    for end, mean, low, high in zip(found.reviews, found.mean, found.low, found.high, strict=True):
        part = values[end - 20 : end]
        assert mean == pytest.approx(part.mean())
        assert high - mean == pytest.approx(1.645 * part.std(ddof=1) / np.sqrt(20))
        assert low <= mean
    assert found.reviews[-1] == 100
    assert moving(values[:19]) is None


def test_the_relation_is_spearmans_over_the_stretches_between_ratings() -> None:
    rng = np.random.default_rng(0)
    reviewed, values = list(range(20, 220, 20)), rng.integers(0, 4, 200).astype(float)
    held = np.array([values[a : a + 20].mean() for a in reviewed[:-1]])
    quality = np.concatenate([[10.0], 10.0 + np.cumsum(held)])
    found = relation(reviewed, quality.tolist(), values)
    wanted = spearmanr(held, np.diff(quality))
    assert (found.stretches, found.correlation) == (9, pytest.approx(wanted.statistic))
    assert found.chance == pytest.approx(wanted.pvalue)
    assert relation(reviewed[:5], quality[:5].tolist(), values).correlation is None


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.floats(0.2, 3.0))
def test_promises_are_judged_by_what_came_for_each_point(seed: int, worth: float) -> None:
    rng = np.random.default_rng(seed)
    predicted = rng.uniform(0.2, 2.0, 30)
    realised = worth * predicted + rng.normal(0, 0.02, 30)
    told, line = kept(predicted, realised), linregress(predicted, realised)
    assert told.ratio.value == pytest.approx(realised.sum() / predicted.sum())
    assert told.slope.value == pytest.approx(line.slope)
    assert told.correlation.value == pytest.approx(line.rvalue)
    if abs(worth - 1.0) > 0.1:
        assert told.verdict == ("too much" if worth < 1 else "too little")


def test_promises_that_came_true_are_kept_and_few_tell_nothing() -> None:
    rng = np.random.default_rng(1)
    predicted = rng.uniform(0.2, 2.0, 30)
    assert kept(predicted, predicted * rng.uniform(0.6, 1.4, 30)).verdict == "kept"
    few = kept([1.0] * 4, [1.0] * 4)
    assert (few.verdict, few.ratio.value) == ("cannot tell", None)
    assert kept([1.0] * 6, [0.5, 0.4] * 3).slope.value is None


def check(number: int, answer: str) -> StopCheck:
    return StopCheck(number, number, number, f"2026-01-0{number}", 50 * number, answer, answer, {})


def test_an_episode_lasts_while_the_same_answer_is_given() -> None:
    answers = ["false_start", "false_start", "keep_going", "stalled", "stalled"]
    checks = [check(k + 1, answer) for k, answer in enumerate(answers)]
    first, second = episodes(checks)
    assert (first.answer, first.began, first.last, first.over) == ("false_start", checks[0], checks[1], checks[2])
    assert (second.answer, second.began, second.last, second.over) == ("stalled", checks[3], checks[4], None)
    assert [one.over for one in episodes([check(1, "stalled"), check(2, "false_start")])] == [check(2, "false_start"), None]
