"""What an entry of the history changed: against one's own judgement, else against the newest of anybody else."""

from __future__ import annotations

from dataclasses import replace

from data.records import Event, Review
from tests.test_resolve import said
from views.historywords import Change, changes, stands, what, where

NAMES = {1: "Refund", 2: "Late", 3: "Praise"}


def entry(number: int, annotator: str, assigned: tuple[int, ...] = (), **more: object) -> Review:
    return replace(said(annotator, assigned), id=number, **more)  # type: ignore[arg-type]


STORY = [entry(1, "ann", (1,)), entry(2, "ben", (1, 2)), entry(3, "ann", (3,)), entry(4, "ann", state="undone")]
UNDID = {4: 3}


def test_each_entry_is_held_against_what_stood_before() -> None:
    found = changes(STORY, UNDID)
    assert found[1] == Change((1,), (), (), True)
    assert found[2] == Change((2,), (), (1,), False)
    assert found[3] == Change((3,), (1,), (), False)
    assert found[4] == Change((1,), (3,), (), False)


def test_an_undo_of_the_only_judgement_leaves_what_others_say() -> None:
    found = changes([entry(1, "ann", (1,)), entry(2, "ben", (2,)), entry(3, "ben", state="undone")], {3: 2})
    assert found[3] == Change((1,), (2,), (), False)


def test_what_stands_is_the_last_that_was_not_taken_back() -> None:
    assert stands(STORY, UNDID, "ann") == STORY[0]
    assert stands(STORY, {}, "ann") == STORY[2]
    assert stands(STORY, UNDID, "cy") is None


def test_an_entry_says_what_it_adds_removes_and_doubts() -> None:
    event = Event(entry(3, "ann", (3,), uncertain=True), "m1", "text", None, True)
    words = what(event, Change((3,), (1,), (2,), False), NAMES)
    assert all(part in words for part in ("+ Praise", "− Refund", "[Late]", "uncertain", "taken back"))
    undo = Event(entry(4, "ann", state="undone"), "m1", "text", entry(3, "ann", (3,)), False)
    assert "took a decision back" in what(undo, Change((), (), (), True), NAMES)
    assert "no label" in what(Event(entry(1, "ann"), "m1", "", None, False), Change((), (), (), True), NAMES)
    assert "skipped" in what(Event(entry(1, "ann", state="skipped"), "m1", "", None, False), Change((), (), (), True), NAMES)


def test_where_is_said_in_words() -> None:
    assert where(entry(1, "ann", view="bulk")) == "in a list"
    assert where(entry(1, "ann")) == "imported"
    assert where(entry(1, "ann", view="", source="shuffle")) == "where is not known"
