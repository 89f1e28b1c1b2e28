"""The plan: candidate actions ranked by rating points per second, without overlap, each with a reason in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from data.records import DOUBTING
from rating.evidence import Floats, Ints, RatingConfig
from rating.rate import Result
from recommend.candidates import BATCH, Candidate, drawn
from recommend.charge import Guide
from recommend.cost import Times, expected_seconds
from recommend.efficacy import Efficacy
from recommend.offers import offers
from recommend.order import in_context
from recommend.pool import Pool, make_pool
from recommend.promise import ANSWERS, Promise, as_document, promise_of
from recommend.reasons import SHUFFLE_SHARE, reason_of, theme_of
from recommend.records import ANYTHING, NOTHING, TITLES, Action, Focus, Known
from recommend.rest import TEACHING
from recommend.value import Worth, expecting, instruction, points

TOP = 5
#: Beyond so many random reviews, the share of them that keeps the estimates able to tell changes.
ENOUGH_RANDOM, LATER_SHARE = 100, 0.1


@dataclass(frozen=True)
class Listed:
    """An action chosen, with its list drawn: the chance of each item to be shown, what they promise, and what they take.

    ``gain`` are the rating points promised, as far as such actions have kept their promises before.
    """

    candidate: Candidate
    chances: Floats
    promise: Promise
    gain: float
    seconds: float


def plan_actions(
    result: Result,
    config: RatingConfig,
    *,
    names: Mapping[int, str],
    times: Times | None = None,
    efficacy: Efficacy | None = None,
    busy: Sequence[int] = (),
    known: Known = NOTHING,
    focus: Focus = ANYTHING,
    rests: frozenset[int] = frozenset(),
    guide: Guide | None = None,
    top: int = TOP,
) -> tuple[Action, ...]:
    """The best actions, most rating points per second first; no item is in two of them.

    ``names`` say in words what each finest cluster is about; ``efficacy`` is what the actions done have taught of how well
    each kind keeps its promises: gains are corrected by it, and actions chosen by a plausible one, drawn anew at each revision.
    ``busy`` item ids are not asked for; ``known`` is what the rating leaves out. With a ``focus`` only actions that serve it are
    offered, ranked by all that they bring. Labels that ``rests`` names are not taught, unless one is the focus; ``guide``
    is what another model in charge asks for. Empty when
    everything is done and nothing is doubtful.
    """
    if result.assessment is None:
        return ()
    pool, times = make_pool(result, config, busy, guide), times or Times()
    rng = np.random.default_rng([config.seed, result.rating.revision, len(result.evidence.rows)])
    asked = [c for c in offers(pool, rng, known, focus) if not _rests(c, result, rests - {focus.label_id})]
    lists = _lists(pool, asked, rng, times, efficacy or Efficacy(certain=True), top)
    ranked = sorted(lists, key=lambda listed: -listed.gain / listed.seconds)
    return tuple(_action(pool, listed, names) for listed in ranked)


def _rests(candidate: Candidate, result: Result, rests: frozenset[int]) -> bool:
    """Whether an action would teach a label that rests."""
    return candidate.kind in TEACHING and candidate.label >= 0 and result.evidence.label_ids[candidate.label] in rests


def _lists(
    pool: Pool, left: list[Candidate], rng: np.random.Generator, times: Times, efficacy: Efficacy, top: int
) -> list[Listed]:
    """Actions chosen one after another by what their best items promise once those before them are done.

    Each has its list drawn with the chances of its items. No action is chosen for what was drawn for it: else the chances
    would be others.
    """
    used: Ints = np.empty(0, dtype=np.int64)
    lists: list[Listed] = []
    price, ratios = pool.worth, efficacy.sampled(list(TITLES), rng)
    while len(lists) < top and (left := [c for c in (c.without(used, pool, price) for c in left) if len(c.rows)]):
        gains = [ratios[candidate.kind] * _gain(pool, price, candidate) for candidate in left]
        seconds = [_seconds(pool, candidate, times) for candidate in left]
        best = _next(pool, left, np.array(gains) / np.array(seconds), last=len(lists) == top - 1)
        candidate, chances = drawn(left.pop(best), used, pool, rng)
        promise = promise_of(pool, price, candidate, used, efficacy.draws(candidate.kind, ANSWERS, rng), rng)
        gain = promise.expected * efficacy.mean(candidate.kind)
        lists.append(Listed(candidate, chances, promise, gain, _seconds(pool, candidate, times)))
        used = np.concatenate([used, lists[-1].candidate.rows])
        price = expecting(pool.worth, pool.believed[np.setdiff1d(used, pool.reviewed)].sum(axis=0))
    return lists


def _next(pool: Pool, left: Sequence[Candidate], rates: Floats, *, last: bool) -> int:
    """The position of the best candidate; the last place is Shuffle's while the reviewed lack random ones."""
    shuffles = [k for k, c in enumerate(left) if c.kind == "shuffle"]
    return shuffles[0] if shuffles and last and lacks_random(pool) else int(np.argmax(rates))


def lacks_random(pool: Pool) -> bool:
    """Whether too few of the reviewed items were drawn at random for the estimates to be trusted.

    A plan that trusts its model alone can stay blind. A fifth is asked for, and of many reviews a tenth besides the first
    hundred: random items teach less than chosen ones.
    """
    count = len(pool.reviewed)
    needed = min(SHUFFLE_SHARE * count, ENOUGH_RANDOM + LATER_SHARE * max(count - ENOUGH_RANDOM, 0))
    return float((pool.result.evidence.sources == "shuffle").sum()) < needed


def _gain(pool: Pool, price: Worth, candidate: Candidate) -> float:
    """Rating points that the ten best items would bring: by this actions are compared, before their lists are drawn."""
    rows, gains = candidate.rows[:BATCH], candidate.gains[:BATCH]
    if candidate.kind in DOUBTING:
        taught = float(gains.sum())
    else:
        novelty = gains / np.maximum(pool.value_at(rows, price), 1e-12)
        taught = float(points(price, (instruction(pool.believed[rows]) * novelty[:, None]).sum(axis=0)))
    return taught + candidate.bonus


def _seconds(pool: Pool, candidate: Candidate, times: Times) -> float:
    rows = candidate.rows[:BATCH]
    return float(expected_seconds(pool.probability[rows], candidate.kind, times).sum())


def _action(pool: Pool, listed: Listed, names: Mapping[int, str]) -> Action:
    candidate = listed.candidate
    order = in_context(pool.unit[candidate.rows], pool.probability[candidate.rows].argmax(axis=1))
    evidence = pool.result.evidence
    return Action(
        kind=candidate.kind,
        theme=theme_of(candidate, pool, names),
        reason=reason_of(candidate, pool),
        factor=candidate.factor,
        terms=candidate.terms,
        label_ids=tuple(evidence.label_ids[k] for k in (candidate.label, candidate.other) if k >= 0),
        items=tuple(int(i) for i in evidence.item_ids[candidate.rows[order]]),
        chances=tuple(float(chance) for chance in listed.chances[order]),
        candidates=candidate.drawn_from,
        gain=listed.gain,
        seconds=listed.seconds,
        low=listed.promise.low,
        high=listed.promise.high,
        promise=as_document(listed.promise.in_order(order)),
    )
