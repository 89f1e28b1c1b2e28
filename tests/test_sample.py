"""The sample project: the same every time, true to its description, and neither too easy nor too hard."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import Ridge
from sklearn.metrics import average_precision_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.preprocessing import normalize

from data.imports import import_file
from data.store import Store
from data.vectors import VectorCache, cache_directory
from samples.__main__ import main
from samples.generate import DAYS, SIZE, START, Message, messages
from samples.project import NAME, create_sample, write_truth
from samples.reviews import SampleReview, reviews
from samples.taxonomy import COMPANIONS, CONCEPTS, KNOWN, SIBLINGS, UNKNOWN
from samples.vectors import ABOUT, digest, sample_vectors

TEXTS = "870e5f6604b9af681df9fa3427b534be9ecf37cb77bd0487901a0de30e64734b"
BAND = (0.85, 0.95)


@pytest.fixture(scope="module")
def written() -> list[Message]:
    return messages()


@pytest.fixture(scope="module")
def given(written: list[Message]) -> list[SampleReview]:
    return reviews(written)


def mean_average_precision(vectors: npt.NDArray[np.floating], written: list[Message]) -> float:
    """Macro mean over the labels, each message scored by a model that has not seen it."""
    truth = np.array([[concept.name in message.labels for concept in KNOWN] for message in written])
    folds = KFold(5, shuffle=True, random_state=0)
    scores = cross_val_predict(Ridge(alpha=1.0), vectors, truth.astype(float), cv=folds)
    return float(np.mean([average_precision_score(truth[:, k], scores[:, k]) for k in range(len(KNOWN))]))


def lsa(written: list[Message]) -> npt.NDArray[np.float64]:
    tfidf = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2)).fit_transform(m.text for m in written)
    return np.asarray(normalize(TruncatedSVD(256, random_state=0).fit_transform(tfidf)))


def test_the_generator_writes_the_very_same_texts_everywhere(written: list[Message]) -> None:
    assert hashlib.sha256("\0".join(message.text for message in written).encode()).hexdigest() == TEXTS


def test_another_seed_writes_other_messages(written: list[Message]) -> None:
    assert {m.text for m in messages(seed=8)} != {m.text for m in written}


def test_messages_are_numbered_in_order_of_time_within_one_year(written: list[Message]) -> None:
    assert len(written) == SIZE == len({message.id for message in written})
    assert [m.at for m in written] == sorted(m.at for m in written)
    assert written[0].at >= START
    assert (written[-1].at - START).days <= DAYS


def test_labels_are_about_twenty_and_very_uneven(written: list[Message]) -> None:
    counts = Counter(label for message in written for label in message.labels)
    assert set(counts) == {concept.name for concept in KNOWN}
    assert 18 <= len(counts) <= 24
    assert all(" > " in name for name in counts)
    assert min(counts.values()) <= 30
    assert max(counts.values()) >= 250


def test_messages_have_several_labels_one_or_none(written: list[Message]) -> None:
    shares = Counter(min(len(message.labels), 3) for message in written)
    assert shares[1] > shares[2] > shares[3] > 50
    assert 60 < shares[0] < 300


def test_short_and_long_messages_occur(written: list[Message]) -> None:
    lengths = [len(message.text) for message in written]
    assert min(lengths) < 25
    assert max(lengths) > 500


def test_about_three_in_a_hundred_messages_were_sent_twice(written: list[Message]) -> None:
    tfidf = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4)).fit_transform(message.text for message in written)
    alike = (tfidf @ tfidf.T).tocoo()
    long = np.array([len(message.text) > 60 for message in written])
    pairs = sum((alike.row < alike.col) & (alike.data > 0.8) & long[alike.row])
    assert 30 <= pairs <= 120


def test_two_themes_are_in_the_messages_but_not_in_the_taxonomy(written: list[Message]) -> None:
    assert len(UNKNOWN) == 2
    shares = Counter(theme for message in written for theme in message.unknown)
    for concept in UNKNOWN:
        assert 0.03 <= shares[concept.name] / SIZE <= 0.05
        assert not any(concept.name in message.labels for message in written)


def test_every_theme_that_others_name_exists() -> None:
    names = {concept.name for concept in CONCEPTS}
    assert set(COMPANIONS) == names
    assert {name for companions in COMPANIONS.values() for name in companions} <= names
    assert set(SIBLINGS) | set(SIBLINGS.values()) <= names


def test_reviews_come_from_many_sources_and_several_people(given: list[SampleReview]) -> None:
    sources = Counter(review.source for review in given)
    assert 280 <= len(given) <= 320
    assert {"shuffle", "search", "teach", "discover", "low_confidence"} <= set(sources)
    assert sources["search"] > 0.2 * len(given)
    assert len({review.annotator for review in given}) == 3
    assert all(review.seconds > 0 for review in given)


def test_reviews_lean_towards_what_was_searched_for(given: list[SampleReview], written: list[Message]) -> None:
    reviewed = np.mean(["Billing > Refund" in review.message.labels for review in given])
    everywhere = np.mean(["Billing > Refund" in message.labels for message in written])
    assert reviewed > 1.5 * everywhere


def test_every_label_has_an_example_and_some_have_hardly_more(given: list[SampleReview]) -> None:
    counts = Counter(label for review in given for label in review.labels)
    assert set(counts) == {concept.name for concept in KNOWN}
    assert sum(count <= 5 for count in counts.values()) >= 2


def test_a_few_reviews_are_wrong_and_some_people_disagree(given: list[SampleReview]) -> None:
    wrong = [review for review in given if review.state == "reviewed" and review.labels != review.message.labels]
    assert 0.01 <= len(wrong) / len(given) <= 0.04
    judgements: dict[str, set[tuple[str, ...]]] = {}
    for review in given:
        judgements.setdefault(review.message.id, set()).add(review.labels)
    assert sum(len(different) > 1 for different in judgements.values()) >= 2


def test_a_model_trained_on_all_of_it_is_good_but_not_perfect(written: list[Message]) -> None:
    assert BAND[0] <= mean_average_precision(lsa(written), written) <= BAND[1]


def test_so_is_one_on_the_shipped_vectors_and_words_together(written: list[Message]) -> None:
    _, _, vectors = sample_vectors()
    both = np.hstack([vectors.astype(float), lsa(written)])
    assert BAND[0] <= mean_average_precision(both, written) <= BAND[1]


def test_the_shipped_vectors_belong_to_the_messages() -> None:
    encoder, hashes, vectors = sample_vectors()
    assert encoder == "minilm-l6-v2@256"
    assert json.loads(ABOUT.read_text("utf-8"))["texts"] == digest(hashes)
    assert vectors.shape == (SIZE, 384)
    assert np.allclose(np.linalg.norm(vectors.astype(float), axis=1), 1.0, atol=1e-2)


def test_the_project_is_created_once_with_everything_in_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    project = create_sample(store)
    again = create_sample(store)
    assert project.name == NAME
    assert again.revision == project.revision
    assert store.count_items(project.id) == SIZE
    labels = store.labels(project.id)
    assert {label.name for label in labels} == {concept.name for concept in KNOWN}
    assert all(label.description for label in labels)
    assert {label.name for label in labels if label.important} == {"Billing > Refund", "Safety > Hazard"}


def test_every_label_of_the_project_is_older_than_its_first_review(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    project = create_sample(store, vectors=False)
    first = min(review.at for review in store.reviews(project.id))
    assert all(label.created_at <= first for label in store.labels(project.id))


def test_the_project_starts_with_all_its_vectors(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    project = create_sample(store)
    encoder, _, _ = sample_vectors()
    cache = VectorCache(cache_directory(store.path))
    assert cache.complete(encoder, store.item_hashes(project.id)[1])


def test_the_truth_names_every_message_and_the_themes_without_a_label(tmp_path: Path, written: list[Message]) -> None:
    write_truth(tmp_path / "truth.jsonl", SIZE, 7)
    lines = [json.loads(line) for line in (tmp_path / "truth.jsonl").read_text("utf-8").splitlines()]
    assert [(line["id"], line["text"]) for line in lines] == [(message.id, message.text) for message in written]
    assert set(lines[0]) == {"id", "text", "labels", "unknown", "date"}
    assert {theme for line in lines for theme in line["unknown"]} == {concept.name for concept in UNKNOWN}


def test_the_file_that_the_command_writes_imports_with_every_review(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "messages.jsonl"
    monkeypatch.setattr("sys.argv", ["samples", "--out", str(out), "--seed", "3"])
    assert main() == 0
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("Imported")
    report = import_file(store, project.id, out)
    assert (report.rejected, report.counts.items_added) == (0, SIZE)
    assert report.counts.reviews_added == len(reviews(messages(seed=3)))
    assert {label.name for label in store.labels(project.id)} == {concept.name for concept in KNOWN}
