"""Actions: what to label next. Start one, take its items with what is suggested for them, record reviews in it, leave it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.context import LARGEST, Page, PagingOf, ProjectOf, StoreOf, TokenOf, TrainerOf, asks
from api.next import NextItem, next_items
from api.said import Name, Taxonomy, taxonomy_of, who
from data.errors import NotFound
from data.records import StoredAction
from data.store import Store
from recommend.start import start_discover, start_shuffle

router = APIRouter(tags=["actions"])
_WHERE = "/projects/{project_id}/actions"
_ActionId = Annotated[int, Path(ge=1, le=LARGEST)]
_Annotator = Annotated[str | None, Query(max_length=200, description="the token's name unless given")]


class ActionOut(BaseModel):
    """One themed piece of work. Gains are in rating points, seconds those of one person; null where unknown.

    ``annotator`` is who started it, null while nobody has. ``terms`` are the words that its items were searched by.
    """

    id: int
    kind: str
    theme: str
    reason: str
    factor: str
    labels: list[str]
    items: int
    state: Literal["open", "started", "done", "dropped"]
    annotator: str | None
    predicted_gain: float | None
    predicted_seconds: float
    realised_gain: float | None
    seconds: float | None
    terms: list[str]
    model_version: int
    revision: int
    created_at: str
    done_at: str | None


class StartIn(BaseModel):
    """Who starts an action; the token's name unless given."""

    model_config = ConfigDict(extra="forbid")

    annotator: Name | None = None


class NewIn(StartIn):
    """Work that needs no rating: items drawn at random, or a typical one of each theme that nobody has looked at."""

    kind: Literal["shuffle", "discover"] = "shuffle"
    size: Annotated[int, Field(ge=1, le=100)] = 10


def told(action: StoredAction, labels: Taxonomy) -> ActionOut:
    """An action as it goes out."""
    values: dict[str, Any] = {name: getattr(action, name) for name in _SAME}
    return ActionOut(labels=labels.told(action.label_ids), items=len(action.item_ids), terms=list(action.terms), **values)


_SAME = tuple(name for name in ActionOut.model_fields if name not in ("labels", "items", "terms"))


@router.get(_WHERE, **asks("read", 404))
def list_actions(
    store: StoreOf, project: ProjectOf, paging: PagingOf,
    state: Annotated[list[Literal["open", "started", "done", "dropped"]] | None, Query()] = None,
) -> Page[ActionOut]:  # fmt: skip
    """Actions in the order they were offered, the best of a plan first; those of some states if they are named."""
    labels = taxonomy_of(store, project.id)
    there = [action for action in store.actions(project.id, *(state or ())) if action.id > paging.after]
    kept, following = paging.page(there[: paging.limit + 1], lambda action: action.id)
    return Page(data=[told(action, labels) for action in kept], next=following)


@router.post(_WHERE, status_code=201, **asks("label", 404, 409))
def new_action(
    store: StoreOf, project: ProjectOf, token: TokenOf, trainer: TrainerOf, asked: NewIn, response: Response
) -> ActionOut:  # fmt: skip
    """Start work that needs no plan, with the suggestions of the newest model at hand."""
    kept, begin = trainer.kept(store, project.id), start_shuffle if asked.kind == "shuffle" else start_discover
    served = None if kept is None else kept.served
    action = begin(store, project.id, who(asked.annotator, token), size=asked.size, served=served)
    response.headers["Location"] = f"/api/v1/projects/{project.id}/actions/{action.id}"
    return told(action, taxonomy_of(store, project.id))


@router.get(f"{_WHERE}/{{action_id}}", **asks("read", 404))
def get_action(store: StoreOf, project: ProjectOf, action_id: _ActionId) -> ActionOut:
    """One action."""
    return told(store.action(project.id, action_id), taxonomy_of(store, project.id))


@router.post(f"{_WHERE}/{{action_id}}/start", **asks("label", 404, 409))
def start_action(
    store: StoreOf, project: ProjectOf, token: TokenOf, action_id: _ActionId, asked: StartIn
) -> ActionOut:  # fmt: skip
    """Take an action on offer, or go on with one's own: its items are held for this person for a while."""
    action = store.start_action(project.id, action_id, who(asked.annotator, token))
    return told(action, taxonomy_of(store, project.id))


@router.get(f"{_WHERE}/{{action_id}}/items", **asks("read", 404))
def list_next_items(
    store: StoreOf, project: ProjectOf, token: TokenOf, action_id: _ActionId, annotator: _Annotator = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 10,
) -> list[NextItem]:  # fmt: skip
    """The next items of an action that this person has not decided in it, with what is suggested for them; empty at its end."""
    return next_items(store, project, action_id, who(annotator, token), limit)


@router.post(f"{_WHERE}/{{action_id}}/leave", **asks("label", 404))
def leave_action(
    store: StoreOf, project: ProjectOf, token: TokenOf, action_id: _ActionId, asked: StartIn
) -> ActionOut:  # fmt: skip
    """Give back what is held of an action. What was decided stays; an action without a decision is on offer again."""
    store.release(project.id, _holder(store, project.id, action_id, who(asked.annotator, token)), action_id)
    return told(store.action(project.id, action_id), taxonomy_of(store, project.id))


def _holder(store: Store, project_id: int, action_id: int, annotator: str) -> str:
    action = store.action(project_id, action_id)
    if action.annotator != annotator:
        raise NotFound(f"{annotator!r} is not at work on the action {action_id}. Name who has started it.")
    return annotator
