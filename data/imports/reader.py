"""One way to read every format: recognise a file, then go through its records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from data.errors import CutShort, ImportFailed
from data.imports.arrow_file import about_dataset, arrow_files, records_arrow, shape_arrow
from data.imports.csv_file import records_csv, shape_csv
from data.imports.folder import origin, records_texts, shape_texts, tables_of
from data.imports.json_file import records_json
from data.imports.lines_file import records_lines
from data.imports.parquet_file import records_parquet, shape_parquet
from data.imports.records import ImportOptions, Record, Rejection, Shape
from data.imports.sniff import binary_format, text_encoding, text_format
from data.imports.source import Source
from data.imports.xlsx_file import records_xlsx, shape_xlsx
from data.layout import is_ours

SAMPLE_ROWS = 1000
SAMPLE_CHARACTERS = 8_000_000


def recognise(source: Source, options: ImportOptions) -> Shape:
    """The format, encoding, separator and columns of a file, or of the files of a folder, with its first records."""
    shape = _shape_several(source, options) if source.several else _shape_file(source, options)
    shape = replace(shape, keep_going=options.keep_going, file=source.member or "")
    first, whole = _beginning(source, shape)
    if not first:
        raise ImportFailed(f"{source.name} has a header but no rows. Choose a file with at least one row.")
    sample = tuple(record for record in first if not isinstance(record, Rejection))
    if shape.format in ("json", "jsonl"):
        columns = tuple(dict.fromkeys(key for _, cells in sample for key in cells))
        shape = replace(shape, columns=columns, ours=is_ours(columns))
    shape = replace(shape, sample=sample, rows=len(first) if whole else shape.rows)
    from data.formats.tools import tool_of  # the formats of tools stand on this package

    return replace(shape, tool=tool_of(shape, options, source.name))


def _shape_file(source: Source, options: ImportOptions) -> Shape:
    kind = binary_format(source)
    if kind == "xlsx":
        return shape_xlsx(source, options)
    return shape_parquet(source) if kind == "parquet" else shape_arrow(source) if kind else _shape_text(source, options)


def _shape_several(source: Source, options: ImportOptions) -> Shape:
    """A folder of texts, or tables of one format: their columns together, and how each is to be recognised."""
    paths = [member.path for member in source.members()]
    tables = arrow_files(source, paths) or tables_of(paths)
    if not tables:
        return shape_texts(source, paths, options.encoding)
    shapes = [_shape_file(source.at(path), options) for path in tables]
    if other := next((path for path, shape in zip(tables, shapes, strict=True) if shape.format != shapes[0].format), None):
        raise ImportFailed(
            f"{source.name} holds files of different formats: {tables[0]!r} and {other!r}. Import each format by itself."
        )
    columns = tuple(dict.fromkeys(c for path, shape in zip(tables, shapes, strict=True) for c in (*shape.columns, *origin(path))))
    each = f"{source.name} holds {len(tables):,} files, read one after the other: {', '.join(tables[:5])}."
    said = [each] if len(tables) > 1 else []
    others = [path for path in paths if path not in tables and not about_dataset(path)]
    said += [f"{len(others):,} other files were left out: they hold no table."] if others else []
    warnings = dict.fromkeys((*said, *(warning for shape in shapes for warning in shape.warnings)))
    return Shape(
        shapes[0].format, columns, encoding=options.encoding, separator=options.separator, sheet=options.sheet,
        ours=all(shape.ours for shape in shapes), members=tables, warnings=tuple(warnings),
    )  # fmt: skip


def _beginning(source: Source, shape: Shape) -> tuple[list[Record | Rejection], bool]:
    """The first records, as many as fit in little memory, and whether they are all."""
    first: list[Record | Rejection] = []
    room = SAMPLE_CHARACTERS
    for record in records(source, shape):
        if len(first) == SAMPLE_ROWS or room < 0:
            return first, False
        first.append(record)
        room -= len(str(record))
    return first, True


def records(source: Source, shape: Shape) -> Iterator[Record | Rejection]:
    """The records of a recognised file or folder, one at a time; CutShort where it cannot be read to the end."""
    return _as_far_as_possible(_records(source, shape), shape.keep_going)


def _as_far_as_possible(
    found: Iterator[Record | Rejection], keep_going: bool, among: bool = False
) -> Iterator[Record | Rejection]:
    """What comes before a break; the break itself is a rejection for who goes on, else an error.

    So is a break before the first record, unless the file is one ``among`` several.
    """
    count, number = 0, 0
    try:
        for record in found:
            count, number = count + 1, record.row if isinstance(record, Rejection) else record[0]
            yield record
    except ImportFailed as error:
        if isinstance(error, CutShort) or not (count or (among and keep_going)):
            raise
        if not keep_going:
            said = f"{error} Nothing was imported; if you keep going, the {count:,} records before are taken."
            raise CutShort(said, count) from error
        rule = f"from here on the file cannot be read: {error}"
        yield Rejection(number + 1, None, "", rule.removesuffix("."), "Mend the file and import it again: the rest is added")


def _records(source: Source, shape: Shape) -> Iterator[Record | Rejection]:
    if shape.members and shape.format != "folder":
        return _records_several(source, shape)
    readers: dict[str, Callable[[Source, Shape], Iterator[Record | Rejection]]] = {
        "csv": records_csv, "json": records_json, "jsonl": records_json, "xlsx": records_xlsx, "parquet": records_parquet,
        "arrow": records_arrow, "folder": records_texts, "lines": records_lines,
    }  # fmt: skip
    return readers[shape.format](source, shape)


def _records_several(source: Source, shape: Shape) -> Iterator[Record | Rejection]:
    """The records of every file; each says which file it is from."""
    options = ImportOptions(encoding=shape.encoding, separator=shape.separator, sheet=shape.sheet)
    for path in shape.members:
        member = source.at(path)
        for record in _as_far_as_possible(_records(member, _shape_file(member, options)), shape.keep_going, among=True):
            yield replace(record, file=path) if isinstance(record, Rejection) else (record[0], {**origin(path), **record[1]})


def _shape_text(source: Source, options: ImportOptions) -> Shape:
    encoding, errors, warnings = text_encoding(source, options.encoding)
    from data.formats.tools import container_of  # the formats of tools stand on this package

    kind = container_of(options) or text_format(source, encoding, errors)
    if kind == "lines":
        return Shape(kind, ("text",), encoding=encoding, errors=errors, warnings=tuple(warnings))
    if kind == "csv":
        return shape_csv(source, options, encoding, errors, warnings)
    return Shape(kind, (), encoding=encoding, errors=errors, warnings=tuple(warnings))
