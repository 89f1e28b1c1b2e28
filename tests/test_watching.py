"""Watching a folder: what is whole is taken, each content once, and what cannot be taken is said once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from data.cli import main
from data.errors import ImportFailed, StoreError
from data.store import Store
from data.watching import Watch

ROOT = Path(__file__).resolve().parent.parent


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def rows(*names: str, **more: Any) -> str:
    return json.dumps(
        [{"id": name, "text": f"About {name}", "labels": ["Refund"], "state": "reviewed", **more} for name in names]
    )


def once(tmp_path: Path, capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> list[tuple[str, str]]:
    """What one look has taken: files by name and what became of them."""
    place = [str(tmp_path / "in"), "--project", "mail", "--db", str(tmp_path / "plateau.db"), "--settle", "0"]
    assert main(["watch", *place, "--once", "--json", *words]) == code
    return [(Path(line["file"]).name, line["state"]) for line in map(json.loads, capsys.readouterr().out.splitlines())]


def count(tmp_path: Path) -> int:
    store = Store(tmp_path / "plateau.db")
    return store.count_items(store.project("mail").id)


def test_a_file_is_given_once_it_is_whole_and_again_when_it_has_changed(folder: Path) -> None:
    clock = Clock()
    watch, file = Watch([folder], 5.0, clock), folder / "a.json"
    write(file, "[", clock.now)
    assert (watch.look(), watch.waits) == ([], True)
    clock.now += 4.0
    write(file, "[1", clock.now)
    assert watch.look() == []
    clock.now += 4.0
    assert watch.look() == []
    clock.now += 1.0
    assert (watch.look(), watch.waits) == ([file], False)
    clock.now += 60.0
    assert watch.look() == []
    write(file, "[2]", clock.now)
    clock.now += 5.0
    assert watch.look() == [file]
    watch.again(file)
    assert watch.look() == [file]


def write(file: Path, content: str, at: float) -> None:
    file.write_text(content, "utf-8")
    os.utime(file, (at, at))


def test_what_stops_growing_counts_as_whole_whatever_its_clock_says(folder: Path) -> None:
    clock = Clock()
    watch, file = Watch([folder], 5.0, clock), folder / "a.json"
    write(file, "[1]", clock.now + 10_000.0)  # the clock of another machine
    assert watch.look() == []
    clock.now += 5.0
    assert watch.look() == [file]


def test_the_oldest_file_comes_first_and_others_are_left_alone(folder: Path) -> None:
    clock = Clock()
    for age, name in enumerate(("new.csv", "old.json", ".hidden.json", "~lock.xlsx", "notes.md", "half.json.part")):
        write(folder / name, "x", clock.now - 100.0 - age)
    (folder / "inner").mkdir()
    assert [path.name for path in Watch([folder], 5.0, clock).look()] == ["old.json", "new.csv"]


def test_a_file_that_goes_while_it_is_waited_for_is_forgotten(folder: Path) -> None:
    clock = Clock()
    watch, file = Watch([folder], 5.0, clock), folder / "a.json"
    write(file, "[", clock.now)
    watch.look()
    file.unlink()
    assert (watch.look(), watch.waits) == ([], False)


def test_one_file_can_be_watched_whatever_its_name(folder: Path) -> None:
    clock = Clock()
    write(folder / "export", "x", clock.now - 100.0)
    assert Watch([folder / "export"], 5.0, clock).look() == [folder / "export"]


def test_there_has_to_be_something_to_watch(folder: Path) -> None:
    with pytest.raises(ImportFailed, match="no folder or file"):
        Watch([folder / "none"], 5.0)


def test_each_content_is_imported_once_however_it_is_called(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "a.json").write_text(rows("1", "2"), "utf-8")
    assert once(tmp_path, capsys) == [("a.json", "imported")]
    assert count(tmp_path) == 2
    shutil.copy(folder / "a.json", folder / "copy.json")
    assert once(tmp_path, capsys) == [("a.json", "known"), ("copy.json", "known")]
    (folder / "a.json").write_text(rows("1", "2", "3"), "utf-8")
    assert ("a.json", "imported") in once(tmp_path, capsys)
    assert count(tmp_path) == 3


def test_content_that_comes_back_to_its_path_is_taken_anew(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for label in ("spam", "ham", "spam"):
        (folder / "e.csv").write_text(f"id,text,label\n1,Cheap pills,{label}\n", "utf-8")
        assert once(tmp_path, capsys) == [("e.csv", "imported")]
        assert once(tmp_path, capsys) == [("e.csv", "known")]
    store = Store(tmp_path / "plateau.db")
    project = store.project("mail")
    names = {label.id: label.name for label in store.labels(project.id)}
    assert [names[number] for review in store.current_reviews(project.id) for number in review.assigned] == ["spam"]


def test_what_cannot_be_taken_is_told_once_and_again_when_it_is_read_in_another_way(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "bad.json").write_text('[{"id": "1", "text": "About 1"}, {"id"', "utf-8")
    (folder / "good.json").write_text(rows("7"), "utf-8")
    assert dict(once(tmp_path, capsys, code=1)) == {"bad.json": "failed", "good.json": "imported"}
    assert dict(once(tmp_path, capsys, code=1)) == {"bad.json": "failed before", "good.json": "known"}
    assert dict(once(tmp_path, capsys, "--keep-going")) == {"bad.json": "imported", "good.json": "known"}
    assert count(tmp_path) == 2


def test_a_busy_database_is_no_fault_of_the_file(
    tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*_: Any, **__: Any) -> Any:
        raise StoreError("The database is locked.")

    (folder / "a.json").write_text(rows("1"), "utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(Store, "import_rows", busy)
        assert once(tmp_path, capsys, code=1) == [("a.json", "postponed")]
    assert once(tmp_path, capsys) == [("a.json", "imported")]


def test_words_are_for_people_and_name_the_file(tmp_path: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a.json").write_text(rows("1"), "utf-8")
    (folder / "bad.json").write_text("{", "utf-8")
    place = ["--project", "mail", "--db", str(tmp_path / "plateau.db"), "--settle", "0"]
    assert main(["watch", str(folder), "--once", *place]) == 1
    printed = capsys.readouterr().out
    assert "a.json:\nmail: 1 rows in, 1 accepted, 0 rejected." in printed
    assert f"{folder / 'bad.json'}: " in printed
    assert main(["watch", str(folder), "--every", "0", *place]) == 2


def test_it_goes_on_until_it_is_stopped_and_then_ends_well(tmp_path: Path, folder: Path) -> None:
    command = [sys.executable, "-m", "data", "watch", str(folder), "--project", "mail", "--db", str(tmp_path / "plateau.db"),
               "--json", "--every", "0.1", "--settle", "0"]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for name in ("a", "b"):
            (folder / f"{name}.part").write_text(rows(name), "utf-8")
            (folder / f"{name}.part").rename(folder / f"{name}.json")
            line = json.loads(running.stdout.readline())
            assert (Path(line["file"]).name, line["state"], line["report"]["accepted"]) == (f"{name}.json", "imported", 1)
        time.sleep(0.3)
        running.terminate()
        try:
            out, error = running.communicate(timeout=60)
        finally:
            running.kill()
    assert (out, running.returncode) == ("", 0)
    assert "Stopped." in error
