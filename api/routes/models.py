"""Other models: rate one by the reviews that it cannot have learned from, and say which model plans and suggests."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from api.context import LARGEST, ProjectOf, StoreOf, TrainerOf, asks
from api.routes import jobs
from api.said import Name
from api.work import RATE_MODEL, rate_model_as_job
from data.errors import NotFound
from data.layout import own_version
from data.records import IN_CHARGE

router = APIRouter(tags=["models"])
_RATINGS, _CHARGE = "/projects/{project_id}/model-ratings", "/projects/{project_id}/in-charge"


class ModelIn(BaseModel):
    """A model version that has predictions here."""

    model_config = ConfigDict(extra="forbid")

    model_version: Name


class Score(BaseModel):
    """A value with its 90 % interval; null while it cannot be told, and ``reason`` says why."""

    value: float | None
    low: float | None
    high: float | None
    reason: str = ""


class ModelRatingOut(BaseModel):
    """How another model was rated. All but ``job`` is null or empty until the job is done.

    ``rating`` and ``all_labels`` are 0 to 100; ``own_all_labels`` is that of Plateau's own model on all items. ``evidence`` is
    the rule by which reviews count, ``counted`` of ``reviews`` do. ``lead`` is the model's All labels less the own model's, on
    the same items and reviews (0 to 1, positive: better), ``verdict`` what can be said of it: better, worse, cannot be told.
    ``details`` hold all of it with every label and its thresholds, as ``python -m rating external --json`` tells it.
    """

    job: jobs.JobOut
    model_version: str | None = None
    revision: int | None = None
    evidence: Literal["before-review", "out-of-fold", "trained-on-none"] | None = None
    counted: int | None = None
    reviews: int | None = None
    rating: Score | None = None
    all_labels: Score | None = None
    own_all_labels: Score | None = None
    lead: Score | None = None
    verdict: str | None = None
    notes: list[str] = []
    reasons: list[str] = []
    details: dict[str, Any] | None = None


class ChargeIn(BaseModel):
    """Which model is to plan and suggest: another one, ``plateau-3`` for version 3 of Plateau's own, null for its newest."""

    model_config = ConfigDict(extra="forbid")

    model_version: Name | None


class ChargeOut(BaseModel):
    """Which model is to plan and suggest; null is Plateau's own."""

    model_version: str | None


@router.post(_RATINGS, status_code=202, **asks("label", 404))
def rate_model(store: StoreOf, project: ProjectOf, asked: ModelIn, response: Response) -> jobs.JobOut:
    """Rate another model in the background; the job says when it is done, and its result has its number. One that waits or runs
    is joined.
    """
    job = rate_model_as_job(store, project.id, store.external_model(project.id, asked.model_version).version)
    response.headers["Location"] = f"/api/v1/projects/{project.id}/model-ratings/{job.id}"
    return jobs.told(job)


@router.get(f"{_RATINGS}/{{job_id}}", **asks("read", 404))
def get_model_rating(
    store: StoreOf, project: ProjectOf, job_id: Annotated[int, Path(ge=1, le=LARGEST)]
) -> ModelRatingOut:  # fmt: skip
    """How another model was rated, by the number of the job."""
    job = store.job(project.id, job_id)
    if job.kind != RATE_MODEL:
        raise NotFound(f"The job {job_id} rates no other model. List the jobs of the kind {RATE_MODEL!r}.")
    return _told(jobs.told(job), store.result(job_id))


@router.get(_CHARGE, **asks("read", 404))
def get_in_charge(project: ProjectOf) -> ChargeOut:
    """Which model is to plan and suggest."""
    return ChargeOut(model_version=project.settings.get(IN_CHARGE))


@router.put(_CHARGE, **asks("write", 404))
def put_in_charge(store: StoreOf, project: ProjectOf, trainer: TrainerOf, asked: ChargeIn) -> ChargeOut:
    """Let a model plan and suggest from the next plan on. While it has no rating Plateau's own plans in its place."""
    earlier = None if asked.model_version is None else own_version(asked.model_version)
    if earlier is None:
        store.put_in_charge(project.id, asked.model_version)
    else:
        store.pin_version(project.id, earlier)
    trainer.nudge(store, project.id, changes=True)
    return ChargeOut(model_version=store.project(project.id).settings.get(IN_CHARGE))


def _told(job: jobs.JobOut, found: dict[str, Any] | None) -> ModelRatingOut:
    if found is None:
        return ModelRatingOut(job=job)
    rating, base, beside = found["rating"], found["basis"], found["comparison"] or {}
    return ModelRatingOut(
        job=job, model_version=found["model"]["version"], revision=rating["revision"], evidence=found["model"]["evidence"],
        counted=base["counted"], reviews=base["reviews"], rating=rating["score"], all_labels=_all_labels(rating),
        own_all_labels=found["own_all_labels"], lead=beside.get("lead"), verdict=beside.get("verdict"), notes=found["notes"],
        reasons=rating["reasons"], details=found,
    )  # fmt: skip


def _all_labels(rating: dict[str, Any]) -> Any:
    return next((factor["score"] for factor in rating["factors"] if factor["key"] == "all_labels"), None)
