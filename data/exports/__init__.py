"""Exporting items, reviews, times and predictions as CSV, JSON Lines, Parquet or XLSX, with formula cells neutralised."""

from data.exports.handover import Handover, Judgement, Whole
from data.exports.table import ExportReport, Table
from data.exports.tables import Prediction, items_table, predictions_table, reviews_table, stored_predictions, times_table
from data.exports.writing import FORMATS, ExportFormat, export_bytes, export_file, write

__all__ = [
    "FORMATS",
    "ExportFormat",
    "ExportReport",
    "Handover",
    "Judgement",
    "Prediction",
    "Table",
    "Whole",
    "export_bytes",
    "export_file",
    "items_table",
    "predictions_table",
    "reviews_table",
    "stored_predictions",
    "times_table",
    "write",
]
