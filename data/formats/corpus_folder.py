"""A corpus as NLTK lays it out: a text a file, and its categories in ``cats.txt`` or as the names of folders."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any, BinaryIO
from urllib.parse import quote, unquote

from data.exports.handover import Handover, newest
from data.exports.table import ExportReport
from data.formats.base import LABELS_ONLY, ToolFormat, each
from data.imports.folder import CATEGORIES, about_corpus
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.records import ImportRow

_SPLITS = {"train", "training", "test", "testing", "dev", "val", "valid", "validation"}
_UNLABELLED = {"unsup", "unlabeled", "unlabelled", "unreviewed"}
_EMPTY = "{n:,} texts have no category: they count as unreviewed."
_ALONE = "All texts lie in the folder {folder!r}: one folder tells no categories apart, so it is not taken for one."
_SEVERAL = "{n:,} items were judged by several people: the newest review of all labels was written."
_IMAGES = "{n:,} items without text were left out."
_TAB = "Some labels hold blanks: cats.txt divides them by tabs. NLTK is told so by cat_delimiter='\\t'."


class CorpusReader:
    """Turns files into rows: with the categories that ``cats.txt`` lists, else with those that their folders name."""

    def __init__(self, shape: Shape, options: ImportOptions) -> None:
        self.lists = {PurePosixPath(path).parent for path in shape.members if PurePosixPath(path).name == CATEGORIES}
        self.common = common_folders([path for path in shape.members if not about_corpus(path)])
        self.alone = not self.lists and only_folder([path for path in shape.members if not about_corpus(path)])
        self.categories: dict[str, tuple[str, ...]] = {}
        self.options, self.empty = options, 0

    def rows(self, records: Iterator[Record | Rejection]) -> Iterator[ImportRow | Rejection]:
        """A row for every text; the lists of categories come before them."""
        return each(records, self._one)

    def warnings(self) -> list[str]:
        """What a person should know about the texts read so far."""
        alone = [_ALONE.format(folder=self.alone)] if self.alone else []
        return [*alone, *([_EMPTY.format(n=self.empty)] if self.empty else [])]

    def _one(self, cells: Mapping[str, Any]) -> Iterator[ImportRow]:
        path, text = PurePosixPath(str(cells["path"])), str(cells["text"])
        if path.name == CATEGORIES:
            self.categories |= {str(path.parent / name): labels for name, labels in categories_of(text).items()}
            return
        top = next((folder for folder in self.lists if path.is_relative_to(folder)), None)
        inside = path.relative_to(top) if top is not None else PurePosixPath(*path.parts[self.common :])
        if self.alone:
            inside = PurePosixPath(*(part for part in inside.parts[:-1] if part.lower() in _SPLITS), inside.name)
        labels = self._listed(path) if top is not None else folders_of(inside)
        self.empty += labels is None
        splits = [part for part in path.parts[:-1] if part.lower() in _SPLITS]
        yield ImportRow(unquote(str(inside)), text, metadata={"split": splits[0]} if splits else {}, labels=labels)

    def _listed(self, path: PurePosixPath) -> tuple[str, ...] | None:
        return self.categories.get(str(path), () if self.options.empty_is_reviewed else None)


def common_folders(paths: Sequence[str]) -> int:
    """How many folders all paths begin with, but for the one right above the texts.

    >>> common_folders(["corpus/pos/1", "corpus/neg/2"]), common_folders(["pos/1", "pos/2"])
    (1, 0)
    """
    parts = [PurePosixPath(path).parts for path in paths]
    count, deepest = 0, min((len(p) for p in parts), default=0) - 2
    while count < deepest and len({p[count] for p in parts}) == 1:
        count += 1
    return count


def only_folder(paths: Sequence[str]) -> str:
    """The folder in which all texts lie, where it alone might be a category; empty if there are several such, or none.

    >>> only_folder(["mails/1", "mails/2"]), only_folder(["train/mails/1", "mails/2"]), only_folder(["pos/1", "neg/2"])
    ('mails', 'mails', '')
    """
    found = {" > ".join(part for part in PurePosixPath(path).parts[:-1] if part.lower() not in _SPLITS) for path in paths}
    return found.pop() if len(found) == 1 else ""


def folders_of(path: PurePosixPath) -> tuple[str, ...] | None:
    """The category that a text's folders name; None when it lies in none, or in one for texts without.

    >>> folders_of(PurePosixPath("train/news/sport/1.txt")), folders_of(PurePosixPath("train/unsup/1.txt"))
    (('news > sport',), None)
    """
    levels = [part for part in path.parts[:-1] if part.lower() not in _SPLITS]
    return None if not levels or levels[0].lower() in _UNLABELLED else (" > ".join(levels),)


def categories_of(text: str) -> dict[str, tuple[str, ...]]:
    """The labels by file that a list of categories holds, divided by tabs if there are any, else by blanks."""
    mark = "\t" if "\t" in text else None
    lines = [line.strip().split(mark) for line in text.splitlines() if line.strip()]
    return {file: tuple(dict.fromkeys(label for label in labels if label)) for file, *labels in lines}


def write_corpus(handover: Handover, out: BinaryIO) -> ExportReport:
    """An archive with a file for each item, named after its id, and in ``cats.txt`` what its newest review of all labels says."""
    mark = "\t" if any(" " in label.name for label in handover.store.labels(handover.project.id, retired=True)) else " "
    safe = _safe({whole.item.uid for whole in handover.wholes()})
    listed: list[str] = []
    count = several = images = 0
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for whole in handover.wholes():
            if not whole.item.text.strip():
                images += 1
                continue
            several += len(whole.judgements) > 1
            judged = newest(whole.judgements)
            name, labels = _file(whole.item.uid, safe), judged.labels if judged else ()
            archive.writestr(name, whole.item.text.encode())
            listed += [mark.join((name, *labels))] if labels else []
            count += 1
        archive.writestr(CATEGORIES, "".join(f"{line}\n" for line in listed))
    notes = [_TAB] if mark == "\t" else []
    notes += [_SEVERAL.format(n=several)] if several else []
    return ExportReport(count, tuple(notes + ([_IMAGES.format(n=images)] if images else [])))


def _safe(uids: set[str]) -> str:
    """Slashes stay, as in NLTK's own file ids, unless a file would have to be a folder as well."""
    above = {uid[:place] for uid in uids for place in (match.start() for match in re.finditer("/", uid))}
    return "@+,=()!" if above & uids else "@+,=()!/"


def _file(uid: str, safe: str) -> str:
    """The path of an item's file; what is special about a name is written as %XX, and so undone when it is read."""
    parts = uid.split("/")
    sound = all(parts) and not any(part.startswith(".") for part in parts)
    path = PurePosixPath(quote(uid, safe=safe if sound else safe.rstrip("/")))
    if about_corpus(str(path)) or path.name == CATEGORIES or path.name.startswith("."):
        path = path.with_name(f"%{ord(path.name[0]):02X}{path.name[1:]}")
    return str(path)


FORMAT = ToolFormat(
    "nltk", "NLTK corpus", frozenset({"folder"}), ".zip",
    replace(LABELS_ONLY, metadata=False, media=False),
    lambda shape: True, CorpusReader, write_corpus,
)  # fmt: skip
