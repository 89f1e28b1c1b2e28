"""The report to hand over: the same bytes for the same revision, nothing but what was asked for, and every form readable."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import tomllib
import zipfile
from dataclasses import replace
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from jsonschema import Draft202012Validator

from data.errors import InvalidInput
from data.records import LabelEvent, Project, ReviewDraft
from data.store import Store
from data.timeline import Pace, RatingMoment
from data.version import VERSION
from rating.records import Estimate
from recommend import __main__ as recommend_cli
from recommend.people import team_of
from recommend.report import FORMS, Report, drawing, fonts, form_of, pdf, report_of
from recommend.report import charts as charts_of
from recommend.report.blocks import Table
from recommend.report.content import sections
from recommend.report.gather import history
from recommend.report.risks import risks
from recommend.service import plan_project
from recommend.serving import Served
from recommend.trainer import Kept
from samples.project import create_sample
from tests.browsing import opened
from tests.builders import stored
from tests.calling import api_of
from views import planning, reporting

ROOT = Path(__file__).resolve().parent.parent
NASTY = "=1+1 <script>alert('x')</script> & \"quoted\" > Ünïcode 猫"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Project, Served]:
    """The sample, rated once before: what the report says must not depend on how often it was asked for."""
    store = Store(tmp_path_factory.mktemp("sample") / "plateau.db")
    project = create_sample(store)
    return store, project, plan_project(store, project.id).served


@pytest.fixture(scope="module")
def report(sample: tuple[Store, Project, Served]) -> Report:
    store, project, served = sample
    return report_of(store, project.id, served)


def named(report: Report, name: str) -> Report:
    """The report of a project whose first label and whose own name are this."""
    labels = (replace(report.rating.labels[0], name=name), *report.rating.labels[1:])
    return replace(report, project=name, rating=replace(report.rating, labels=labels))


class Page(HTMLParser):
    """The elements of a page with their attributes, and all of its text."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_version_is_that_of_the_project() -> None:
    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == VERSION


@pytest.mark.parametrize("ending", FORMS)
def test_the_same_revision_gives_the_same_bytes(sample: tuple[Store, Project, Served], report: Report, ending: str) -> None:
    store, project, _ = sample
    again = report_of(store, project.id, plan_project(store, project.id).served)
    assert again == report
    assert FORMS[ending].write(again) == FORMS[ending].write(report)


def test_no_form_holds_the_text_of_an_item_unless_it_is_asked_for(sample: tuple[Store, Project, Served], report: Report) -> None:
    store, project, served = sample
    texts = [item.text for item in store.iter_items(project.id)]
    quoting = report_of(store, project.id, served, texts=True)
    quoted = [text for action in quoting.actions for text in action.texts]
    assert quoted
    for ending in ("html", "json", "md"):
        written = FORMS[ending].write(report).decode()
        assert not [
            text
            for text in texts
            if text[:40] in written or escape(text[:40]) in written or json.dumps(text[:40])[1:-1] in written
        ]
    assert escape(quoted[0]) in FORMS["html"].write(quoting).decode()


def test_the_page_is_small_and_asks_nobody_for_anything(report: Report) -> None:
    written = FORMS["html"].write(report)
    page = Page(written)
    assert len(written) < 2_000_000
    assert b"http:" not in written
    assert b"https:" not in written
    assert {tag for tag, _ in page.found}.isdisjoint({"script", "link", "img", "iframe", "object", "embed", "image", "use"})
    assert all((cells.get("href") or "#").startswith("#") for _, cells in page.found)
    assert not [cells for _, cells in page.found if "src" in cells or any(name.startswith("on") for name in cells)]
    assert "url(" not in written.decode()
    assert "@import" not in written.decode()


def test_every_chart_has_a_title_and_says_its_message_in_words(report: Report) -> None:
    found = Page(FORMS["html"].write(report)).found
    pictures = [cells for tag, cells in found if tag == "svg"]
    titles = sum(tag == "h3" for tag, _ in found)
    assert titles >= 4
    assert len(pictures) == 2 * titles
    assert all(len(cells["aria-label"] or "") > 20 for cells in pictures)


def test_what_people_call_things_is_shown_as_it_stands(report: Report) -> None:
    strange = named(report, NASTY)
    page = Page(FORMS["html"].write(strange))
    assert "script" not in {tag for tag, _ in page.found}
    assert NASTY in page.words
    assert "<script" not in FORMS["md"].write(strange).decode().replace("\\<", "")
    assert json.loads(FORMS["json"].write(strange))["project"] == NASTY


