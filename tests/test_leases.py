"""Several people at once: nobody is given what somebody else works on, nothing they decide is lost, leases end by themselves."""

from __future__ import annotations

import multiprocessing
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.errors import InvalidInput, NotEnoughEvidence, Taken
from data.records import ImportRow, Project, ReviewDraft, StoredAction
from data.store import Store, leases
from data.store.leases import LEASE_MINUTES, readings_of
from recommend.service import busy_items
from recommend.start import start_shuffle

ITEMS = 6


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    return filled(store, ITEMS)


def filled(store: Store, items: int) -> Project:
    project = store.create_project("mail")
    store.import_rows(project.id, [ImportRow(f"m{n}", f"message {n}") for n in range(items)])
    return project


class Clock:
    """The time as leases see it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 9, tzinfo=UTC)

    def __call__(self) -> str:
        return self.moment.isoformat(timespec="microseconds")

    def wait(self, minutes: float) -> None:
        self.moment += timedelta(minutes=minutes)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(leases, "now", clock)
    return clock


def action(*item_ids: int, kind: str = "teach", revision: int = 1) -> StoredAction:
    return StoredAction(
        id=0, kind=kind, theme="", reason="", factor="coverage", label_ids=(), item_ids=item_ids,
        chances=tuple(item_id / 100 for item_id in item_ids), candidates=100, predicted_gain=1.0, predicted_seconds=60.0,
        model_version=1, revision=revision, state="open", created_at="", done_at=None, rating_before=10.0, realised_gain=None,
        seconds=None,
    )  # fmt: skip


def offered(store: Store, project: Project, *actions: StoredAction) -> list[int]:
    return store.offer_actions(project.id, actions)


def decide(store: Store, project: Project, who: str, item_id: int, action_id: int | None, **details: Any) -> int:
    draft = ReviewDraft(item_id, (), who, source=details.pop("source", "teach"), action_id=action_id, **details)
    return store.record_review(project.id, draft)


def rated(store: Store, project: Project, revision: int) -> None:
    store.save_snapshot(
        project.id, revision=revision, model_version=1, interval=(50.0, 40.0, 60.0), reviewed=0, config={}, rating={}
    )


def test_what_somebody_works_on_is_taken_out_of_the_next_action(store: Store, project: Project) -> None:
    first, second = offered(store, project, action(1, 2, 3), action(3, 2, 4, 5))
    assert store.start_action(project.id, first, "ann").item_ids == (1, 2, 3)
    bens = store.start_action(project.id, second, "ben")
    assert (bens.item_ids, bens.chances, bens.annotator, bens.state) == ((4, 5), (0.04, 0.05), "ben", "started")
    assert store.leased(project.id) == {1, 2, 3, 4, 5}
    assert store.leased(project.id, but_not="ann") == {4, 5}


def test_an_item_that_somebody_has_judged_meanwhile_is_taken_out(store: Store, project: Project) -> None:
    (number,) = offered(store, project, action(1, 2, 3))
    decide(store, project, "ann", 2, None)
    decide(store, project, "ann", 3, None)
    decide(store, project, "ann", 3, None, state="skipped")
    assert store.start_action(project.id, number, "ben").item_ids == (1, 3)


def test_what_one_holds_does_not_vanish_when_somebody_judges_it_all_the_same(store: Store, project: Project) -> None:
    (number,) = offered(store, project, action(1, 2))
    store.start_action(project.id, number, "ann")
    decide(store, project, "ben", 2, None)
    assert store.start_action(project.id, number, "ann").item_ids == (1, 2)
    decide(store, project, "ann", 1, number)
    store.release(project.id, "ann", number)
    assert store.start_action(project.id, number, "ann").item_ids == (1,)


def test_what_one_has_judged_oneself_stays(store: Store, project: Project) -> None:
    (number,) = offered(store, project, action(1, 2))
    decide(store, project, "ann", 2, None)
    assert store.start_action(project.id, number, "ann").item_ids == (1, 2)


def test_work_that_doubts_judgements_keeps_items_that_others_have_judged(store: Store, project: Project) -> None:
    first, second = offered(store, project, action(1, kind="check"), action(1, 2, kind="missed"))
    for item_id in (1, 2):
        decide(store, project, "eve", item_id, None)
    assert store.start_action(project.id, first, "ann").item_ids == (1,)
    assert store.start_action(project.id, second, "ben").item_ids == (2,)


def test_an_action_whose_items_others_have_is_refused_and_stays_on_offer(store: Store, project: Project) -> None:
    first, second = offered(store, project, action(1, 2), action(2, 1))
    store.start_action(project.id, first, "ann")
    with pytest.raises(Taken, match="Others are working on all 2 items"):
        store.start_action(project.id, second, "ben")
    assert (store.action(project.id, second).state, store.action(project.id, second).item_ids) == ("open", (2, 1))
    with pytest.raises(Taken, match="Others are working on the one item"):
        store.add_action(project.id, action(1), "ben")
    assert len(store.actions(project.id)) == 2
    assert store.leased(project.id, but_not="ann") == set()


def test_an_action_asked_for_begins_without_what_others_have(store: Store, project: Project) -> None:
    store.add_action(project.id, action(1, 2), "ann")
    added = store.add_action(project.id, action(2, 3), "ben")
    assert (added.item_ids, added.chances, added.annotator, added.state) == ((3,), (0.03,), "ben", "started")
    assert store.leased(project.id, but_not="ann") == {3}


def test_somebody_elses_action_is_refused_with_who_and_since_when(store: Store, project: Project, clock: Clock) -> None:
    (number,) = offered(store, project, action(1, 2))
    store.start_action(project.id, number, "ann")
    clock.wait(3)
    with pytest.raises(Taken, match="ann is working on this action and was last seen at it 3 minutes ago"):
        store.start_action(project.id, number, "ben")
    clock.wait(LEASE_MINUTES)
    with pytest.raises(Taken, match="Its open items are free"):
        store.start_action(project.id, number, "ben")
    assert store.action(project.id, number).annotator == "ann"


def test_a_lease_lasts_from_the_last_decision_on(store: Store, project: Project, clock: Clock) -> None:
    (number,) = offered(store, project, action(1, 2))
    store.start_action(project.id, number, "ann")
    clock.wait(LEASE_MINUTES - 1)
    decide(store, project, "ann", 1, number)
    clock.wait(LEASE_MINUTES - 1)
    assert store.leased(project.id) == {1, 2}
    clock.wait(2)
    assert store.leased(project.id) == set()
    assert busy_items(store, project.id) == []


def test_a_decision_after_a_long_pause_takes_again_what_is_free(store: Store, project: Project, clock: Clock) -> None:
    anns, bens = offered(store, project, action(1, 2, 3), action(2, 4))
    store.start_action(project.id, anns, "ann")
    clock.wait(LEASE_MINUTES + 1)
    store.start_action(project.id, bens, "ben")
    assert store.leased(project.id) == {2, 4}
    decide(store, project, "ann", 1, anns)
    assert store.leased(project.id, but_not="ben") == {3}
    assert store.action(project.id, anns).item_ids == (1, 2, 3)


def test_leaving_gives_back_and_coming_back_takes_what_is_still_free(store: Store, project: Project) -> None:
    anns, bens = offered(store, project, action(1, 2, 3), action(2, 4))
    store.start_action(project.id, anns, "ann")
    decide(store, project, "ann", 1, anns)
    store.release(project.id, "ann", anns)
    store.release(project.id, "ann", anns)
    assert (store.leased(project.id), store.action(project.id, anns).state) == (set(), "started")
    store.start_action(project.id, bens, "ben")
    again = store.start_action(project.id, anns, "ann")
    assert (again.item_ids, again.chances) == ((1, 3), (0.01, 0.03))
    assert store.leased(project.id, but_not="ben") == {3}


def test_what_was_left_undone_is_closed_when_nothing_of_it_is_left(store: Store, project: Project) -> None:
    anns, empty, bens = offered(store, project, action(1, 2), action(3), action(2, 3))
    store.start_action(project.id, anns, "ann")
    decide(store, project, "ann", 1, anns, seconds=4.0)
    store.start_action(project.id, empty, "ann")
    for number in (anns, empty):
        with store.write() as db:
            db.conn.execute("DELETE FROM leases WHERE action_id = ?", [number])
    store.start_action(project.id, bens, "ben")
    finished = store.start_action(project.id, anns, "ann")
    assert (finished.state, finished.seconds, finished.item_ids) == ("done", 4.0, (1,))
    with pytest.raises(Taken):
        store.start_action(project.id, empty, "ann")
    assert store.action(project.id, empty).state == "dropped"


def test_an_action_left_without_a_decision_is_on_offer_again_while_its_plan_is_the_newest(store: Store, project: Project) -> None:
    new, old = offered(store, project, action(1, revision=5), action(2, revision=4))
    for number in (new, old):
        store.start_action(project.id, number, "ann")
    store.release(project.id, "ben")
    assert store.leased(project.id) == {1, 2}
    rated(store, project, 5)
    store.release(project.id, "ann")
    assert [store.action(project.id, number).state for number in (new, old)] == ["open", "dropped"]
    assert store.leased(project.id) == set()
    assert store.start_action(project.id, new, "ben").annotator == "ben"


def test_a_decision_that_was_taken_back_is_none(store: Store, project: Project) -> None:
    (number,) = offered(store, project, action(1, 2))
    store.start_action(project.id, number, "ann")
    decide(store, project, "ann", 1, number)
    store.undo_review(project.id, "ann", number)
    store.release(project.id, "ann", number)
    assert store.action(project.id, number).state == "dropped"


def test_deciding_in_an_action_that_was_put_back_begins_it_again(store: Store, project: Project) -> None:
    rated(store, project, 1)
    (number,) = offered(store, project, action(1, 2))
    store.start_action(project.id, number, "ann")
    store.release(project.id, "ann", number)
    assert store.action(project.id, number).state == "open"
    decide(store, project, "ann", 1, number)
    assert (store.action(project.id, number).state, store.action(project.id, number).annotator) == ("started", "ann")
    assert store.leased(project.id) == {2}


def test_going_on_with_what_was_left_in_another_window_takes_it_again(store: Store, project: Project) -> None:
    (number,) = offered(store, project, action(1, 2, revision=4))
    store.start_action(project.id, number, "ann")
    rated(store, project, 5)
    store.release(project.id, "ann", number)
    assert store.action(project.id, number).state == "dropped"
    decide(store, project, "ann", 1, number)
    assert (store.action(project.id, number).state, store.action(project.id, number).annotator) == ("started", "ann")
    assert store.leased(project.id) == {2}
    closed = store.end_action(project.id, number, "dropped")
    decide(store, project, "ann", 2, number)
    assert store.action(project.id, number) == closed  # what was closed stays closed


def test_ending_gives_back_and_undoing_takes_again(store: Store, project: Project) -> None:
    (number,) = offered(store, project, action(1, 2))
    store.start_action(project.id, number, "ann")
    for item_id in (1, 2):
        decide(store, project, "ann", item_id, number)
    store.end_action(project.id, number, "done")
    assert store.leased(project.id) == set()
    store.undo_review(project.id, "ann", number)
    assert store.action(project.id, number).state == "started"
    assert store.leased(project.id) == {2}


def test_looking_at_ones_own_action_writes_nothing(store: Store, project: Project, clock: Clock) -> None:
    (number,) = offered(store, project, action(1, 2))
    store.start_action(project.id, number, "ann")
    with store.read() as db:
        before = list(db.conn.iterdump())
    clock.wait(0.5)
    store.start_action(project.id, number, "ann")
    with store.read() as db:
        assert list(db.conn.iterdump()) == before
    clock.wait(5)
    store.start_action(project.id, number, "ann")
    clock.wait(LEASE_MINUTES - 1)
    assert store.leased(project.id) == {1, 2}


def test_several_people_judge_an_item_where_the_project_says_so(store: Store, project: Project) -> None:
    store.update_settings(project.id, {"readings": 2})
    numbers = offered(store, project, action(1, 2), action(1, 2), action(1, 2, 3))
    for number, who in zip(numbers[:2], ("ann", "ben"), strict=True):
        assert store.start_action(project.id, number, who).item_ids == (1, 2)
    assert store.start_action(project.id, numbers[2], "eve").item_ids == (3,)


@pytest.mark.parametrize("readings", [0, 6, 1.5, "2", True])
def test_a_number_of_readings_that_makes_no_sense_is_refused(readings: Any) -> None:
    with pytest.raises(InvalidInput, match="Between 1 and 5 people"):
        readings_of({"readings": readings})


@settings(deadline=None, max_examples=60)
@given(
    readings=st.integers(1, 3),
    steps=st.lists(
        st.tuples(
            st.sampled_from(["add", "start", "decide", "undo", "release", "end", "expire"]),
            st.sampled_from(["ann", "ben", "eve", "joe"]),
            st.lists(st.integers(1, ITEMS), min_size=1, max_size=4, unique=True),
        ),
        max_size=25,
    ),
)
def test_nobody_is_given_what_enough_others_have_and_no_decision_is_lost(
    tmp_path_factory: pytest.TempPathFactory, readings: int, steps: list[Any]
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(leases, "now", clock)
        store = Store(tmp_path_factory.mktemp("leases") / "plateau.db")
        project = filled(store, ITEMS)
        store.update_settings(project.id, {"readings": readings})
        kept: dict[int, tuple[str, int]] = {}
        for step, who, items in steps:
            carry_out(store, project, clock, step, who, items, kept)
            clock.wait(0.1)
            held = holders(store, clock)
            assert all(len(people) <= readings for people in held.values())
        assert {r.id: (r.annotator, r.item_id) for r in store.reviews(project.id)} == kept


def carry_out(
    store: Store, project: Project, clock: Clock, step: str, who: str, items: list[int], kept: dict[int, tuple[str, int]]
) -> None:
    """One thing that a person does, or the passing of time."""
    own = [a for a in store.actions(project.id, "started", "open") if a.annotator in (who, None)]
    with suppress(Taken):
        if step == "add":
            store.add_action(project.id, action(*items), who)
        elif step == "start" and own:
            store.start_action(project.id, own[items[0] % len(own)].id, who)
        elif step == "decide" and own:
            chosen = own[items[0] % len(own)]
            number = decide(store, project, who, chosen.item_ids[0], chosen.id)
            kept[number] = (who, chosen.item_ids[0])
        elif step == "undo":
            undone = store.undo_review(project.id, who)
            kept.pop(undone.id if undone else 0, None)
        elif step == "release":
            store.release(project.id, who)
        elif step == "end" and own:
            store.end_action(project.id, own[items[0] % len(own)].id, "done")
        elif step == "expire":
            clock.wait(LEASE_MINUTES / 2)


def holders(store: Store, clock: Clock) -> dict[int, set[str]]:
    """Who holds each item now."""
    found: dict[int, set[str]] = {}
    with store.read() as db:
        for item_id, who in db.conn.execute("SELECT item_id, annotator FROM leases WHERE until > ?", [clock()]):
            found.setdefault(item_id, set()).add(who)
    return found


def label_many(path: Path, who: str, wanted: int, barrier: Any) -> None:
    """Start on ten random items again and again, and decide each, as a person does on the Label page."""
    barrier.wait()
    store, done = Store(path), 0
    while done < wanted:
        started = start_shuffle(store, 1, who)
        for item_id in started.item_ids[: wanted - done]:
            store.record_review(1, ReviewDraft(item_id, (), who, source="shuffle", action_id=started.id, seen=0))
            done += 1
        store.end_action(1, started.id, "done")


def test_two_people_decide_two_hundred_items_each_at_once(tmp_path: Path) -> None:
    path, context = tmp_path / "plateau.db", multiprocessing.get_context("spawn")
    project, barrier = filled(Store(path), 500), context.Barrier(2)
    workers = [context.Process(target=label_many, args=(path, who, 200, barrier)) for who in ("ann", "ben")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0, 0]
    store = Store(path)
    kept = store.reviews(project.id)
    assert len(kept) == len({review.item_id for review in kept}) == 400
    assert store.integrity() == "ok"


def test_when_somebody_works_on_everything_that_is_left_it_is_said(store: Store, project: Project) -> None:
    start_shuffle(store, project.id, "ann")
    with pytest.raises(NotEnoughEvidence, match="Somebody is working on every unreviewed item"):
        start_shuffle(store, project.id, "ben")
