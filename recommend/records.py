"""What the recommender says: actions to do next, and whether to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rating.records import FactorKey

Kind = Literal[
    "discover", "low_confidence", "shuffle", "rebalance", "teach", "confirm", "check", "missed", "search", "merge", "resolve",
    "sample", "second",
]  # fmt: skip
Answer = Literal["ready", "plateau", "keep_going", "cannot_tell", "false_start", "stalled", "spent"]
LabelAnswer = Literal["ready", "plateau", "keep_going", "cannot_tell", "stalled"]
RuleName = Literal["target", "factors", "labels", "hour_worth", "unseen", "stable", "budget"]

TITLES: dict[Kind, str] = {
    "discover": "Discover",
    "low_confidence": "Low confidence",
    "shuffle": "Shuffle",
    "rebalance": "Rebalance",
    "teach": "Teach label",
    "confirm": "Confirm label",
    "check": "Check label",
    "missed": "Missed label",
    "search": "Search for examples",
    "merge": "Merge or separate",
    "resolve": "Resolve disagreement",
    "sample": "Sampling",
    "second": "Second reading",
}


@dataclass(frozen=True, slots=True)
class Focus:
    """What a plan is to improve: one factor, or one label by its number; anything when both are None."""

    factor: FactorKey | None = None
    label_id: int | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Words that speak for a label, and the numbers of all items that hold any of them."""

    terms: tuple[str, ...]
    item_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """What a project knows that its rating leaves out.

    ``disputes`` are the labels on which annotators judged an item differently, by item number. ``apart`` are the pairs of
    labels, by number, that were asked about already; None where there is nobody to ask. ``searches`` are proposed for labels
    with too few examples, by label number.
    """

    disputes: Mapping[int, tuple[int, ...]] = field(default_factory=dict)
    apart: frozenset[frozenset[int]] | None = None
    searches: Mapping[int, Search] = field(default_factory=dict)


ANYTHING, NOTHING = Focus(), Known()


@dataclass(frozen=True, slots=True)
class Action:
    """One themed piece of work that serves one factor.

    ``theme`` is what its items have in common, in words; ``items`` are item ids in an order that keeps a person in one
    context; ``chances`` (above 0 to 1) how likely each of them was to be drawn, None where nothing was left to chance,
    ``candidates`` from how many items. ``gain`` is the predicted rise of the rating in points (None while there is no
    rating), between ``low`` and ``high`` with 90 % confidence, ``seconds`` the predicted time of one annotator. ``promise``
    says how the gain follows from the answers, as JSON knows it. ``terms`` are the words by which a search finds them.
    """

    kind: Kind
    theme: str
    reason: str
    factor: FactorKey
    label_ids: tuple[int, ...]
    items: tuple[int, ...]
    chances: tuple[float | None, ...]
    candidates: int
    gain: float | None
    seconds: float
    low: float | None = None
    high: float | None = None
    promise: Mapping[str, Any] = field(default_factory=dict)
    terms: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The kind of action in words."""
        return TITLES[self.kind]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule of the stop answer says: ``met`` or not, by which ``figure`` (None unknown), and in words."""

    rule: RuleName
    met: bool
    figure: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Check:
    """What one check leaves for the next: at how many reviews it was made, quantiles (5 % to 95 %) of what the next hour was
    to bring in rating points, and how far the model decided as that of the check before (kappa, -1 to 1; None unknown).
    """

    reviewed: int
    gains: tuple[float, ...]
    kappa: float | None = None
    kappa_labels: float | None = None


@dataclass(frozen=True, slots=True)
class LabelStop:
    """The stop answer of one label: its average precision against the target, both 0 to 1, and what twice its examples would
    bring. None where it cannot be told.
    """

    label_id: int
    name: str
    answer: LabelAnswer
    ap: float | None
    target: float
    gain: float | None
    words: str


@dataclass(frozen=True, slots=True)
class Stop:
    """Whether more labelling is worth an hour of anyone's time.

    ``headline`` is the answer in one sentence; ``evidence`` what it rests on; ``reopen`` what would change it.
    ``hours`` is the range of hours left to the profile's target, None when it cannot be told or none are needed.
    ``gain_per_hour`` is the predicted rise in rating points of the next hour. ``rules`` are the verdicts of those that were
    asked; ``check`` is what the next answer is held against, None without a rating.
    ``labels`` are the answers label by label. ``mend`` is the kind of action that mends a false start or a stall, for
    ``mend_labels`` where it is about labels; None where no action does.
    """

    answer: Answer
    headline: str
    evidence: tuple[str, ...]
    reopen: tuple[str, ...]
    hours: tuple[float, float] | None
    gain_per_hour: float | None
    rules: tuple[Verdict, ...] = ()
    check: Check | None = None
    labels: tuple[LabelStop, ...] = ()
    mend: Kind | None = None
    mend_labels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A label proposed for an item, with its calibrated probability; ``preselected`` when that passes its threshold."""

    label_id: int
    probability: float
    preselected: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do next at a revision: actions, best first, and the stop answer; ``resting`` says which labels wait."""

    actions: tuple[Action, ...]
    stop: Stop
    revision: int
    model_version: int
    resting: str = ""
