"""The desk's short way to the disk: what it writes, what it leaves to the long way, and that both together count once."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from data.errors import InvalidInput
from data.records import ImportRow, ReviewDraft, StoredAction
from data.store import Store
from tests.browsing import at_action, confirm, on_desk, place
from views import deskevents, deskquick, planning
from views.desk import Work
from views.deskrecord import REMEMBERED, Sitting, decision_of, record

ACTION = StoredAction(
    id=0, kind="discover", theme="parcels", reason="", factor="coverage", label_ids=(), item_ids=(), chances=(), candidates=3,
    predicted_gain=None, predicted_seconds=9.0, model_version=1, revision=0, state="started", created_at="", done_at=None,
    rating_before=None, realised_gain=None, seconds=None,
)  # fmt: skip


@pytest.fixture
def sitting(tmp_path: Path) -> Sitting:
    """A person at an action of three items, with the first in view."""
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("Letters")
    store.import_rows(project.id, [ImportRow(f"m{k}", f"Letter {k}") for k in range(3)])
    store.add_label(project.id, "Late")
    items = tuple(store.item_hashes(project.id)[0])
    action = store.add_action(project.id, replace(ACTION, item_ids=items, chances=(None,) * 3), "me")
    work = Work(action, tuple(store.items(project.id, items)), {})
    at = Sitting(store, project, work, "me", items[0], items[1], {}, deque(maxlen=REMEMBERED))
    deskquick.admit("secret", at)
    return at


def told(sitting: Sitting, secret: str = "secret", **changes: Any) -> dict[str, Any]:
    (label,) = sitting.store.labels(sitting.project.id, retired=True)
    event = {"number": "t-1", "kind": "decide", "item": sitting.item_id, "assigned": [label.id], "dismissed": [], "seconds": 2.0,
             "note": "", "uncertain": False, "own": 0, "seen": 0}  # fmt: skip
    return {"session": secret, "event": {**event, **changes}}


def test_a_decision_is_written_once_by_both_ways(sitting: Sitting) -> None:
    assert deskquick.keep(told(sitting))
    assert list(sitting.kept) == ["t-1"]
    assert set(sitting.since) == {(sitting.work.action.id, sitting.following)}  # its time runs from when it could be seen
    assert record(sitting, decision_of(told(sitting)["event"]))
    (review,) = sitting.store.reviews(sitting.project.id)
    assert (review.item_id, review.annotator, review.source, review.action_id, review.list_rank, review.view, review.seconds) == (
        sitting.item_id, "me", "discover", sitting.work.action.id, 1, "desk", 2.0
    )  # fmt: skip


def test_what_is_not_for_the_short_way_writes_nothing(sitting: Sitting) -> None:
    others = [
        told(sitting, secret="guessed"), told(sitting, item=sitting.following), told(sitting, kind="undo"),
        told(sitting, item="x"), told(sitting, assigned=[999]), {"session": "secret"}, [], None,
    ]  # fmt: skip
    assert [deskquick.keep(other) for other in others] == [False] * len(others)
    assert sitting.store.reviews(sitting.project.id) == []
    deskquick.admit("last", last := replace(sitting, following=None))
    assert not deskquick.keep(told(last, secret="last"))
    assert list(sitting.kept) == []


def test_what_is_kept_is_told_as_saved_though_its_item_has_left_the_action_since(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert deskquick.keep(told(sitting))
    nudged: list[int] = []
    monkeypatch.setattr(st, "session_state", {"desk_kept": sitting.kept})
    monkeypatch.setattr(planning, "nudge", lambda store, project_id: nudged.append(project_id))
    left = replace(sitting.work, items=sitting.work.items[1:])
    decision = decision_of(told(sitting)["event"])
    assert deskevents.decide(sitting.project, sitting.store, left, decision, "t-1") == {"saved": sitting.item_id}
    assert nudged == [sitting.project.id]
    with pytest.raises(InvalidInput, match="no longer part of the action"):
        deskevents.decide(sitting.project, sitting.store, left, decision, "t-2")


def test_somebody_elses_answer_is_left_to_the_long_way_to_tell_of(sitting: Sitting) -> None:
    sitting.store.record_review(sitting.project.id, ReviewDraft(sitting.item_id, (), "jo"))
    assert not deskquick.keep(told(sitting))
    assert [review.annotator for review in sitting.store.reviews(sitting.project.id)] == ["jo"]


def test_a_decision_that_comes_late_brings_back_nothing_that_its_person_has_undone_or_changed(sitting: Sitting) -> None:
    store, project = sitting.store, sitting.project
    assert record(sitting, decision_of(told(sitting)["event"]))  # by the long way
    assert store.undo_review(project.id, "me", sitting.work.action.id) is not None
    before = store.reviews(project.id, undone=True)
    late = [told(sitting), told(sitting, kind="skip", assigned=[])]
    assert [deskquick.keep(one) for one in late] == [False, False]
    assert store.reviews(project.id, undone=True) == before
    assert deskquick.keep(told(sitting, number="t-2", assigned=[], own=before[-1].id))
    assert [deskquick.keep(one) for one in [*late, told(sitting, number="t-2", own=99)]] == [False, False, False]
    assert [review.assigned for review in store.reviews(project.id)] == [()]


def test_a_skip_is_kept_where_nobody_has_judged(sitting: Sitting) -> None:
    assert deskquick.keep(told(sitting, kind="skip", assigned=[]))
    assert [review.state for review in sitting.store.reviews(sitting.project.id)] == ["skipped"]


def test_a_page_that_is_gone_decides_nothing(sitting: Sitting) -> None:
    deskquick.admit("brief", replace(sitting))  # nothing else holds it
    assert not deskquick.keep(told(sitting, secret="brief"))


def test_what_the_address_answers(sitting: Sitting) -> None:
    client = TestClient(Starlette(routes=[Route("/desk", deskquick.answer, methods=["POST"])]))
    assert client.post("/desk", json=told(sitting)).json() == {"kept": True}
    damaged = client.post("/desk", content=b"{", headers={"content-type": "application/json"})
    assert (damaged.status_code, damaged.json()) == (400, {"kept": False})
    assert client.post("/desk", json=told(sitting, note="x" * deskquick.LONGEST_BODY)).status_code == 413
    assert client.get("/desk").status_code == 405


def test_odd_bodies_are_answered_and_write_nothing_that_cannot_be_kept(sitting: Sitting) -> None:
    client = TestClient(Starlette(routes=[Route("/desk", deskquick.answer, methods=["POST"])]))
    for body in (b"[" * 60_000, b"\xff", b"1" * 5000, b""):
        reply = client.post("/desk", content=body)
        assert (reply.status_code, reply.json()) == (400, {"kept": False})
    assert client.post("/desk", content=b"{}", headers={"content-length": "abc"}).status_code == 400
    for wide in (2**63, -(10**30), 10**400):
        for name in ("item", "assigned", "dismissed", "own", "seen"):
            value = [wide] if name in ("assigned", "dismissed") else wide
            reply = client.post("/desk", json=told(sitting, **{name: value}))
            assert (reply.status_code, reply.json()) == (200, {"kept": False})
    assert client.post("/desk", json=told(sitting, seconds=10**400)).json() == {"kept": False}
    assert sitting.store.reviews(sitting.project.id) == []
    assert client.post("/desk", content=json.dumps(told(sitting, note="half \ud83d of one, whole \U0001f600"))).json() == {
        "kept": True
    }
    assert [review.note for review in sitting.store.reviews(sitting.project.id)] == ["half ? of one, whole \U0001f600"]


def test_the_page_goes_on_from_what_was_kept_to_the_item_it_had_at_hand(
    sitting: Sitting, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, action = sitting.store, sitting.work.action
    (label,) = store.labels(sitting.project.id)
    monkeypatch.setenv("PLATEAU_DB", str(store.path))
    st.cache_resource.clear()
    at = at_action(action.id)
    for number, (assigned, again) in enumerate((([label.id], False), ([], True)), start=1):
        before = on_desk(at)
        event = {**told(sitting)["event"], "number": f"t-{number}", "item": before["item"]["id"], "assigned": assigned}
        assert deskquick.keep({"session": before["session"], "event": event})
        if again:  # told for the second time, to a page that does not know of the first
            at.session_state["desk_kept"].clear()
        else:  # what is kept is not judged again
            store.retire_label(sitting.project.id, label.id)
        confirm(at, assigned, number=event["number"], again=again)
        after = on_desk(at)
        assert place(at) == (number + 1, 3)
        assert (after["failed"], event["number"] in after["handled"]) == (None, True)
        assert event["number"] in at.session_state["desk_kept"]  # what comes late is known
        assert (before["next"]["item"], before["next"]["head"]) == ({**after["item"], "visit": 0}, after["head"])
    assert [review.item_id for review in store.reviews(sitting.project.id, undone=True)] == list(action.item_ids[:2])
    assert on_desk(at)["next"] is None
