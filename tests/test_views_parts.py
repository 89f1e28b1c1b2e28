"""The parts of the pages that need no page: tables, pictures, wording."""

from __future__ import annotations

import csv
import io

from data.imports import ColumnMap, ImportReport, Rejection
from data.records import ImportCounts
from views import importing


def test_the_list_of_rejected_rows_holds_no_formula_that_a_spreadsheet_would_run() -> None:
    cell = '=HYPERLINK("http://example.invalid","see")'
    rejection = Rejection(row=7, column="+id", value=cell, rule="@rule", remedy="Leave it out.")
    report = ImportReport(1, 0, 1, ImportCounts(), (rejection,), (), ColumnMap())
    text = importing.rejection_file(report).decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row == {"Row": "7", "Column": "'+id", "Value": f"'{cell}", "Rule": "'@rule", "Remedy": "Leave it out."}
