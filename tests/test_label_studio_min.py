"""Label Studio's tables: what its own exporter writes is understood, and what goes out comes back."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from data.errors import ImportFailed, InvalidInput
from data.exports import Handover
from data.exports.handover import Judgement
from data.formats.exporting import tool_bytes
from data.imports import ImportOptions, import_file, inspect, read_rows
from data.records import ImportRow, Project
from data.store import Store
from tests.rounds import project_of, rounds, rows

#: As Label Studio 1.23 writes them.
JSON_MIN = """[
{"text": "Exporters see", "doc": "x", "id": 1, "topic": "wheat", "annotator": 1, "annotation_id": 2,
 "created_at": "2026-11-21T18:38:49.154504Z", "updated_at": "2026-11-21T18:38:50Z", "lead_time": null},
{"text": "Exporters see", "doc": "x", "id": 1, "topic": {"choices": ["grain", "ship"]}, "annotator": "ann@x.org",
 "annotation_id": 1, "created_at": "2026-11-21T18:38:49Z", "updated_at": "2026-11-21T18:38:49Z", "lead_time": 3.5,
 "agreement": 50},
{"text": "nothing", "id": 2, "annotator": 1, "annotation_id": 3, "created_at": "2026-11-21T18:38:49Z",
 "updated_at": "2026-11-21T18:38:49Z", "lead_time": 1},
{"text": "unreviewed", "id": 4, "annotator": null, "annotation_id": null, "created_at": null, "updated_at": null,
 "lead_time": null}
]"""
CSV = """"annotation_id","annotator","created_at","id","label_scores","lead_time","plateau_id","text","topic","updated_at"
2,"1","2026-11-21T18:38:49Z",1,"{""grain"":0.9}","","m1","'=Exporters","wheat","2026-11-21T18:38:50Z"
1,"ann@x.org","2026-11-21T18:38:49Z",1,"",3.5,"m1","'=Exporters","{""choices"":[""grain"",""ship""]}","2026-11-21T18:38:49Z"
3,"1","2026-11-21T18:38:49Z",2,"",1,"m2","nothing","","2026-11-21T18:38:49Z"
"","","",4,"","","m4","unreviewed","",""
"""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "plateau.db")


@pytest.fixture
def project(store: Store) -> Project:
    return store.create_project("mail")


def accepted(content: str, **options: Any) -> list[ImportRow]:
    found = list(read_rows(content.encode(), options=ImportOptions(**options)))
    assert all(isinstance(row, ImportRow) for row in found), found
    return found  # type: ignore[return-value]  # the line above says so


def said(found: list[ImportRow]) -> list[tuple[Any, ...]]:
    return [(row.uid, row.labels, row.annotator if row.labels is not None else None, row.seconds) for row in found]


def test_its_json_is_understood() -> None:
    assert inspect(JSON_MIN.encode()).tool == "label-studio-min"
    found = accepted(JSON_MIN)
    assert said(found) == [
        ("1", ("wheat",), "1", None), ("1", ("grain", "ship"), "ann@x.org", 3.5), ("2", (), "1", 1.0), ("4", None, None, None),
    ]  # fmt: skip
    assert [row.reviewed_at for row in found[:2]] == ["2026-11-21T18:38:50.000000+00:00", "2026-11-21T18:38:49.000000+00:00"]
    assert {"doc": "x", "agreement": 50}.items() <= found[1].metadata.items()


@pytest.mark.parametrize("separator", [",", "\t"])
def test_its_tables_are_understood(separator: str) -> None:
    content = "".join(separator.join(f'"{cell}"' for cell in _escaped(row)) + "\n" for row in csv.reader(io.StringIO(CSV)))
    assert inspect(content.encode()).tool == "label-studio-csv"
    found = accepted(content)
    assert said(found) == [
        ("m1", ("wheat",), "1", None), ("m1", ("grain", "ship"), "ann@x.org", 3.5), ("m2", (), "1", 1.0),
        ("m4", None, None, None),
    ]  # fmt: skip
    assert (found[0].text, found[0].scores) == ("=Exporters", {"grain": 0.9})


def _escaped(row: list[str]) -> list[str]:
    return [cell.replace('"', '""') for cell in row]


def test_nested_choices_of_a_table_are_labels() -> None:
    row = json.loads(JSON_MIN)[0] | {"topic": [{"taxonomy": [["Billing", "Refund"], ["Praise"]]}]}
    assert accepted(json.dumps([row]))[0].labels == ("Billing > Refund", "Praise")


def test_a_row_that_lacks_its_columns_is_no_reason_to_stop() -> None:
    assert [row.text for row in accepted(json.dumps([*json.loads(JSON_MIN), {"text": "bare", "topic": "x"}]))][-1] == "bare"


def test_a_label_is_not_divided() -> None:
    row = json.loads(JSON_MIN)[0] | {"topic": "wheat, maize; rye|corn"}
    assert accepted(json.dumps([row]))[0].labels == ("wheat, maize; rye|corn",)


def test_the_column_of_labels_is_asked_for_where_nothing_shows_it() -> None:
    content = CSV.replace("topic", "team").replace('"{""choices"":[""grain"",""ship""]}"', '"grain"').replace("text", "body")
    with pytest.raises(ImportFailed, match=r"No column is sure to hold the labels\. Say which one it is: 'team'"):
        accepted(content)
    assert inspect(content.encode()).warnings
    assert accepted(content, question="team")[1].labels == ("grain",)
    with pytest.raises(ImportFailed, match="no column 'teem'"):
        accepted(content, question="teem")


def test_a_key_called_like_the_control_keeps_its_name() -> None:
    content = CSV.replace('"text"', '"_data_topic"')
    assert [(row.text, row.labels) for row in accepted(content)][2] == ("nothing", ())


def test_skips_are_left_out_and_formulas_harmless(store: Store, project: Project) -> None:
    both = [
        ImportRow("1", "=1+1", labels=("a",), annotator="ann"), ImportRow("2", "b", labels=(), state="skipped", annotator="ann"),
    ]  # fmt: skip
    store.import_rows(project.id, both)
    table = list(csv.DictReader(io.StringIO(tool_bytes(Handover(store, project), "label-studio-csv")[0].decode())))
    assert [(row["text"], row["labels"], row["annotator"]) for row in table] == [("'=1+1", "a", "ann"), ("b", "", "")]
    assert list(table[0]) == sorted(table[0])


def test_the_number_of_a_task_goes_back(store: Store, project: Project) -> None:
    import_file(store, project.id, JSON_MIN.encode())
    back = json.loads(tool_bytes(Handover(store, project), "label-studio-min")[0])
    assert [(row["id"], row.get("topic")) for row in back] == [
        (1, {"choices": ["grain", "ship"]}),
        (1, "wheat"),
        (2, None),
        (4, None),
    ]


def counts(judgement: Judgement) -> bool:
    return judgement.state == "reviewed" and not judgement.partial


def test_a_review_of_some_labels_is_left_out(store: Store, project: Project) -> None:
    store.import_rows(project.id, [ImportRow("1", "a", labels=(), dismissed=("wheat",), partial=True, annotator="ann")])
    for key in ("label-studio-min", "label-studio-csv"):
        content, report = tool_bytes(Handover(store, project), key)
        assert (report.rows, [row.labels for row in read_rows(content)]) == (1, [None])
        assert report.notes == (
            "1 reviews judged some labels only: they are left out, since Label Studio would take them for whole ones.",
        )


def test_an_annotator_called_by_digits_keeps_them(store: Store, project: Project) -> None:
    store.import_rows(project.id, [ImportRow("1", "a", labels=("x",), annotator=who) for who in ("007", "7", "1" * 40)])
    content = tool_bytes(Handover(store, project), "label-studio-min")[0]
    assert [row["annotator"] for row in json.loads(content)] == ["007", 7, "1" * 40]


@pytest.mark.parametrize("question", ["text", "id", "annotator", "team"])
def test_labels_called_like_another_column_are_not_written(store: Store, project: Project, question: str) -> None:
    store.import_rows(project.id, [ImportRow("1", "a", metadata={"team": "x"}, labels=("x",), annotator="ann")])
    for key in ("label-studio-min", "label-studio-csv", "label-studio-tsv"):
        if question == "team":  # metadata goes by another name
            tool_bytes(Handover(store, project, question=question), key)
            continue
        with pytest.raises(InvalidInput, match=f"The labels would be called '{question}', like another column"):
            tool_bytes(Handover(store, project, question=question), key)


def read(store: Store, project: Project, text: bool) -> list[Any]:
    """All that the tables can carry of a project; of metadata only its text when it was a table of text."""
    whole = []
    for w in Handover(store, project).wholes():
        metadata = {key: str(value) if text else value for key, value in w.item.metadata.items() if key != "label_studio"}
        judged = [(j.annotator, frozenset(j.labels), j.at, j.seconds) for j in w.judgements if counts(j)]
        whole.append((w.item.uid, w.item.text, w.item.media, w.item.at, metadata, judged, w.predictions))
    return whole


@rounds
@given(rows())
def test_a_project_goes_out_and_comes_back(found: list[ImportRow]) -> None:
    named = [replace(row, uid=f"{row.uid}-{place}") if place % 3 == 0 else row for place, row in enumerate(found)]
    with project_of(named) as (store, project):
        for key in ("label-studio-min", "label-studio-csv", "label-studio-tsv"):
            written = tool_bytes(Handover(store, project), key)[0]
            with project_of([]) as (other, copy):
                options = ImportOptions(tool=key.replace("tsv", "csv"), question=None)
                report = import_file(other, copy.id, written, options=options)
                assert not report.rejections
                assert read(other, copy, key != "label-studio-min") == read(store, project, key != "label-studio-min")
