"""A pasted taxonomy: what becomes of each line, and writing it as one step."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.errors import InvalidInput, LabelChanged
from data.pasted import planned, to_write
from data.store import Store

TEXT = "Billing: invoices\nbilling > Refund\n\n: nothing\nRefund again:\nLate: came late\nlate\nOld\nMerged"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path / "plateau.db")
    store.create_project("mail")
    ids = [store.add_label(1, name, "as before").id for name in ("Late", "Old", "Merged", "Billing > Refund")]
    store.retire_label(1, ids[1])
    store.merge_labels(1, ids[2], ids[0])
    return store


def test_each_line_is_told_what_becomes_of_it(store: Store) -> None:
    plan = planned(TEXT, store.labels(1, retired=True))
    assert [(one.line, one.name, one.outcome) for one in plan] == [
        (1, "Billing", "new"), (2, "Billing > Refund", "as it is"), (4, "", "refused"), (5, "Refund again", "new"),
        (6, "Late", "changed"), (7, "late", "refused"), (8, "Old", "back in use"), (9, "Merged", "refused"),
    ]  # fmt: skip
    whys = {one.line: one.why for one in plan}
    assert "needs a name" in whys[4]
    assert "line 6 names it already" in whys[7]
    assert "merged into Late" in whys[9]
    assert "as before" in whys[6]


def test_a_pasted_list_is_one_step_and_is_taken_back_as_one(store: Store) -> None:
    before = store.labels(1)
    ready = [(one.name, one.description, one.label) for one in to_write(planned(TEXT, store.labels(1, retired=True)))]
    store.paste_labels(1, ready, "lea")
    assert {one.name: one.description for one in store.labels(1)} == {
        "Billing": "invoices", "Billing > Refund": "as before", "Late": "came late", "Old": "as before", "Refund again": "",
    }  # fmt: skip
    step = store.taxonomy_steps(1)[-1]
    assert (step.kind, step.annotator, step.words) == ("pasted", "lea", "Pasted 4 labels")
    store.undo_step(1, step.id)
    assert store.labels(1) == before


def test_what_changed_since_the_preview_is_not_overwritten(store: Store) -> None:
    ready = [(one.name, one.description, one.label) for one in to_write(planned("New\nLate: late", store.labels(1)))]
    late = next(label for label in store.labels(1) if label.name == "Late")
    store.describe_label(1, late.id, "by lea", annotator="lea")
    with pytest.raises(LabelChanged, match="described by lea"):
        store.paste_labels(1, ready, "ben")
    store.add_label(1, "new")
    with pytest.raises(InvalidInput, match="called 'new' already"):
        store.paste_labels(1, ready[:1], "ben")
    assert store.label(1, late.id).description == "by lea"
