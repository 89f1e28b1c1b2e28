"""Words that set groups of texts apart, to name clusters by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.special import xlogy
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from rating.tokens import Counts, count_words

WORDS = 4
_PRIOR_TEXTS = 10.0
_CANDIDATES = 6
_LIFT = 2.0
_COMMON_START, _FREE_END = 4, 3
#: How many words speak for a label at most; and what the surprise of each has to add to that of the likeliest chance find.
SPEAKING, _BEYOND_CHANCE = 12, 2.0


def name_groups(texts: Sequence[str], groups: npt.ArrayLike, *, top: int = WORDS) -> dict[int, tuple[str, ...]]:
    """The words that best tell each group from all texts; see :func:`characteristic_words`.

    >>> name_groups(["refund my order", "refund please", "the train is late", "late train again"], [0, 0, 1, 1], top=2)
    {0: ('refund',), 1: ('late', 'train')}
    """
    counts, vocabulary = count_words(texts, min_texts=2)
    return characteristic_words(counts, vocabulary, groups, top=top)


def characteristic_words(
    counts: Counts, vocabulary: Sequence[str], groups: npt.ArrayLike, *, top: int = WORDS
) -> dict[int, tuple[str, ...]]:
    """For each group the at most ``top`` words that its texts hold far more often than the others, the clearest first.

    ``counts`` is (n, v), from :func:`rating.tokens.count_words` or weighted; only whether a word occurs matters.
    ``groups`` (n,) gives each text's group, negative for none. Stop words and inflections of a word already taken are
    left out. A group gets its most frequent words when none sets it apart, and none when its texts have no words.
    """
    member = np.asarray(groups)
    names = np.unique(member[member >= 0])
    if not len(names) or not len(vocabulary):
        return {int(name): () for name in names}
    words = np.asarray(vocabulary)
    readable = ~np.isin(words, list(ENGLISH_STOP_WORDS))
    within, everywhere = _presence(counts, member, names)
    clarity = _clarity(within, everywhere, _sizes(member, names), counts.shape[0])
    clarity[:, ~readable] = -np.inf
    plain = np.where((within > 0) & readable, within, -np.inf)
    return {int(name): _distinct(words, clarity[row], top) or _distinct(words, plain[row], top) for row, name in enumerate(names)}


def speaking_words(texts: Sequence[str], carries: npt.NDArray[np.bool_], *, top: int = SPEAKING) -> list[tuple[str, ...]]:
    """For each label the at most ``top`` words that speak for it: its texts hold them far more often, the clearest first.

    ``carries`` (n, L) says which texts carry which labels; a text may carry several. Unlike the words that name a group these
    lie beyond what chance would show of any word, and inflections of a word are words of their own. None for labels without any.

    >>> speaking_words(["refund it", "refunds", "a refund", "train"] * 4, np.array([[1], [0], [1], [0]] * 4) > 0)
    [('refund',)]
    """
    counts, vocabulary = count_words(texts, min_texts=2)
    if not len(vocabulary) or not carries.any():
        return [()] * carries.shape[1]
    words = np.asarray(vocabulary)
    present = csr_array((np.ones(counts.nnz), counts.indices, counts.indptr), shape=counts.shape)
    within = (csr_array(carries.T.astype(np.float64)) @ present).toarray()
    everywhere = np.asarray(present.sum(axis=0), np.float64).ravel()
    surprise = _surprise(within, everywhere, carries.sum(axis=0, dtype=np.float64)[:, None], len(texts))
    surprise[:, np.isin(words, list(ENGLISH_STOP_WORDS))] = 0.0
    best = np.argsort(-surprise, axis=1, kind="stable")[:, :top]
    limit = 2.0 * np.log(len(words)) + _BEYOND_CHANCE
    return [tuple(words[row[surprise[k, row] >= limit]].tolist()) for k, row in enumerate(best)]


def _surprise(
    within: npt.NDArray[np.float64], everywhere: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64], texts: int
) -> npt.NDArray[np.float64]:
    """Log-likelihood ratio G (L, v) of each word in a label's texts against the others (Dunning, 1993).

    0 for words less than twice as frequent as in the others, as for all where no text is without the label.
    """
    apart = within * (texts - sizes) >= _LIFT * (everywhere - within) * sizes
    held = ((within, sizes), (everywhere - within, texts - sizes))
    found = np.zeros_like(within)
    for holding, size in held:
        for observed, expected in ((holding, size * everywhere / texts), (size - holding, size * (1.0 - everywhere / texts))):
            found += 2.0 * (xlogy(observed, observed) - xlogy(observed, expected))
    return np.where(apart & (within > 0), found, 0.0)


def _sizes(member: npt.NDArray[np.int64], names: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    return np.array([(member == name).sum() for name in names], np.float64)[:, None]


def _presence(
    counts: Counts, member: npt.NDArray[np.int64], names: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """In how many texts of each group, (g, v), and of all, (v,), each word occurs."""
    present = csr_array((np.ones(counts.nnz), counts.indices, counts.indptr), shape=counts.shape)
    texts = np.flatnonzero(member >= 0)
    rows = np.searchsorted(names, member[texts])
    chosen = csr_array((np.ones(len(texts)), (rows, texts)), shape=(len(names), len(member)))
    return (chosen @ present).toarray(), np.asarray(present.sum(axis=0), np.float64).ravel()


def _clarity(
    within: npt.NDArray[np.float64], everywhere: npt.NDArray[np.float64], sizes: npt.NDArray[np.float64], texts: int
) -> npt.NDArray[np.float64]:
    """Log odds ratio of group against rest in standard errors, drawn to no difference by ten typical texts.

    Minus infinity for words less than twice as frequent as in the rest: all texts are full of them.
    """
    prior = _PRIOR_TEXTS * (everywhere + 0.5) / (texts + 1)
    inside, outside = within + prior, everywhere - within + prior
    all_inside, all_outside = sizes + _PRIOR_TEXTS, texts - sizes + _PRIOR_TEXTS
    difference = np.log(inside / (all_inside - inside)) - np.log(outside / (all_outside - outside))
    score = difference / np.sqrt(1 / inside + 1 / outside)
    typical = (within > 0) & (within * (texts - sizes) >= _LIFT * (everywhere - within) * sizes)
    return np.where(typical, score, -np.inf)


def _distinct(words: npt.NDArray[np.str_], clarity: npt.NDArray[np.float64], top: int) -> tuple[str, ...]:
    count = min(top * _CANDIDATES, len(words))
    best = np.argpartition(-clarity, count - 1)[:count]
    best = best[np.lexsort((words[best], -clarity[best]))]
    chosen: list[str] = []
    for word in words[best[clarity[best] > 0]].tolist():
        if len(chosen) < top and not any(_inflection(word, other) for other in chosen):
            chosen.append(word)
    return tuple(chosen)


def _inflection(word: str, other: str) -> bool:
    """Whether two words begin alike and differ in at most the last three letters.

    >>> _inflection("pricing", "prices"), _inflection("card", "care")
    (True, False)
    """
    same = next((n for n, (a, b) in enumerate(zip(word, other, strict=False)) if a != b), min(len(word), len(other)))
    return same >= _COMMON_START and max(len(word), len(other)) - same <= _FREE_END
