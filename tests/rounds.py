"""How many generated projects a round trip is tried with, and the projects themselves."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from data.exports import Handover
from data.formats.exporting import tool_bytes
from data.records import ImportRow, Project
from data.store import Store

#: Few where time is short; PLATEAU_ROUNDS=500 tries more.
ROUNDS = int(os.environ.get("PLATEAU_ROUNDS", "12"))
rounds = settings(max_examples=ROUNDS, deadline=None, suppress_health_check=list(HealthCheck))

LABELS = ("grain", "ship", "trade > wheat", "Ölpreis", "été, 2 #1", "a|b; c", "=sum", "1")
WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("Cs", "Cc")), min_size=1, max_size=30).filter(
    lambda t: t.strip()
)
TEXTS = st.one_of(
    WORDS, st.lists(WORDS, min_size=2, max_size=3).map("\n".join), st.just("=1+1"), st.just('he said "no", and left')
)
TIMES = st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2026, 1, 1)).map(
    lambda when: when.replace(microsecond=0).isoformat() + ".000000+00:00"
)
METADATA = st.dictionaries(
    st.sampled_from(("team", "Zeile 2", "priority")), st.one_of(WORDS, st.integers(-9, 9), st.booleans()), max_size=2
)


@st.composite
def judged(draw: st.DrawFn, row: ImportRow, annotator: str) -> ImportRow:
    """A judgement of this item by this person: some labels, none, some dismissed, or skipped."""
    labels = draw(st.lists(st.sampled_from(LABELS), unique=True, max_size=4))
    cut = draw(st.integers(0, len(labels)))
    skipped = draw(st.integers(0, 5)) == 0
    assigned, dismissed = ((), ()) if skipped else (tuple(labels[:cut]), tuple(labels[cut:]))
    return replace(
        row, labels=assigned, dismissed=dismissed, partial=bool(dismissed) and draw(st.booleans()), annotator=annotator,
        state="skipped" if skipped else "reviewed", reviewed_at=draw(TIMES),
        seconds=draw(st.none() | st.integers(1, 900).map(lambda tenth: tenth / 10)),
        confirmed=assigned[: draw(st.integers(0, len(assigned)))],
    )  # fmt: skip


@st.composite
def rows(draw: st.DrawFn, people: tuple[str, ...] = ("ann", "ben@example.org")) -> list[ImportRow]:
    """The rows of a small project: items that are unreviewed or judged by some people, some with another model's scores."""
    found: list[ImportRow] = []
    for number in range(draw(st.integers(1, 5))):
        item = ImportRow(f"m{number}", draw(TEXTS), metadata=draw(METADATA))
        if draw(st.booleans()):
            scores = draw(
                st.dictionaries(st.sampled_from(LABELS), st.integers(0, 100).map(lambda p: p / 100), min_size=1, max_size=3)
            )
            item = replace(item, scores=scores, model_version="v1")
        by = draw(st.lists(st.sampled_from(people), unique=True, max_size=len(people)))
        judgements = [draw(judged(item, who)) for who in by]
        found += [judgements[0], *(replace(j, scores=None, model_version=None) for j in judgements[1:])] if judgements else [item]
    return found


@cache
def _template() -> bytes:
    with tempfile.TemporaryDirectory(prefix="plateau-rounds-") as folder:
        store = Store(Path(folder) / "empty.db")
        store.create_project("project")
        return store.path.read_bytes()


@contextmanager
def project_of(found: list[ImportRow]) -> Iterator[tuple[Store, Project]]:
    """A project that holds these rows."""
    with tempfile.TemporaryDirectory(prefix="plateau-round-") as folder:
        path = Path(folder) / "plateau.db"
        path.write_bytes(_template())
        store = Store(path)
        (project,) = store.projects()
        store.import_rows(project.id, found)
        yield store, store.project(project.id)


def overtaken(key: str) -> bytes:
    """Items of which a later skip (1), or a later no to one label (2), or such a no alone (3) is known, in a format.

    Where there is an older review it is a yes to ``grain``.
    """
    times = [f"2024-01-0{day}T00:00:00.000000+00:00" for day in (1, 2)]
    yes = ImportRow("", "wheat", labels=("grain",), annotator="ann", reviewed_at=times[0])
    skip = replace(yes, labels=(), state="skipped", annotator="bob", reviewed_at=times[1])
    no = replace(skip, state="reviewed", dismissed=("ship",), partial=True)
    found = [replace(row, uid=uid) for uid, row in (("1", yes), ("1", skip), ("2", yes), ("2", no), ("3", no))]
    with project_of(found) as (store, project):
        return tool_bytes(Handover(store, project), key)[0]
