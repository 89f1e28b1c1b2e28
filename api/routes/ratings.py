"""Ratings: how good the model is, its factors, and whether to stop."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import Response

from api.context import Page, PagingOf, ProjectOf, StoreOf, TrainerOf, asks
from api.routes import jobs
from api.work import train_as_job
from data.errors import NotFound
from data.records import Project, Snapshot, StopCheck
from data.store import Store
from rating.records import band_of

router = APIRouter(tags=["ratings"])


class PastRating(BaseModel):
    """A rating the project has had."""

    id: int
    revision: int
    model_version: int
    created_at: str
    value: float | None
    low: float | None
    high: float | None
    reviewed: int


class RatingOut(PastRating):
    """A rating, 0 to 100, with its 90 % interval; null while it cannot be told, and ``details`` hold the reasons.

    ``current`` says whether it rests on all that is known now. ``details`` are its factors with their contributors, and labels.
    """

    band: str
    current: bool
    details: dict[str, Any]


class FactorOut(BaseModel):
    """One of the four factors, 0 to 100; null while it cannot be told, and ``reason`` says why."""

    key: str
    title: str
    value: float | None
    low: float | None
    high: float | None
    reason: str
    band: str
    weight: float
    summary: str
    contributors: list[dict[str, Any]]


class StopOut(BaseModel):
    """Whether more labelling is worth it, as answered at a revision, with the figures that the answer rested on."""

    id: int
    revision: int
    model_version: int
    created_at: str
    reviewed: int
    answer: str
    headline: str
    figures: dict[str, Any]


def told(store: Store, project: Project, snapshot: Snapshot) -> RatingOut:
    """A rating as it goes out."""
    values = {name: getattr(snapshot, name) for name in PastRating.model_fields}
    current = not store.reviewed_since(project.id, snapshot.revision)
    return RatingOut(**values, band=band_of(snapshot.value), current=current, details=dict(snapshot.rating))


def _stop(check: StopCheck) -> StopOut:
    return StopOut(**{name: getattr(check, name) for name in StopOut.model_fields})


def _last(store: Store, project: Project) -> Snapshot:
    snapshot = store.last_snapshot(project.id)
    if snapshot is None:
        raise NotFound(f"{project.name!r} has no rating yet. Ask for one: POST /api/v1/projects/{project.id}/rating.")
    return snapshot


@router.get("/projects/{project_id}/rating", **asks("read", 404))
def get_rating(store: StoreOf, project: ProjectOf) -> RatingOut:
    """The newest rating."""
    return told(store, project, _last(store, project))


@router.post("/projects/{project_id}/rating", status_code=202, **asks("label", 404))
def compute_rating(store: StoreOf, project: ProjectOf, trainer: TrainerOf, response: Response) -> jobs.JobOut:
    """Rate and plan anew in the background; the job says when it is done."""
    job = train_as_job(store, project.id, trainer)
    response.headers["Location"] = f"/api/v1/projects/{project.id}/jobs/{job.id}"
    return jobs.told(job)


@router.get("/projects/{project_id}/ratings", **asks("read", 404))
def list_ratings(store: StoreOf, project: ProjectOf, paging: PagingOf) -> Page[PastRating]:
    """Every rating the project has had, oldest first."""
    there = [snapshot for snapshot in store.snapshots(project.id) if snapshot.id > paging.after]
    kept, following = paging.page(there[: paging.limit + 1], lambda snapshot: snapshot.id)
    rows = [PastRating(**{name: getattr(one, name) for name in PastRating.model_fields}) for one in kept]
    return Page(data=rows, next=following)


@router.get("/projects/{project_id}/factors", **asks("read", 404))
def list_factors(store: StoreOf, project: ProjectOf) -> list[FactorOut]:
    """The four factors of the newest rating with what they consist of; empty while it cannot be told."""
    return [_factor(factor) for factor in _last(store, project).rating.get("factors", [])]


def _factor(factor: dict[str, Any]) -> FactorOut:
    same = {name: factor[name] for name in ("key", "title", "weight", "summary", "contributors")}
    return FactorOut(**same, **factor["score"], band=band_of(factor["score"]["value"]))


@router.get("/projects/{project_id}/stop", **asks("read", 404))
def get_stop(store: StoreOf, project: ProjectOf) -> StopOut:
    """The newest stop answer."""
    checks = store.stop_checks(project.id)
    if not checks:
        raise NotFound(f"{project.name!r} has no stop answer yet. Rate it: POST /api/v1/projects/{project.id}/rating.")
    return _stop(checks[-1])
