"""Importing files: CSV, TSV, JSON, JSON Lines, XLSX and Parquet, row by row, with every rejected row named."""

from data.imports.intake import Progress, Staged, import_file, inspect, stage
from data.imports.reading import read_rows
from data.imports.records import ColumnMap, ImportOptions, ImportReport, Preview, Rejection

__all__ = [
    "ColumnMap",
    "ImportOptions",
    "ImportReport",
    "Preview",
    "Progress",
    "Rejection",
    "Staged",
    "import_file",
    "inspect",
    "read_rows",
    "stage",
]
