"""Watching the rows of an SQLite database: what is new or changed is taken once, and nothing is written there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from data.cli import main
from data.cli_watch_rows import RowWatch
from data.errors import StoreError
from data.imports import ColumnMap, ImportOptions
from data.imports.records import Shape
from data.store import Store

FIRST = [("007", "Late again", "Late"), ("1e5", "Two broken cups", "Broken"), ("9" * 20, "Pending", None)]


@pytest.fixture
def source(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    db = sqlite3.connect(tmp_path / "mail.db")
    db.execute("CREATE TABLE messages (id TEXT, text TEXT, label TEXT)")
    db.executemany("INSERT INTO messages VALUES (?, ?, ?)", FIRST)
    db.commit()
    yield db
    db.close()


def look(tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> list[dict[str, Any]]:
    """What one look has told."""
    place = [str(tmp_path / "mail.db"), "--project", "mail", "--db", str(tmp_path / "plateau.db")]
    assert main(["watch", *place, "--once", "--json", *(words or ("--table", "messages"))]) == code
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def labels(tmp_path: Path) -> dict[str, list[str]]:
    """The labels of every item by its id."""
    store = Store(tmp_path / "plateau.db")
    project = store.project("mail").id
    names = {label.id: label.name for label in store.labels(project)}
    given = {review.item_id: sorted(names[number] for number in review.assigned) for review in store.current_reviews(project)}
    return {item.uid: given.get(item.id, []) for item in store.iter_items(project)}


def test_new_and_changed_rows_are_taken_and_those_that_cannot_be_are_named(
    tmp_path: Path, source: sqlite3.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (tmp_path / "mail.db").read_bytes()
    (told,) = look(tmp_path, capsys)
    assert (told["part"], told["state"], told["report"]["accepted"]) == ("table messages", "imported", 3)
    assert labels(tmp_path) == {"007": ["Late"], "1e5": ["Broken"], "9" * 20: []}
    assert [line["state"] for line in look(tmp_path, capsys)] == ["known"]
    assert (tmp_path / "mail.db").read_bytes() == before
    assert not (tmp_path / "mail.db-journal").exists()
    for label in ("Broken", "Late"):  # what comes back to an earlier content is taken too
        source.execute("UPDATE messages SET label = ? WHERE id = '007'", [label])
        source.execute("INSERT INTO messages VALUES (?, CAST(x'fffe' AS TEXT), NULL)", [f"bad {label}"])
        source.commit()
        (told,) = look(tmp_path, capsys)
        assert (told["report"]["rows"], told["report"]["accepted"]) == (2, 1)
        (bad,) = told["report"]["rejections"]
        assert (bad["row"], bad["column"]) == ({"Broken": 4, "Late": 5}[label], "text")
        assert labels(tmp_path)["007"] == [label]


def test_the_rows_of_an_id_are_one_judgement_also_when_one_of_them_is_new_or_gone(
    tmp_path: Path, source: sqlite3.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--query", "SELECT id, text, label FROM messages ORDER BY rowid", "--long")
    look(tmp_path, capsys, *words)
    source.execute("INSERT INTO messages VALUES ('007', 'Late again', 'Broken')")
    source.commit()
    assert look(tmp_path, capsys, *words)[0]["report"]["rows"] == 2
    assert labels(tmp_path)["007"] == ["Broken", "Late"]
    source.execute("DELETE FROM messages WHERE label = 'Late'")
    source.commit()
    look(tmp_path, capsys, *words)
    assert labels(tmp_path)["007"] == ["Broken"]


@pytest.mark.parametrize(
    ("first", "words"),
    [
        (["", "https://x/a.png"], ["--map", "text=title", "--map", "media=text"]),
        (["", "One"], ["--map", "text=title", "--map", "text=text"]),
    ],
)  # fmt: skip
def test_without_ids_equal_rows_stay_the_items_that_they_were_made_into(
    tmp_path: Path, source: sqlite3.Connection, capsys: pytest.CaptureFixture[str], first: list[str], words: list[str]
) -> None:
    source.execute("CREATE TABLE posts (title TEXT, text TEXT, label TEXT)")
    rows = [[*first, "Late"], [first[0], f"{first[1]} more", "Broken"], [*first, "Broken"]]
    source.executemany("INSERT INTO posts VALUES (?, ?, ?)", rows)
    source.commit()
    look(tmp_path, capsys, "--table", "posts", *words)
    before = labels(tmp_path)
    source.execute("UPDATE posts SET label = 'Lost' WHERE rowid = 3")
    source.commit()
    look(tmp_path, capsys, "--table", "posts", *words)
    (again,) = (uid for uid in before if uid.endswith("-2"))
    assert labels(tmp_path) == before | {again: ["Lost"]}


def test_rows_that_fail_are_told_of_once_and_tried_again_in_another_way(
    tmp_path: Path, source: sqlite3.Connection, capsys: pytest.CaptureFixture[str]
) -> None:
    source.execute("CREATE VIEW notes AS SELECT id, '' AS text, text AS said, label FROM messages")
    source.commit()
    words = ("--table", "notes")
    assert [line["state"] for line in look(tmp_path, capsys, *words, code=1)] == ["failed"]
    assert [line["state"] for line in look(tmp_path, capsys, *words, code=1)] == ["failed before"]
    assert [line["state"] for line in look(tmp_path, capsys, *words, "--map", "text=said")] == ["imported"]


def test_a_busy_database_on_either_side_has_its_turn_later(
    tmp_path: Path, source: sqlite3.Connection, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any, **__: Any) -> Any:
        raise StoreError("The database is locked.")

    with monkeypatch.context() as patched:
        patched.setattr(Store, "import_rows", busy)
        assert [line["state"] for line in look(tmp_path, capsys, code=1)] == ["postponed"]
    monkeypatch.setattr("data.store.elsewhere._PATIENCE", 0.0)
    source.execute("BEGIN EXCLUSIVE")
    (told,) = look(tmp_path, capsys, code=1)
    assert told["state"] == "postponed"
    assert "locked" in told["words"]
    source.rollback()
    assert [line["state"] for line in look(tmp_path, capsys)] == ["imported"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--once"], "say --table or --query. It has messages"), (["--table", "none"], "no table 'none'"),
        (["--query", "SELECT nowhere FROM messages"], "no such column"), (["--query", "DELETE FROM messages"], "cannot be read"),
        (["--query", "SELECT id, id FROM messages"], "two columns"),
        (["--table", "messages", "--map", "text=none"], "no column 'none'"),
        (["--query", "SELECT 1 AS x, 2 AS y"], "No column holds the text"),
        (["--query", "ATTACH 'x.db' AS x"], "too many attached"), (["--table", "a", "--query", "SELECT 1"], "not both"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_at_all_is_said_at_once(
    tmp_path: Path, source: sqlite3.Connection, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    words: list[str], said: str,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    place = ["watch", str(tmp_path / "mail.db"), "--project", "mail", "--db", str(tmp_path / "plateau.db")]
    assert main([*place, *words]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "plateau.db").exists()
    assert {path.name for path in tmp_path.iterdir()} == {"mail.db"}
    assert source.execute("SELECT count(*) FROM messages").fetchone() == (3,)


def test_a_table_is_only_asked_of_a_database(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mail.csv").write_text("id,text\n1,Hello\n", "utf-8")
    for name, said in (("mail.csv", "no SQLite database"), ("none.db", "There is no database")):
        assert main(["watch", str(tmp_path / name), "--table", "messages", "--project", "mail", "--once"]) == 2
        assert said in capsys.readouterr().err


def test_what_cannot_be_read_any_more_is_told_once_until_it_changes(tmp_path: Path, source: sqlite3.Connection) -> None:
    def understand(_: Shape) -> tuple[ColumnMap, ImportOptions]:
        return ColumnMap(text=("text",), id="id", labels="label"), ImportOptions()

    watch = RowWatch.of(tmp_path / "mail.db", "messages", None, lambda shape: understand(shape)[0])
    assert watch is not None
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("mail")
    told = []
    for name in ("messages", "mails", "mails", "messages", "mails"):
        there = source.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchone()[0]
        if there != name:
            source.execute(f"ALTER TABLE {there} RENAME TO {name}")
        told.append([outcome.state for outcome in watch.look(store, project, "", understand)])
    assert told == [["imported"], ["postponed"], [], ["known"], ["postponed"]]
