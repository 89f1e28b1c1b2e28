"""Labels: list, create, rename, describe, retire, merge. None is ever lost."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.context import LARGEST, Page, PagingOf, ProjectOf, StoreOf, TokenOf, TrainerOf, asks
from api.said import Name, Number, moment
from data.records import Label

router = APIRouter(tags=["labels"])
_LabelId = Annotated[int, Path(ge=1, le=LARGEST)]
_Description = Annotated[str, Field(max_length=10_000)]
_WHERE = "/projects/{project_id}/labels"


class LabelOut(BaseModel):
    """A concept of the taxonomy; ``Parent > Child`` names nest. ``retired_at``, ``merged_into``: null while in use.

    What was judged of it before ``reset_at`` does not count; null when it was never reset.
    """

    id: int
    name: str
    description: str
    created_at: str
    important: bool
    retired_at: str | None
    merged_into: int | None
    reset_at: str | None


EXISTS = {"model": LabelOut, "description": "It was there already."}


class LabelIn(BaseModel):
    """A label to create; one that was retired comes back.

    ``created_at`` is since when it is judged, by default now: a review given before says nothing of a label that it does not
    name, one given later that it does not apply. Give it before past reviews are recorded. Of a label that is there it stays.
    """

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: _Description = ""
    created_at: AwareDatetime | None = None


class LabelChange(BaseModel):
    """What is to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    description: _Description | None = None
    important: bool | None = None


class MergeIn(BaseModel):
    """The label whose name stays."""

    model_config = ConfigDict(extra="forbid")

    into: Number


def told(label: Label) -> LabelOut:
    """A label as it goes out."""
    return LabelOut(**asdict(label))


@router.get(_WHERE, **asks("read", 404))
def list_labels(store: StoreOf, project: ProjectOf, paging: PagingOf, retired: bool = False) -> Page[LabelOut]:
    """The labels in the order they came to be; those retired and merged only if asked for."""
    never = store.never_used(project.id) if retired else set()
    every = sorted((x for x in store.labels(project.id, retired=retired) if x.id not in never), key=lambda label: label.id)
    there = [label for label in every if label.id > paging.after]
    kept, following = paging.page(there[: paging.limit + 1], lambda label: label.id)
    return Page(data=[told(label) for label in kept], next=following)


@router.post(_WHERE, status_code=201, **asks("write", 404, success=EXISTS))
def create_label(
    store: StoreOf, project: ProjectOf, trainer: TrainerOf, token: TokenOf, label: LabelIn, response: Response
) -> LabelOut:  # fmt: skip
    """Create a label. One that is in use already, whatever its case, is answered with 200."""
    there = {one.id for one in store.labels(project.id)}
    since = moment(label.created_at, "A label was created")
    made = store.add_label(project.id, label.name, label.description, since, token.name)
    response.status_code = 200 if made.id in there else 201
    response.headers["Location"] = f"/api/v1/projects/{project.id}/labels/{made.id}"
    trainer.nudge(store, project.id, changes=True)
    return told(made)


@router.get(f"{_WHERE}/{{label_id}}", **asks("read", 404))
def get_label(store: StoreOf, project: ProjectOf, label_id: _LabelId) -> LabelOut:
    """One label, in use or not."""
    return told(store.label(project.id, label_id))


@router.patch(f"{_WHERE}/{{label_id}}", **asks("write", 404))
def change_label(store: StoreOf, project: ProjectOf, token: TokenOf, label_id: _LabelId, change: LabelChange) -> LabelOut:
    """Rename or describe a label, or say that it is important; its reviews stay with it."""
    label = store.label(project.id, label_id)
    if change.name is not None:
        label = store.rename_label(project.id, label_id, change.name, annotator=token.name)
    if change.description is not None or change.important is not None:
        description = label.description if change.description is None else change.description
        label = store.describe_label(project.id, label_id, description, change.important, annotator=token.name)
    return told(label)


@router.post(f"{_WHERE}/{{label_id}}/retire", **asks("write", 404))
def retire_label(store: StoreOf, project: ProjectOf, trainer: TrainerOf, token: TokenOf, label_id: _LabelId) -> LabelOut:
    """Take a label out of use; its reviews are kept and come back when it is created again."""
    label = store.retire_label(project.id, label_id, annotator=token.name)
    trainer.nudge(store, project.id, changes=True)
    return told(label)


@router.post(f"{_WHERE}/{{label_id}}/merge", **asks("write", 404))
def merge_label(
    store: StoreOf, project: ProjectOf, trainer: TrainerOf, token: TokenOf, label_id: _LabelId, merge: MergeIn
) -> LabelOut:  # fmt: skip
    """Let every review of a label count for another one, which is what comes back."""
    label = store.merge_labels(project.id, label_id, merge.into, annotator=token.name)
    trainer.nudge(store, project.id, changes=True)
    return told(label)
