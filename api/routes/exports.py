"""Exports: what a project can be written as, what each format cannot carry, and the files themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import IO, Annotated, BinaryIO, Literal, cast

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel
from starlette.responses import StreamingResponse

from api.context import LARGEST, ProjectOf, StoreOf, TokenOf, TrainerOf, asks
from api.problems import Refused
from api.said import who
from api.streams import chunks_of, no_room, spool
from data.errors import NotFound
from data.exports import (
    ExportReport,
    Handover,
    Table,
    items_table,
    predictions_table,
    reviews_table,
    stored_predictions,
    times_table,
    write,
)
from data.formats.exporting import collector_paused
from data.formats.losses import losses
from data.formats.tools import TOOLS
from data.records import Project, StoredAction
from data.store import Store
from data.tokens import Token
from recommend.sending import sent_out
from recommend.serving import as_meant, predicted
from recommend.trainer import Kept

router = APIRouter(tags=["exports"])
_WHERE = "/projects/{project_id}/exports"
_TABLES: dict[str, Callable[[Store, int], Table]] = {
    "items": items_table, "reviews": reviews_table, "times": times_table,
    "predictions": lambda store, project_id: predictions_table(lambda: stored_predictions(store, project_id)),
}  # fmt: skip
_WRITTEN = [key for key, tool in TOOLS.items() if tool.writer is not None]
_Tool = Annotated[str, Path(max_length=100, json_schema_extra={"enum": list(_WRITTEN)})]
_FILE = {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}, "description": "The file."}


class ExportOut(BaseModel):
    """Something to export as. ``lost`` says in sentences what of this project it cannot carry."""

    name: str
    title: str
    suffix: str
    lost: list[str]


@router.get(_WHERE, **asks("read", 404))
def list_exports(store: StoreOf, project: ProjectOf) -> list[ExportOut]:
    """The formats of other tools, with what each would lose of this project."""
    return [
        ExportOut(name=key, title=tool.title, suffix=tool.suffix, lost=losses(store, project.id, key))
        for key, tool in TOOLS.items()
        if key in _WRITTEN
    ]


@router.get(f"{_WHERE}/table/{{what}}", response_class=StreamingResponse, **asks("read", 404, success=_FILE))
def export_table(
    store: StoreOf, project: ProjectOf, what: Annotated[Literal["items", "reviews", "times", "predictions"], Path()],
    format: Literal["csv", "jsonl", "parquet", "xlsx"] = "csv",
) -> StreamingResponse:  # fmt: skip
    """A table as a file."""
    table = _TABLES[what](store, project.id)
    return _sent(lambda out: write(table, out, format), f"project-{project.id}-{what}.{format}")


@router.get(f"{_WHERE}/tool/{{name}}", response_class=StreamingResponse, **asks("read", 404, 409, success=_FILE))
def export_to_tool(
    store: StoreOf, project: ProjectOf, trainer: TrainerOf, token: TokenOf, name: _Tool,
    action_id: Annotated[int | None, Query(ge=1, le=LARGEST)] = None, question: Annotated[str, Query(max_length=200)] = "labels",
    annotator: Annotated[str | None, Query(max_length=200)] = None,
) -> StreamingResponse:  # fmt: skip
    """A project in the format of another tool; the model's view goes along.

    With an action its items alone, in its order, without what was said of them before. That takes the action for ``annotator``
    (the token's name unless given), who holds its items for a week, so it asks for the scope ``label``.
    """
    writer = None if name not in TOOLS else TOOLS[name].writer
    if writer is None:
        raise NotFound(f"There is no format {name!r} to write. Choose one of {', '.join(_WRITTEN)}.")
    _may_take(action_id, token)
    about = f"project-{project.id}" if action_id is None else f"action-{action_id}"
    with _taken(store, project, action_id, who(annotator, token)) as action:
        handover = _handover(store, project, trainer.kept(store, project.id), action, question)
        return _sent(partial(_written, writer, handover), f"{about}-{name}{TOOLS[name].suffix}")


def _taken(store: Store, project: Project, action_id: int | None, annotator: str) -> AbstractContextManager[StoredAction | None]:
    """The action for as long as its items are written; None for a whole project."""
    return nullcontext() if action_id is None else sent_out(store, project.id, action_id, annotator)


def _may_take(action_id: int | None, token: Token) -> None:
    if action_id is not None and not token.allows("label"):
        raise Refused(
            403, "forbidden", "The token may not do this",
            f"Sending an action out takes it, and asks for the scope 'label'; the token {token.name!r} has {token.scope!r}. "
            "Use one of a larger scope.",
        )  # fmt: skip


def _written(writer: Callable[[Handover, BinaryIO], ExportReport], handover: Handover, out: BinaryIO) -> ExportReport:
    with collector_paused():
        return writer(handover, out)


def _handover(store: Store, project: Project, kept: Kept | None, action: StoredAction | None, question: str) -> Handover:
    items = None if action is None else action.item_ids
    if kept is None or kept.served.probability is None:
        return Handover(store, project, items, question, action=action)
    served = as_meant(kept.served, store.labels(project.id, retired=True))
    return Handover(store, project, items, question, lambda item_id: predicted(served, item_id), served.version, action)


def _sent(fill: Callable[[BinaryIO], ExportReport], name: str) -> StreamingResponse:
    """A file that is written whole before any of it is sent: what goes wrong is told, not sent half."""
    out = spool()
    try:
        fill(cast(BinaryIO, out))
    except BaseException as error:
        out.close()
        if isinstance(error, OSError):
            raise no_room(error) from error
        raise
    told = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_parts(out), media_type="application/octet-stream", headers=told)


def _parts(out: IO[bytes]) -> Iterator[bytes]:
    with out:
        yield from chunks_of(out)
