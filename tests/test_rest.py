"""Labels that cannot be learned rest; those that rise, or were hardly tried, do not."""

from __future__ import annotations

import pytest

from recommend.rest import FAIR, Trial, foreseen_rise, resting

TRIED = [Trial(1, 0.3, positives) for positives in (8.0, 14.0, 20.0)]
OTHER = {2: (0.9, 50.0)}


def test_a_label_that_does_not_rise_rests() -> None:
    assert resting(TRIED, {1: (0.3, 26.0), **OTHER}) == {1}


@pytest.mark.parametrize(
    ("trials", "now"),
    [
        (TRIED, (0.45, 26.0)),  # it rose
        (TRIED[:2], (0.3, 26.0)),  # tried twice
        (TRIED, (0.3, FAIR - 1.0)),  # hardly any examples
        (TRIED, (0.3, 8.5)),  # nothing was found that could have taught it
        ([Trial(1, 0.7, trial.positives) for trial in TRIED], (0.7, 26.0)),  # good enough
        ([Trial(3, 0.3, trial.positives) for trial in TRIED], (0.3, 26.0)),  # another label's trials
    ],
)
def test_other_labels_do_not_rest(trials: list[Trial], now: tuple[float, float]) -> None:
    assert resting(trials, {1: now, **OTHER}) == frozenset()


def test_when_all_would_rest_none_does() -> None:
    assert resting(TRIED, {1: (0.3, 26.0)}) == frozenset()


def test_the_rise_foreseen_grows_with_the_positives() -> None:
    assert foreseen_rise(0.3, 8.0, 8.0) == pytest.approx(0.0, abs=1e-9)
    assert 0.0 < foreseen_rise(0.3, 8.0, 16.0) < foreseen_rise(0.3, 8.0, 32.0) < 0.7
