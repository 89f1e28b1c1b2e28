"""Predictions of other models: give scores, list them, see which models there are."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from api.context import Page, PagingOf, ProjectOf, StoreOf, asks
from api.said import Name, Uid
from api.streams import DOCUMENTED, ndjson
from data.records import PredictionRow

router = APIRouter(tags=["predictions"])
_Score = Annotated[float, Field(allow_inf_nan=False)]
_WHERE = "/projects/{project_id}/predictions"


class PredictionIn(BaseModel):
    """A model's scores for one item, by label: any finite numbers, higher meaning likelier."""

    model_config = ConfigDict(extra="forbid")

    uid: Uid
    scores: Annotated[dict[Name, _Score], Field(max_length=10_000)]
    at: AwareDatetime | None = None


class PredictionsIn(BaseModel):
    """Predictions of one model version, all of them or none. ``at`` is when they were made, unless one says so itself.

    ``evidence`` declares which reviews the model has not seen: those made after the prediction, or all.
    """

    model_config = ConfigDict(extra="forbid")

    model_version: Name
    at: AwareDatetime | None = None
    evidence: Literal["before-review", "out-of-fold", "trained-on-none"] | None = None
    predictions: Annotated[list[PredictionIn], Field(min_length=1, max_length=1000)]


class Taken(BaseModel):
    """What was done with the predictions. ``unknown`` items are left out, ``unknown_labels`` are kept and counted."""

    added: int
    changed: int
    unchanged: int
    unknown: int
    unknown_items: list[str]
    unknown_labels: dict[str, int]


class PredictionOut(BaseModel):
    """A model version's scores for one item, and when they were made."""

    item_id: int
    uid: str
    model_version: str
    at: str
    scores: dict[str, float]


class ModelOut(BaseModel):
    """A model version with predictions here. ``evidence`` says which reviews it has not seen."""

    version: str
    items: int
    first_at: str
    last_at: str
    evidence: str


@router.post(_WHERE, **asks("write", 404))
def add_predictions(store: StoreOf, project: ProjectOf, given: PredictionsIn) -> Taken:
    """Give a model version's scores. The same again changes nothing; others replace those there were."""
    rows = [PredictionRow(one.uid, one.scores, None if one.at is None else _moment(one.at)) for one in given.predictions]
    counts = store.add_predictions(project.id, given.model_version, rows, None if given.at is None else _moment(given.at))
    if given.evidence is not None and counts.unknown < counts.rows:
        store.declare_model(project.id, counts.versions[0], given.evidence)
    return Taken(
        added=counts.added, changed=counts.changed, unchanged=counts.unchanged, unknown=counts.unknown,
        unknown_items=list(counts.strangers), unknown_labels=dict(counts.unknown_labels),
    )  # fmt: skip


def _moment(at: AwareDatetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


@router.get(_WHERE, **asks("read", 404))
def list_predictions(
    store: StoreOf, project: ProjectOf, paging: PagingOf, model_version: Annotated[str | None, Query(max_length=200)] = None
) -> Page[PredictionOut]:
    """Predictions in the order of the items; a page holds those of at most ``limit`` items."""
    items = store.predicted_page(project.id, paging.after, paging.limit + 1, model_version)
    kept, following = paging.page(list(items), lambda item_id: item_id)
    uids = store.uids(project.id, kept)
    rows = [
        PredictionOut(item_id=item_id, uid=uids[item_id], model_version=version, at=at, scores=scores)
        for item_id in kept
        for version, at, scores in items[item_id]
    ]
    return Page(data=rows, next=following)


@router.get(f"{_WHERE}.ndjson", response_class=StreamingResponse, **asks("read", 404, success=DOCUMENTED))
def stream_predictions(store: StoreOf, project: ProjectOf) -> StreamingResponse:
    """Every prediction, one JSON object a line."""
    uids = {item.id: item.uid for item in store.iter_items(project.id)}
    return ndjson(
        PredictionOut(item_id=item_id, uid=uids[item_id], model_version=version, at=at, scores=scores)
        for item_id, version, at, scores in store.dated_predictions(project.id)
        if item_id in uids
    )


@router.get("/projects/{project_id}/models", **asks("read", 404))
def list_models(store: StoreOf, project: ProjectOf) -> list[ModelOut]:
    """The model versions that have predictions here, by name."""
    return [ModelOut(**asdict(model)) for model in store.external_models(project.id)]
