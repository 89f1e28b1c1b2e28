"""Items: list, stream, add."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC
from typing import IO, Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import StreamingResponse

from api.context import Number, Page, PagingOf, ProjectOf, StoreOf, asks
from api.problems import Refused
from api.said import Uid, taxonomy_of
from api.streams import DOCUMENTED, LARGEST_FILE, body_of, lines_of, ndjson
from api.values import Json
from data.records import ImportCounts, ImportRow, Item
from data.store import Store

router = APIRouter(tags=["items"])
#: So many rejected lines are told of.
TOLD = 1000


class ItemOut(BaseModel):
    """A message or image. ``uid`` is the id its owner knows it by; ``at`` when it was written, if known."""

    id: int
    uid: str
    text: str
    media: str | None
    metadata: dict[str, Any]
    at: str | None


class ItemIn(BaseModel):
    """An item to add, or to update when there is one of this ``uid``."""

    model_config = ConfigDict(extra="forbid")

    uid: Uid
    text: Annotated[str, Field(max_length=1_000_000)]
    media: Annotated[str, Field(max_length=4000)] | None = None
    metadata: dict[Annotated[str, Field(max_length=200)], Json] = {}
    at: AwareDatetime | None = None

    def row(self) -> ImportRow:
        """The item as the store takes it."""
        at = None if self.at is None else self.at.astimezone(UTC).isoformat(timespec="microseconds")
        return ImportRow(self.uid, self.text, media=self.media, metadata=self.metadata, at=at)


class ItemsIn(BaseModel):
    """Items to add."""

    model_config = ConfigDict(extra="forbid")

    items: Annotated[list[ItemIn], Field(min_length=1, max_length=1000)]


class RejectionOut(BaseModel):
    """A row that was not taken: where it is, what was found there, the rule it breaks, and the remedy."""

    row: int
    column: str | None
    value: str
    rule: str
    remedy: str


class Added(BaseModel):
    """What adding items did. ``rejections`` holds the first thousand of the rows ``rejected``."""

    items_added: int
    items_updated: int
    items_unchanged: int
    rejected: int = 0
    rejections: list[RejectionOut] = []


def told(item: Item) -> ItemOut:
    """An item as it goes out."""
    return ItemOut(**asdict(item))


@router.get("/projects/{project_id}/items", **asks("read", 404))
def list_items(
    store: StoreOf, project: ProjectOf, paging: PagingOf, reviewed: bool | None = None,
    label: Annotated[str, Query(max_length=200)] = "", search: Annotated[str, Query(max_length=1000)] = "",
    uid: Annotated[str | None, Query(max_length=1000)] = None,
) -> Page[ItemOut]:  # fmt: skip
    """Items in the order they were added.

    With ``reviewed`` those that somebody has judged, or nobody has; with ``label`` those that somebody's standing judgement gives
    it; with ``search`` those whose text holds it, whatever its case; with ``uid`` the one that has it.
    """
    found = store.items_page(
        project.id, paging.after, paging.limit + 1, reviewed=reviewed, label_ids=_counting_as(store, project.id, label),
        search=search, uid=uid,
    )  # fmt: skip
    kept, following = paging.page(found, lambda item: item.id)
    return Page(data=[told(item) for item in kept], next=following)


def _counting_as(store: Store, project_id: int, name: str) -> list[int]:
    """A label and those that count as it now; empty when none is asked for."""
    labels = taxonomy_of(store, project_id)
    wanted = labels.names[labels.number(name)] if name else None
    return [number for number, called in labels.names.items() if called == wanted]


@router.get(
    "/projects/{project_id}/items.ndjson", **asks("read", 404, success=DOCUMENTED),
    response_class=StreamingResponse,
)  # fmt: skip
def stream_items(store: StoreOf, project: ProjectOf) -> StreamingResponse:
    """Every item, one JSON object a line."""
    return ndjson(told(item) for item in store.iter_items(project.id))


@router.get("/projects/{project_id}/items/{item_id}", **asks("read", 404))
def get_item(store: StoreOf, project: ProjectOf, item_id: Number) -> ItemOut:
    """One item by its number."""
    return told(store.item(project.id, item_id))


@router.post("/projects/{project_id}/items", **asks("write", 404))
def add_items(store: StoreOf, project: ProjectOf, items: ItemsIn) -> Added:
    """Add or update at most a thousand items, all of them or none."""
    return _added(store.import_rows(project.id, [item.row() for item in items.items]), [])


@router.post(
    "/projects/{project_id}/items.ndjson", max_body_size=LARGEST_FILE, **asks("write", 404, requestBody=lines_of(ItemIn))
)
def add_stream(
    store: StoreOf, project: ProjectOf, body: Annotated[IO[bytes], Depends(body_of)], skip_bad: bool = False
) -> Added:  # fmt: skip
    """Add or update items from one JSON object a line, of any number, all of them or none.

    A line that is wrong refuses them all and is named; with ``skip_bad`` the others are taken, and the wrong ones told of.
    """
    rejections: list[RejectionOut] = []
    counts = store.import_rows(project.id, _rows(body, rejections, skip_bad))
    return _added(counts, rejections)


def _rows(body: IO[bytes], rejections: list[RejectionOut], skip_bad: bool) -> Iterator[ImportRow]:
    for number, line in enumerate(body, start=1):
        if not line.strip():
            continue
        try:
            yield ItemIn.model_validate_json(line).row()
        except ValidationError as error:
            rejection = _rejection(number, error)
            rejections.append(rejection)
            if not skip_bad:
                raise Refused(
                    422, "invalid", "A row breaks a rule",
                    f"Row {number}: {rejection.rule} (found {rejection.value}). {rejection.remedy} Nothing was added.",
                    more=rejection.model_dump(),
                ) from error  # fmt: skip


def _rejection(number: int, error: ValidationError) -> RejectionOut:
    found = error.errors(include_url=False)[0]
    column = ".".join(map(str, found["loc"])) or None
    remedy = "Write one JSON object a line, with uid and text."
    return RejectionOut(row=number, column=column, value=repr(found["input"])[:80], rule=found["msg"], remedy=remedy)


def _added(counts: ImportCounts, rejections: list[RejectionOut]) -> Added:
    return Added(
        items_added=counts.items_added, items_updated=counts.items_updated, items_unchanged=counts.items_unchanged,
        rejected=len(rejections), rejections=rejections[:TOLD],
    )  # fmt: skip
