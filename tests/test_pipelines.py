"""What a pipeline goes by: exit codes, JSON on standard output alone, and the schemas that describe it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator

from data import exits
from data.errors import NotFound
from data.records import Project
from data.store import Store
from rating import __main__ as rating_cli
from rating.passing import Limit, passing
from rating.service import rate_project
from recommend import __main__ as recommend_cli
from recommend import stop_cli
from recommend.records import Answer, Stop
from tests.builders import stored

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Project]:
    return stored(tmp_path_factory.mktemp("mail"))


def place(store: Store, project: Project) -> list[str]:
    return ["--db", str(store.path), "--project", project.name]


def no_constant(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")


def checked(text: str, schema: str) -> Any:
    """The one document in this text, which fits its schema."""
    document = json.loads(text, parse_constant=no_constant)
    rules = json.loads((SCHEMAS / f"{schema}.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(rules)
    Draft202012Validator(rules).validate(document)
    return document


def test_the_rating_document_fits_its_schema(mail: tuple[Store, Project], capsys: pytest.CaptureFixture[str]) -> None:
    assert rating_cli.main(["rate", "--json", "--fail-under", "1", *place(*mail)]) == 0
    said = capsys.readouterr()
    document = checked(said.out, "rating")
    assert document["band"] != "none"
    assert {factor["band"] for factor in document["factors"]} <= {"poor", "average", "good", "excellent"}
    assert document["limit"]["passed"] is True
    assert document["limit"]["found"] == document["score"]["value"]
    assert "not below the limit of 1." in said.err


def test_a_document_without_a_rating_fits_the_schema_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    young = stored(tmp_path, items=60, reviewed=5)
    assert rating_cli.main(["rate", "--json", "--fail-under", "0", "--at", "low", *place(*young)]) == 1
    said = capsys.readouterr()
    document = checked(said.out, "rating")
    assert (document["score"]["value"], document["band"]) == (None, "none")
    assert {factor["band"] for factor in document["factors"]} == {"none"}
    assert document["reasons"]
    assert document["limit"]["found"] is None
    assert "not known yet" in said.err
    assert recommend_cli.main(["stop", "--json", "--expect", "cannot_tell", *place(*young)]) == 0
    assert checked(capsys.readouterr().out, "stop")["check"] is None


def test_the_lower_end_can_fail_a_limit_that_the_rating_passes(mail: tuple[Store, Project]) -> None:
    rating = rate_project(*ids(mail)).result.rating
    assert rating.score.low is not None
    assert rating.score.value is not None
    between = str((rating.score.low + rating.score.value) / 2)
    assert rating_cli.main(["rate", "--fail-under", between, *place(*mail)]) == 0
    assert rating_cli.main(["rate", "--fail-under", between, "--at", "low", *place(*mail)]) == 1
    assert passing(rating, Limit(rating.score.value)).passed
    assert not passing(rating, Limit(rating.score.value + 1e-6)).passed


def ids(mail: tuple[Store, Project]) -> tuple[Store, int]:
    return mail[0], mail[1].id


@pytest.mark.parametrize("limit", ["nan", "inf", "-1", "100.5"])
def test_a_limit_that_nothing_or_everything_passes_is_refused(
    mail: tuple[Store, Project], capsys: pytest.CaptureFixture[str], limit: str
) -> None:
    assert rating_cli.main(["rate", f"--fail-under={limit}", *place(*mail)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "0 to 100" in said.err


def test_at_without_a_limit_is_refused(mail: tuple[Store, Project], capsys: pytest.CaptureFixture[str]) -> None:
    assert rating_cli.main(["rate", "--at", "low", *place(*mail)]) == 2
    assert "Add --fail-under" in capsys.readouterr().err


def test_hours_out_of_sight_are_null(
    mail: tuple[Store, Project], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Stop("keep_going", "On.", (), (), (3.0, float("inf")), None)
    monkeypatch.setattr(stop_cli, "answer_project", lambda *_: answer)
    assert recommend_cli.main(["stop", "--json", *place(*mail)]) == 0
    said = capsys.readouterr().out
    assert json.loads(said, parse_constant=pytest.fail)["hours"] == [3.0, None]
    checked(said, "stop")


def test_the_stop_answer_can_be_expected(mail: tuple[Store, Project], capsys: pytest.CaptureFixture[str]) -> None:
    assert recommend_cli.main(["stop", "--json", *place(*mail)]) == 0
    answer = checked(capsys.readouterr().out, "stop")["answer"]
    others = [other for other in get_args(Answer) if other != answer][:2]
    assert recommend_cli.main(["stop", "--json", "--expect", *others, *place(*mail)]) == 1
    said = capsys.readouterr()
    assert checked(said.out, "stop")["answer"] == answer
    assert f"The answer is {answer}, not {' or '.join(others)}." in said.err
    assert recommend_cli.main(["stop", "--expect", *others, answer, *place(*mail)]) == 0


@pytest.mark.parametrize(
    ("main", "command"), [(rating_cli.main, ["rate"]), (recommend_cli.main, ["stop"]), (recommend_cli.main, [])]
)
def test_an_error_that_nobody_foresaw_is_no_missed_limit(
    mail: tuple[Store, Project],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    main: Any,
    command: list[str],
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the disk melted")

    monkeypatch.setattr(Store, "project", broken)
    assert main([*command, *place(*mail)]) == 2
    assert "the disk melted" in capsys.readouterr().err


def test_known_errors_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    def missing() -> int:
        raise NotFound("There is none.")

    assert exits.guarded(missing) == 2
    assert capsys.readouterr().err == "There is none.\n"
