"""What each format says it carries is what comes back from it, and what it says is lost does not come back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest

from data.exports import FORMATS, Handover, export_bytes, items_table
from data.formats.base import Keeps
from data.formats.exporting import tool_bytes
from data.formats.losses import losses
from data.formats.overview import HEADS, as_markdown
from data.formats.tools import TOOLS
from data.imports import ImportOptions, import_file
from data.records import ImportRow, Item, Project, Review
from data.store import Store
from tests.rounds import project_of

ROOT = Path(__file__).resolve().parent.parent
AT = "2024-05-06T07:08:09.000000+00:00"
PLAIN = ImportRow("1", "ships and grain", labels=("grain",), annotator="ann", reviewed_at=AT)
OTHER = ImportRow("2", "nothing else", labels=("ship",), annotator="ann", reviewed_at=AT)


@dataclass(frozen=True)
class Back:
    """What came back of the first item."""

    item: Item
    reviews: list[Review]
    names: dict[int, str]
    scores: dict[str, float]
    unknown: list[set[str]]

    def labels(self, field: str = "assigned") -> list[set[str]]:
        return [{self.names[number] for number in getattr(review, field)} for review in self.reviews]


#: What a project holds that shows a part of Keeps, and how to see that it came back.
PARTS: dict[str, tuple[list[ImportRow], Callable[[Back], bool]]] = {
    "no_label": ([replace(PLAIN, labels=())], lambda b: [(r.state, r.assigned) for r in b.reviews] == [("reviewed", ())]),
    "skipped": ([replace(PLAIN, labels=(), state="skipped")], lambda b: [r.state for r in b.reviews] == ["skipped"]),
    "dismissed": ([replace(PLAIN, dismissed=("ship",))], lambda b: b.labels("dismissed") == [{"ship"}]),
    "partial": (
        [replace(PLAIN, dismissed=("ship",), partial=True)],
        lambda b: [r.partial for r in b.reviews] == [True] and b.labels() == [{"grain"}] and b.labels("dismissed") == [{"ship"}],
    ),
    "scores": (
        [replace(PLAIN, scores={"grain": 0.75, "ship": 0.25}, model_version="v7")],
        lambda b: b.scores == {"grain": 0.75, "ship": 0.25},
    ),
    "annotator": ([PLAIN], lambda b: [r.annotator for r in b.reviews] == ["ann"]),
    "several": ([PLAIN, replace(PLAIN, annotator="ben", labels=("ship",))], lambda b: b.labels() == [{"grain"}, {"ship"}]),
    "time": ([PLAIN], lambda b: [r.at for r in b.reviews] == [AT]),
    "seconds": ([replace(PLAIN, seconds=4.5)], lambda b: [r.seconds for r in b.reviews] == [4.5]),
    "pool": ([replace(PLAIN, labels=None, reviewed_at=None, annotator="import")], lambda b: b.reviews == []),
    "source": ([replace(PLAIN, source="shuffle")], lambda b: [r.source for r in b.reviews] == ["shuffle"]),
    "metadata": ([replace(PLAIN, metadata={"team": "north"})], lambda b: b.item.metadata.get("team") == "north"),
    "media": ([replace(PLAIN, media="a/b.png")], lambda b: b.item.media == "a/b.png"),
    "confirmed": (
        [replace(PLAIN, labels=("grain", "ship"), confirmed=("grain",))],
        lambda b: b.labels("confirmed") == [{"grain"}],
    ),
    "unknown": ([replace(PLAIN, unknown=("ship",))], lambda b: b.unknown == [{"ship"}]),
    "note": (
        [replace(PLAIN, note="=why, or not?", uncertain=True)],
        lambda b: [(r.note, r.uncertain) for r in b.reviews] == [("=why, or not?", True)],
    ),
}  # fmt: skip
#: Formats without a place for an item's id: what comes back is new.
WITHOUT_IDS = {"fasttext"}
BOTH = [key for key, tool in TOOLS.items() if tool.reader and tool.writer and tool.what == "items"]


def came_back(content: bytes, key: str | None) -> Back | None:
    """The first item as an import of this file knows it; None when it is not there."""
    with project_of([]) as (store, project):
        import_file(store, project.id, content, options=ImportOptions(tool=key))
        for item in store.iter_items(project.id):
            if item.text == PLAIN.text:
                names = {label.id: label.name for label in store.labels(project.id, retired=True)}
                (whole,) = Handover(store, project, (item.id,)).wholes()
                unknown = [set(judgement.unknown) for judgement in whole.judgements]
                scores = store.predictions_of([item.id]).get(item.id, [("", {})])
                return Back(item, store.standing_reviews([item.id]).get(item.id, []), names, scores[0][1], unknown)
    return None


def kept(content: bytes, key: str | None, part: str) -> bool:
    found = came_back(content, key)
    return found is not None and PARTS[part][1](found)


def test_the_table_of_formats_is_up_to_date() -> None:
    assert as_markdown() in (ROOT / "docs" / "formats.md").read_text("utf-8")
    assert set(HEADS) == {field.name for field in fields(Keeps)}


def test_every_part_is_looked_at() -> None:
    assert {field.name for field in fields(Keeps)} == set(PARTS)


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("key", BOTH)
def test_a_tools_format_carries_what_it_says(key: str, part: str) -> None:
    says = getattr(TOOLS[key].keeps, part)
    with project_of([*PARTS[part][0], OTHER]) as (store, project):
        content, _ = tool_bytes(Handover(store, project), key)
        named = [sentence for sentence in losses(store, project.id, key) if _names(sentence, part, store, project)]
    if isinstance(says, bool):
        assert kept(content, key, part) is says
    assert bool(named) is (says is not True), named


def _names(sentence: str, part: str, store: Store, project: Project) -> bool:
    from data.formats.losses import _WORDS

    return _WORDS[part].format(n=f"{store.facts(project.id)[part]:,}") in sentence


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("kind", FORMATS)
def test_plateaus_own_tables_carry_everything(kind: str, part: str) -> None:
    with project_of([*PARTS[part][0], OTHER]) as (store, project):
        content, _ = export_bytes(items_table(store, project.id), kind)  # type: ignore[arg-type]  # one of FORMATS
    assert kept(content, None, part)


@pytest.mark.parametrize("key", BOTH)
def test_no_format_is_taken_for_another(key: str) -> None:
    with project_of([*PARTS["scores"][0], OTHER]) as (store, project):
        content, _ = tool_bytes(Handover(store, project), key)
        import_file(store, project.id, content)  # recognised by what is in it
        assert store.count_items(project.id) == (4 if key in WITHOUT_IDS else 2)
        assert {r.annotator for reviews in store.standing_reviews([1, 2]).values() for r in reviews} <= {"ann", "import"}