def test_the_document_fits_its_schema(report: Report) -> None:
    rules = json.loads((ROOT / "schemas" / "report.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(rules)
    found = json.loads(FORMS["json"].write(report))
    Draft202012Validator(rules).validate(found)
    assert found["rating"]["score"]["value"] == report.rating.score.value
    assert found["rating"]["band"] == report.rating.band
    assert found["work"]["per_hour"] == report.work.per_hour
    far = replace(report, stop=replace(report.stop, hours=(3.0, float("inf"))))
    assert json.loads(FORMS["json"].write(far))["stop"]["hours"] == [3.0, None]


def test_a_project_without_a_rating_says_why_and_what_to_do(tmp_path: Path) -> None:
    store, project = stored(tmp_path, items=60, reviewed=5)
    young = report_of(store, project.id, plan_project(store, project.id).served)
    assert young.rating.score.value is None
    reason = young.rating.reasons[0]
    for ending in FORMS:
        if ending in ("html", "md"):
            written = FORMS[ending].write(young).decode()
            assert "no rating yet" in written.lower()
            assert escape(reason) in written or reason in written
    rules = json.loads((ROOT / "schemas" / "report.schema.json").read_text("utf-8"))
    Draft202012Validator(rules).validate(json.loads(FORMS["json"].write(young)))


def test_a_project_without_items_has_a_report(tmp_path: Path) -> None:
    store = Store(tmp_path / "plateau.db")
    project = store.create_project("empty")
    empty = report_of(store, project.id, plan_project(store, project.id).served)
    assert (empty.rating.population, empty.work.items, empty.work.seconds) == (0, 0, None)
    for form in FORMS.values():
        assert form.write(empty)


def test_the_digest_fits_a_message(report: Report) -> None:
    lines = FORMS["md"].write(report).decode().splitlines()
    assert 15 <= sum(bool(line) for line in lines) <= 25
    assert "Model Rating 62" in lines[0]


def test_items_and_labels_are_counted_apart_and_unknown_time_is_unknown(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    label = store.labels(project.id)[0].id
    items = [item.id for item in store.iter_items(project.id)]
    plain = report_of(store, project.id, plan_project(store, project.id).served).work
    assert (plain.items, plain.imported, plain.people, plain.seconds, plain.per_hour) == (100, 0, 0, None, None)
    drafts = [ReviewDraft(items[k], (label,), "Ann", seconds=6.0, source="teach") for k in (0, 150)]
    store.record_reviews(project.id, [*drafts, ReviewDraft(items[151], (), "Ann", state="skipped", source="teach")])
    more = report_of(store, project.id, plan_project(store, project.id).served).work
    assert (more.items, more.judgements, more.skipped, more.people) == (101, 102, 1, 1)
    assert (more.seconds, more.timed, more.per_hour, more.shared) == (12.0, 2, 600.0, 1)
    assert more.labels == plain.labels + 2


def test_agreement_is_that_of_the_people_page(sample: tuple[Store, Project, Served], report: Report) -> None:
    store, project, served = sample
    team = team_of(store, project.id, served)
    assert (report.work.alpha, report.work.shared) == (team.alpha, team.shared)
    assert report.work.people == len({person.person for person in team.people})


def test_judgements_after_the_rating_are_counted_and_said(tmp_path: Path) -> None:
    store, project = stored(tmp_path)
    served = plan_project(store, project.id).served
    fresh = report_of(store, project.id, served)
    assert fresh.newer == 0
    item = next(store.iter_items(project.id)).id
    store.record_reviews(project.id, [ReviewDraft(item, (), "Ann", source="shuffle")])
    stale = report_of(store, project.id, served)
    assert stale.newer == 1
    assert "1 judgement newer than this rating" in FORMS["html"].write(stale).decode()


def rated_at(number: int, reviewed: int, *, population: int = 100, value: float | None = 50.0, **model: Any) -> RatingMoment:
    at, span = f"2026-01-{number:02d}T00:00:00+00:00", (value, 40.0, 60.0)
    return RatingMoment(number, 10 * number, number, at, reviewed, population, span, {"coverage": span}, {"model": model})


def test_the_history_says_what_had_changed_before_each_rating() -> None:
    moments = [
        rated_at(1, 0, value=None), rated_at(2, 50, encoders=["a"]), rated_at(3, 50, encoders=["a"]),
        rated_at(4, 80, population=150, encoders=["b"]), rated_at(5, 90, population=150, encoders=["b"], penalty=1.0),
    ]  # fmt: skip
    paces = [Pace(15, 1, 1, 0.0), Pace(35, 1, 1, 0.0), Pace(36, 1, 0, 0.0), Pace(41, 1, 0, 0.0)]
    events = [
        LabelEvent("2026-01-03T12:00:00+00:00", "renamed", "New", "Old", "New"),
        LabelEvent("2026-01-03T13:00:00+00:00", "created", "Late", None, "Late"),
    ]
    found = history(moments, paces, events)
    assert [(moment.reviewed, moment.model_version) for moment in found] == [(50, 3), (80, 4), (90, 5)]
    assert found[0].changed == ()
    assert found[1].changed == (
        "50 items imported", "1 judgement imported", "1 label created: Late", "1 label renamed: Old to New", "encoders: b",
    )  # fmt: skip
    assert found[2].changed == ("features weighed anew",)
    assert found[1].factors["coverage"] == Estimate(50.0, 40.0, 60.0)


def test_what_had_changed_is_numbered_in_the_chart_and_in_the_table(report: Report) -> None:
    first = report.history[0]
    later = replace(first, reviewed=first.reviewed + 40, revision=first.revision + 9, changed=("50 items imported",))
    longer = replace(report, history=(first, later))
    written = FORMS["html"].write(longer).decode()
    assert "(1) 50 items imported" in written
    words = [shape.text for shape in charts_of.trend(longer, 720.0).shapes if isinstance(shape, drawing.Words)]
    assert "1" in words
    assert "The four factors" in written
    many = tuple(replace(later, reviewed=100 + k, revision=k) for k in range(30))
    numbers = [number for number, _ in charts_of.numbered(many)]
    assert numbers == list(range(1, 21))
    assert all(f"({number}) 50 items" in FORMS["html"].write(replace(report, history=many)).decode() for number in numbers)


def test_charts_stay_on_their_sheet(report: Report) -> None:
    for width in (720.0, 350.0):
        drawn = [charts_of.gauge(report.rating.score, width), charts_of.trend(report, width), charts_of.over_time(report, width),
                 charts_of.labels(report.rating.labels, width), charts_of.factors(report.rating.factors, width)]  # fmt: skip
        for sheet in drawn:
            for shape in sheet.shapes:
                places = shape.points if isinstance(shape, drawing.Path) else (shape.at,)
                assert all(0 <= x <= sheet.width and 0 <= y <= sheet.height for x, y in places), shape


def test_risks_are_those_to_act_on_first_and_what_is_unknown_is_said(report: Report) -> None:
    order = ["act", "watch", "unknown", "fine"]
    levels = [order.index(risk.level) for risk in report.risks]
    assert levels == sorted(levels)
    assert {"labels", "drift", "undiscovered", "wrong", "missed", "balance"} <= {risk.key for risk in report.risks}
    blind = replace(report.rating, missing_mass=Estimate(None, reason="Review 20 items by Shuffle."))
    found = {risk.key: risk for risk in risks(blind, report.stop, ())}
    assert found["undiscovered"].level == "unknown"
    assert "Review 20 items by Shuffle." in found["undiscovered"].words
    assert found["balance"].level == "fine"


def test_the_command_writes_what_the_endings_say(
    sample: tuple[Store, Project, Served], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, project, _ = sample
    place = ["--db", str(store.path), "--project", project.name]
    paths = [tmp_path / f"r.{ending}" for ending in FORMS]
    assert recommend_cli.main(["report", *place, "--out", *map(str, paths)]) == 0
    assert all(path.stat().st_size > 500 for path in paths)
    assert capsys.readouterr().out.count("revision") == len(paths)
    assert recommend_cli.main(["report", *place, "--out", str(tmp_path / "r.docx")]) == 2
    assert "cannot be written as .docx. Choose html" in capsys.readouterr().err
    assert not (tmp_path / "r.docx").exists()


def test_an_ending_is_taken_with_its_dot_and_in_any_case() -> None:
    assert form_of(".HTML") is FORMS["html"]
    with pytest.raises(InvalidInput, match="without an ending"):
        form_of("")


def test_dark_and_light_have_the_same_inks() -> None:
    names = [re.findall(r"--(\w+):", drawing.style(night)) for night in (False, True)]
    assert names[0] == names[1] == list(drawing.INKS)


def test_the_workbook_opens_holds_numbers_and_runs_nothing(report: Report) -> None:
    unknown = replace(report, work=replace(report.work, seconds=None))
    book = openpyxl.load_workbook(io.BytesIO(FORMS["xlsx"].write(named(unknown, NASTY))))
    assert book.sheetnames == ["Rating", "Factors", "Labels", "History", "Stop", "Work", "Method"]
    cells = {row[0].value: row[1].value for row in book["Rating"].iter_rows()}
    assert cells["Model Rating (0–100)"] == pytest.approx(report.rating.score.value)
    assert cells["Project"] == f"'{NASTY}"
    assert f"'{NASTY}" in {row[0].value for row in book["Labels"].iter_rows()}
    assert {row[0].value: row[1].value for row in book["Work"].iter_rows()}["Active hours"] == "unknown"
    assert not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]
    precision = [row[2].value for row in book["Labels"].iter_rows(min_row=2)]
    assert sorted(precision) == pytest.approx(sorted(100 * (label.ap.value or 0) for label in report.rating.labels))


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed here")
def test_libreoffice_reads_the_workbook(report: Report, tmp_path: Path) -> None:
    (tmp_path / "report.xlsx").write_bytes(FORMS["xlsx"].write(report))
    sheets = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"  # UTF-8, each sheet a file
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = ["soffice", profile, "--headless", "--convert-to", sheets, "--outdir", str(tmp_path), str(tmp_path / "report.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    read = {path.stem.removeprefix("report-"): list(csv.reader(path.open(encoding="utf-8"))) for path in tmp_path.glob("*.csv")}
    book = openpyxl.load_workbook(tmp_path / "report.xlsx", read_only=True)
    assert set(read) == set(book.sheetnames)
    assert report.rating.score.value is not None
    (rating,) = [float(row[1]) for row in read["Rating"] if row[0].startswith("Model Rating")]
    assert rating == pytest.approx(report.rating.score.value)
    assert {row[0] for row in read["Labels"][1:]} == {label.name for label in report.rating.labels}


def test_the_document_to_print_has_every_part_and_no_page_of_its_own_for_nothing(report: Report) -> None:
    written = FORMS["pdf"].write(report)
    assert written.startswith(b"%PDF-1.")
    assert 5 <= len(re.findall(rb"/Type /Page\b", written)) <= 12
    assert FORMS["pdf"].write(named(report, NASTY)) != written


def test_letters_that_no_font_has_become_question_marks_and_signs_are_left_out() -> None:
    printer = pdf.Printer(fonts.Face("Helvetica", "Helvetica-Bold", frozenset(range(32, 256))))
    assert printer.markup("猫 <é> ◆ Average 4 %") == "? &lt;é&gt;  Average 4\N{NO-BREAK SPACE}%"


def test_the_font_that_comes_along_serves_wherever_it_can() -> None:
    own = fonts.face_for("Größe – 4 %")
    assert own.plain == "Vera"
    assert len(fonts.face_for("Скидка").lacks("Скидка")) <= len(own.lacks("Скидка"))


def test_columns_fill_the_page_and_no_more(report: Report) -> None:
    printer = pdf.Printer(fonts.face_for(""))
    tables = [block for part in sections(report) for block in part.blocks if isinstance(block, Table)]
    assert len(tables) >= 8
    for table in tables:
        widths = printer.widths(table)
        assert sum(widths) <= pdf.ROOM + 0.01
        assert min(widths) > 15
    crowded = Table(tuple("x" * 40 for _ in range(9)), ())
    assert sum(printer.widths(crowded)) == pytest.approx(pdf.ROOM)


def test_the_only_time_in_a_file_is_that_of_the_rating(report: Report) -> None:
    with zipfile.ZipFile(io.BytesIO(FORMS["xlsx"].write(report))) as book:
        assert {entry.date_time for entry in book.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        moments = re.findall(r">(\d{4}-\d\d-\d\dT[\d:]+)Z<", book.read("docProps/core.xml").decode())
    assert set(moments) == {report.at[:19]}
    dates = set(re.findall(rb"Date \(D:(\d{8})", FORMS["pdf"].write(report)))
    assert dates == {b"20000101"}


def test_the_overview_offers_the_report_in_every_form(place: tuple[Store, Project]) -> None:
    store, project = place
    at = opened()
    assert at.get_by_key("report_download").label == "Download mail-report.html"
    at.get_by_key("report_form").set_value("pdf").run()
    assert not at.exception
    assert at.get_by_key("report_download").label == "Download mail-report.pdf"
    served = planning.latest(store, project.id)
    assert served is not None
    plain, quoting = (reporting.written(store, project.id, served, "json", texts=texts)() for texts in (False, True))
    assert json.loads(plain)["rating"]["revision"] == served.rating.revision
    assert [len(action["texts"]) > 0 for action in json.loads(quoting)["actions"]] == [True] * len(served.plan.actions[:8])
    assert not [action for action in json.loads(plain)["actions"] if action["texts"]]


def test_the_api_sends_the_report_of_what_it_has_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    api = api_of(tmp_path, items=200, reviewed=120)
    missing = api.get("reports/html")
    assert missing.status_code == 404
    assert "POST /api/v1/projects/1/rating" in missing.json()["detail"]
    served = plan_project(api.store, api.project.id).served
    monkeypatch.setattr(api.notes, "kept", lambda *_: Kept(served, "", 0.0))
    for ending, form in FORMS.items():
        sent = api.get(f"reports/{ending}")
        assert sent.status_code == 200
        assert sent.headers["content-type"].split(";")[0] == form.media
        assert sent.headers["content-disposition"] == f'attachment; filename="project-1-report.{ending}"'
        assert sent.content == form.write(report_of(api.store, api.project.id, served))
    assert api.get("reports/json", params={"texts": True}).json()["actions"][0]["texts"]
    assert api.get("reports/docx").status_code == 404
