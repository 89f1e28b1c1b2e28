"""Jobs: what runs in the background, how far it is, and how it ended."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from api.context import LARGEST, Page, PagingOf, ProjectOf, StoreOf, asks
from data.records import Job

router = APIRouter(tags=["jobs"])


class JobOut(BaseModel):
    """Long work. ``done`` of ``total`` units; ``message`` says in words what happens or went wrong."""

    id: int
    kind: str
    state: Literal["running", "done", "failed", "stopped"]
    done: int
    total: int
    message: str
    created_at: str
    updated_at: str


def told(job: Job) -> JobOut:
    """A job as it goes out."""
    return JobOut(**asdict(job))


@router.get("/projects/{project_id}/jobs", **asks("read", 404))
def list_jobs(
    store: StoreOf, project: ProjectOf, paging: PagingOf, kind: Annotated[str | None, Query(max_length=100)] = None
) -> Page[JobOut]:
    """The project's jobs, newest first."""
    jobs = [job for job in store.jobs(project.id, kind) if not paging.after or job.id < paging.after]
    kept, following = paging.page(jobs[: paging.limit + 1], lambda job: job.id)
    return Page(data=[told(job) for job in kept], next=following)


@router.get("/projects/{project_id}/jobs/{job_id}", **asks("read", 404))
def get_job(store: StoreOf, project: ProjectOf, job_id: Annotated[int, Path(ge=1, le=LARGEST)]) -> JobOut:
    """One job: ask again until it is no longer ``running``."""
    return told(store.job(project.id, job_id))
