"""The table of labels: which ones are wanted, in what order, and what is the matter with each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from data.records import StoredAction
from rating.evidence import Features, Floats
from rating.health import Concern, concerns
from rating.records import Band, LabelHealth
from rating.rollup import Node, alone, rolled_up

#: What the table shows: every label by itself, only the top level with what lies below added up, or the whole tree.
LEVELS = ("all", "top", "tree")
#: What a label's figures are taken for that are not known: it goes to the end.
_LAST = 2.0
SORTS: Mapping[str, Callable[[Node], tuple[float | str, ...]]] = {
    "weakest": lambda node: (_LAST if node.ap.value is None else node.ap.value,),
    "strongest": lambda node: (_LAST if node.ap.value is None else -node.ap.value,),
    "name": lambda node: (node.name.casefold(),),
    "fewest": lambda node: (float(node.positives or 0),),
    "most": lambda node: (-float(node.positives or 0),),
    "risk": lambda node: (-max((label.worst or 0.0 for label in node.members), default=0.0),),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the table is asked for; empty where anything will do. ``band`` and ``concern`` may also be ``fine``: no concern."""

    text: str = ""
    band: Band | None = None
    concern: Concern | str = ""
    level: str = "all"
    sort: str = "weakest"


def concerns_of(health: LabelHealth, enough: int) -> dict[Concern, str]:
    """What is wrong with a label, most urgent first, in words; ``enough`` examples are wanted of each."""
    return concerns(health.positives, health.ap.value, health.by_search or 0.0, health.recall or 0.0, enough)


def chosen(labels: Sequence[LabelHealth], targets: Floats | Features | None, wanted: Wanted, enough: int) -> list[Node]:
    """The rows of the table. The tree keeps its order, and shows the parents of what is found."""
    if wanted.level == "tree":
        nodes = rolled_up(labels, targets)
        found = {node.name for node in nodes if _fits(node, wanted, enough)}
        return [node for node in nodes if node.name in found or any(name.startswith(f"{node.name} > ") for name in found)]
    nodes = rolled_up(labels, targets) if wanted.level == "top" else tuple(map(alone, labels))
    kept = [node for node in nodes if (wanted.level == "all" or node.depth == 0) and _fits(node, wanted, enough)]
    key = SORTS[wanted.sort]
    return sorted(kept, key=lambda node: (*key(node), node.name.casefold()))


def _fits(node: Node, wanted: Wanted, enough: int) -> bool:
    if wanted.text.casefold() not in node.name.casefold() and not any(
        wanted.text.casefold() in label.name.casefold() for label in node.members
    ):
        return False
    if wanted.band is not None and node.band != wanted.band:
        return False
    raised = {concern for label in node.members for concern in concerns_of(label, enough)}
    return not wanted.concern or (not raised if wanted.concern == "fine" else wanted.concern in raised)


def action_for(actions: Sequence[StoredAction], label_ids: Sequence[int]) -> StoredAction | None:
    """The best of these actions, best first, that is about any of these labels; None without one."""
    wanted = set(label_ids)
    return next((action for action in actions if wanted & set(action.label_ids)), None)
