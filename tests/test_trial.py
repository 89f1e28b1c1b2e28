"""Would another encoder help: the verdict on features that know the labels and on noise, and the study with encoders at hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from data.errors import EncoderUnavailable
from data.vectors import VectorCache, cache_directory
from rating.capacity import path
from rating.evidence import Features, Floats
from rating.service import rate_project
from rating.tokens import Float32
from rating.trial import best_spot, trial
from recommend import trial as trial_study
from tests.builders import SPEECH, stored, unit
from views import trying


@pytest.fixture(scope="module")
def known() -> tuple[Features, Features, Floats]:
    """Features that tell five labels, noise, and the targets of 150 items."""
    rng = np.random.default_rng(3)
    targets = (rng.random((150, 5)) < 0.25).astype(float)
    good = unit(targets @ rng.standard_normal((5, 20)) + 0.6 * rng.standard_normal((150, 20)))
    return good, unit(rng.standard_normal((150, 20))), targets


def test_features_that_know_the_labels_would_help_and_noise_would_not(known: tuple[Features, Features, Floats]) -> None:
    good, noise, targets = known
    poor, rich = best_spot({"noise": noise}, targets), best_spot({"good": good}, targets)
    yes = trial(poor, {"noise": poor, "good": rich}, {"good": 0.02}, 150, 30_000)
    assert yes.answer == "yes"
    assert [one.name for one in yes.tried] == ["good", "noise"]
    assert (yes.tried[0].gains.low or 0) > 0.1
    assert "0.020 s an item, about 10 minutes for all items" in yes.words
    no = trial(rich, {"noise": poor}, {}, 150, 30_000)
    assert (no.answer, "no more than chance" in no.words) == ("no", True)
    assert trial(poor, {"good": rich}, {}, 80, 30_000).answer == "cannot tell"
    assert trial(poor, {}, {}, 150, 30_000).answer == "cannot tell"


def test_the_best_spot_uses_every_block_and_is_the_best_of_the_path(known: tuple[Features, Features, Floats]) -> None:
    good, noise, targets = known
    both = best_spot({"good": good, "noise": noise}, targets)
    assert all(both.mix.values())
    again = path({"good": good, "noise": noise}, targets, both.mix, [both.penalty])[0]
    np.testing.assert_allclose(again.precision, both.precision)
    assert both.mix["good"] >= both.mix["noise"]


class Words:
    """An encoder that counts the words that speak for each label; it knows what it is tried on perfectly."""

    name = "words@9"

    def encode(self, texts: Sequence[str]) -> Float32:
        told = [[sum(word in text.split() for word in words) for words in SPEECH.values()] for text in texts]
        return np.asarray(unit(np.array(told, dtype=float) + 0.01), dtype=np.float32)


def test_the_study_encodes_a_sample_keeps_its_vectors_and_says_what_it_could_not_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, project = stored(tmp_path, items=150, reviewed=110)
    rate_project(store, project.id)
    monkeypatch.setattr(trial_study, "packaged_available", lambda: False)
    monkeypatch.setattr(trial_study, "local_encoder", lambda model: Words())
    told: list[tuple[float, str]] = []
    result = trial_study.study(store, project.id, {"encoder": "words"}, lambda share, words: told.append((share, words))).result
    assert {one["name"] for one in result["tried"]} == {"LSA alone", "words@9 alone", "words@9 and LSA"}
    assert (result["items"], result["labels"]) == (110, 4)
    assert "pip install sentence-transformers" in result["notes"][0]
    assert "words@9: 96 of 110 texts" in [words for _, words in told]
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert VectorCache(cache_directory(store.path)).count("words@9") == 110
    costs = {one["name"]: one["seconds"] for one in result["tried"]}
    assert costs["LSA alone"] == 0.0
    assert costs["words@9 alone"] > 0


def test_a_model_that_is_not_here_is_not_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(EncoderUnavailable, match="neither a folder nor a model that was downloaded"):
        trial_study.local_encoder("no-such-model-anywhere")
    with pytest.raises(EncoderUnavailable, match="neither a folder"):
        trial_study.local_encoder("../no such folder")
    monkeypatch.setattr(trial_study, "find_spec", lambda name: None)
    with pytest.raises(EncoderUnavailable, match="pip install sentence-transformers"):
        trial_study.local_encoder("anything")


def test_the_table_has_the_model_as_it_is_among_the_ways_tried() -> None:
    gain = {"value": 0.05, "low": 0.01, "high": 0.09, "reason": ""}
    tried = [{"name": name, "precision": p, "gain": gain, "seconds": 0.1} for name, p in (("a alone", 0.8), ("LSA alone", 0.6))]
    found = trying.table({"mix": {"lsa": 1.0}, "now": 0.7, "tried": tried})
    assert found["Way to see items"].tolist() == ["a alone", "● Now: LSA alone", "LSA alone"]
    assert found["Against now"].isna().tolist() == [False, True, False]
