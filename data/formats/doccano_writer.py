"""Writing doccano's JSON Lines: one file to import, or an archive with a file for each person, as doccano exports them."""

from __future__ import annotations

import json
import shutil
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from typing import Any, BinaryIO
from urllib.parse import quote

from data.exports.handover import Handover, Whole, newest
from data.exports.table import ExportReport
from data.imports.records import FILE

#: The file of a project that all members label together.
TOGETHER = "all"
#: What files are called that are not named after a person.
NOBODY = {TOGETHER, "data", "train", "training", "test", "testing", "dev", "val", "valid", "validation"}
COMMENTS = "Comments"
LABELS = ("label", "labels", "cats", "category", "categories")
#: Under what the comments of an item are kept, and how keys begin whose own name means something else.
MINE = "doccano"
META = "meta."
_TAKEN = {"id", "text", "filename", *LABELS, COMMENTS, "annotations", "meta", FILE, MINE}
_SEVERAL = "{n:,} items were judged by several people: the newest review of all labels was written. Write a file for each person."


def write_lines(handover: Handover, out: BinaryIO) -> ExportReport:
    """One record an item, with the labels of its newest review of all labels: doccano takes one set of labels for each item."""
    count, several = 0, 0
    for whole in handover.wholes():
        several += len(whole.judgements) > 1
        judged = newest(whole.judgements)
        _write(out, _record(whole, judged.labels if judged else ()))
        count += 1
    return ExportReport(count, (_SEVERAL.format(n=several),) if several else ())


def write_members(handover: Handover, out: BinaryIO) -> ExportReport:
    """An archive with a file for each person, and one for the items that nobody has judged."""
    count = 0
    with ExitStack() as spools, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        files: dict[str, Any] = {}
        for whole in handover.wholes():
            for person, labels in [(_file_of(j.annotator), j.labels) for j in whole.judgements] or [(TOGETHER, ())]:
                if person not in files:
                    files[person] = spools.enter_context(tempfile.TemporaryFile(prefix="plateau-export-"))
                _write(files[person], _record(whole, labels))
                count += 1
        for person, spool in files.items():
            spool.seek(0)
            with archive.open(f"{person}.jsonl", "w", force_zip64=True) as member:
                shutil.copyfileobj(spool, member)
    return ExportReport(count)


def _file_of(person: str) -> str:
    """How a person's file is called; :func:`urllib.parse.unquote` gives the person back."""
    name = quote(person, safe="@ +,=")
    return f"%{ord(name[0]):02X}{name[1:]}" if name.lower() in NOBODY or name.startswith(".") else name


def _record(whole: Whole, labels: Iterable[str]) -> dict[str, Any]:
    item, metadata = whole.item, dict(whole.item.metadata)
    mine = metadata.get(MINE)
    comments = metadata.pop(MINE)[COMMENTS] if isinstance(mine, Mapping) and set(mine) == {COMMENTS} else []
    flat = {META + key if key in _TAKEN or key.startswith(META) else key: value for key, value in metadata.items()}
    about = {"text": item.text} if item.text or not item.media else {}
    media = {"filename": item.media} if item.media else {}
    return {"id": item.uid, **about, **media, **flat, "label": sorted(labels), COMMENTS: comments}


def _write(out: Any, record: Mapping[str, Any]) -> None:
    out.write(json.dumps(record, ensure_ascii=False).encode() + b"\n")
