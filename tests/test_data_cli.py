"""The command line of the store: what it prints, where, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from data.cli import main
from data.errors import StoreError
from data.records import ReviewDraft
from data.store import Store
from data.store.intake import Intake
from recommend.start import start_shuffle

CONTENT = 'id,text,labels,state,label_scores\n001,first,a|b,reviewed,"{""a"": 0.5}"\n002,second,,,\n003,,a,reviewed,\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PLATEAU_DB", raising=False)
    (tmp_path / "mail.csv").write_text(CONTENT)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    said = capsys.readouterr()
    return code, said.out, said.err


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def test_an_import_reports_its_counts_and_names_the_rejected_rows(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "import", "mail.csv", "--project", "it's a/b")
    assert (code, err) == (0, "")
    assert "3 rows in, 2 accepted, 1 rejected" in out
    assert "Row 4, column 'text'" in out
    assert [project.name for project in Store(folder / "plateau.db").projects()] == ["it's a/b"]


def test_json_says_the_same_to_programs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = answer(capsys, "import", "mail.csv", "--project", "mail")
    assert (report["rows"], report["accepted"], report["rejected"]) == (3, 2, 1)
    assert report["counts"]["items_added"] == 2
    assert report["rejections"][0]["row"] == 4
    (project,) = answer(capsys, "projects")
    assert (project["name"], project["items"], project["reviewed"]) == ("mail", 2, 1)
    assert [label["name"] for label in answer(capsys, "labels", "--project", "mail")] == ["a", "b"]
    assert answer(capsys, "check") == {"integrity": "ok"}


def test_a_preview_writes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    seen = answer(capsys, "preview", "mail.csv")
    assert (seen["format"], seen["total"], seen["map"]["labels"]) == ("csv", 3, "labels")
    code, out, _ = run(capsys, "preview", "mail.csv", "--map", "text=state", "--map", "labels=")
    assert code == 0
    assert "text = state" in out
    assert "labels =" not in out
    assert [path.name for path in folder.iterdir()] == ["mail.csv"]


def test_texts_are_joined_by_repeating_the_map(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "two.csv").write_text("id,a,b\n1,one,two\n")
    seen = answer(capsys, "preview", "two.csv", "--map", "text=a", "--map", "text=b")
    assert seen["parsed"][0]["text"] == "one. two"


@pytest.mark.parametrize("what", ["items", "reviews", "times", "predictions"])
@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "xlsx"])
def test_everything_can_be_exported(folder: Path, capsys: pytest.CaptureFixture[str], what: str, format: str) -> None:
    run(capsys, "import", "mail.csv", "--project", "mail")
    out = f"out.{format}"
    report = answer(capsys, "export", "--project", "mail", "--what", what, "--out", out)
    assert (report["format"], report["rows"]) == (format, {"items": 2, "reviews": 1, "times": 0, "predictions": 1}[what])
    assert (folder / out).stat().st_size > 0 or (format, report["rows"]) == ("jsonl", 0)  # nothing in lines is no line


def test_an_export_of_predictions_says_whose_they_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "import", "mail.csv", "--project", "mail")
    _, out, _ = run(capsys, "export", "--project", "mail", "--what", "predictions", "--out", "p.csv")
    assert "predictions that were imported" in out
    _, out, _ = run(capsys, "export", "--project", "mail", "--out", "items.csv")
    assert "predictions that were imported" not in out


def test_an_import_that_fails_leaves_no_new_project(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Intake) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Intake, "finish", broken)
        code, _, err = run(capsys, "import", "mail.csv", "--project", "new")
    assert (code, err.strip()) == (2, "the disk is full")
    assert Store(folder / "plateau.db").projects() == []


def test_an_export_imports_again_without_a_change(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "import", "mail.csv", "--project", "mail")
    run(capsys, "export", "--project", "mail", "--out", "items.csv")
    counts = answer(capsys, "import", "items.csv", "--project", "mail")["counts"]
    assert (counts["items_unchanged"], counts["reviews_unchanged"], counts["items_updated"]) == (2, 1, 0)


def test_undo_takes_back_the_newest_review(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "import", "mail.csv", "--project", "mail")
    store = Store(folder / "plateau.db")
    project = store.project("mail")
    store.record_review(project.id, ReviewDraft(next(store.iter_items(project.id)).id, (), "ann"))
    assert answer(capsys, "undo", "--project", "mail", "--annotator", "ann")["item"] == "001"
    code, out, err = run(capsys, "undo", "--project", "mail", "--annotator", "ann")
    assert (code, out) == (2, "")
    assert "no review" in err


def test_the_history_tells_who_said_what_and_what_was_taken_back(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "import", "mail.csv", "--project", "mail")
    store = Store(folder / "plateau.db")
    item, late = next(store.iter_items(1)).id, store.add_label(1, "Late").id
    said = store.record_review(1, ReviewDraft(item, (late,), "ann", view="desk", note="why", uncertain=True))
    store.record_review(1, ReviewDraft(item, (), "ben", state="skipped"))
    store.undo_review(1, "ann")
    undo, skip, given, *_ = run(capsys, "history", "--project", "mail")[1].splitlines()
    assert undo.endswith(f"ann  001: took back number {said}")
    assert skip.endswith("ben  001: skipped it")
    assert given.endswith("ann  001: Late (on desk; uncertain; why) [taken back]")
    asked = ("history", "--project", "mail", "--annotator", "ann", "--item", "001")
    assert [event["review"]["id"] for event in answer(capsys, *asked)] == [said + 2, said]
    assert [event["review"]["id"] for event in answer(capsys, *asked, "--before", str(said + 2))] == [said]
    assert "no item 'x'" in run(capsys, "history", "--project", "mail", "--item", "x")[2]
    assert "--limit is 1 or more" in run(capsys, "history", "--project", "mail", "--limit", "0")[2]


def test_leases_tell_who_works_on_what(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "import", "mail.csv", "--project", "mail")
    assert run(capsys, "leases", "--project", "mail")[1] == "Nobody works on anything now.\n"
    started = start_shuffle(Store(folder / "plateau.db"), 1, "ann", size=1)
    (lease,) = answer(capsys, "leases", "--project", "mail")
    assert (lease["annotator"], lease["action_id"], lease["item_id"]) == ("ann", started.id, started.item_ids[0])
    assert f"ann  {lease['uid']}: action {started.id}, until 20" in run(capsys, "leases", "--project", "mail")[1]


def test_the_options_of_an_import_are_obeyed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "import", "mail.csv", "--project", "empty", "--empty-is-reviewed")
    run(capsys, "import", "mail.csv", "--project", "pool", "--pool")
    assert [project["reviewed"] for project in answer(capsys, "projects")] == [2, 0]


def test_a_project_with_one_label_an_item_rejects_rows_with_two(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = answer(capsys, "import", "mail.csv", "--project", "single", "--single-label")
    assert [bad["row"] for bad in report["rejections"]] == [2, 4]
    again = answer(capsys, "import", "mail.csv", "--project", "single")
    assert [bad["row"] for bad in again["rejections"]] == [2, 4]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("import", "missing.csv", "--project", "x"), "cannot be read"),
        (("import", "mail.csv", "--project", "x", "--map", "text=nothing"), "no column 'nothing'"),
        (("import", "mail.csv", "--project", "x", "--map", "nonsense"), "ROLE=COLUMN"),
        (("import", "mail.csv", "--project", "x", "--separator", "::"), "one character"),
        (("import", "bad.csv", "--project", "x"), "All 2 rows were rejected"),
        (("import", "mail.csv", "--project", ""), "needs a name"),
        (("projects",), "no database"),
        (("export", "--project", "x", "--out", "x.csv"), "no database"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_a_sentence(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
) -> None:
    (folder / "bad.csv").write_text("id,text\n1,\n2,\n")
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert not (folder / "plateau.db").exists() or Store(folder / "plateau.db").projects() == []


def test_the_database_is_named_by_option_or_environment(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run(capsys, "import", "mail.csv", "--project", "x", "--db", "one.db")
    monkeypatch.setenv("PLATEAU_DB", "two.db")
    run(capsys, "import", "mail.csv", "--project", "x")
    assert sorted(path.name for path in folder.glob("*.db")) == ["one.db", "two.db"]


@pytest.mark.parametrize(
    "command", ["", "projects", "preview", "import", "export", "labels", "undo", "history", "leases", "check"]
)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main([*command.split(), "--help"])
    assert end.value.code == 0
    assert "usage: python -m data" in capsys.readouterr().out


def test_it_runs_as_a_module(folder: Path) -> None:
    root = Path(__file__).resolve().parent.parent
    arguments = ["import", str(folder / "mail.csv"), "--project", "x", "--db", str(folder / "x.db"), "--json"]
    done = subprocess.run([sys.executable, "-m", "data", *arguments], cwd=root, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["accepted"] == 2


def test_an_export_whose_name_ends_in_no_format_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = tmp_path / "plateau.db"
    Store(database).create_project("Mails")
    out = tmp_path / "items.pdf"
    assert main(["export", "--db", str(database), "--project", "Mails", "--out", str(out)]) == 2
    assert "ends in none of" in capsys.readouterr().err
    assert not out.exists()
