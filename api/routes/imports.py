"""Imports: give a file of any format, see how it went, and which of its rows were not taken."""

from __future__ import annotations

from dataclasses import asdict
from typing import IO, Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel
from starlette.responses import Response

from api.context import LARGEST, Page, PagingOf, ProjectOf, StoreOf, TrainerOf, asks
from api.problems import Refused
from api.routes import jobs
from api.routes.items import RejectionOut
from api.streams import LARGEST_FILE, body_of, kept_file
from api.work import IMPORT, import_as_job
from data.errors import NotFound
from data.imports import ImportOptions
from data.store import Store

router = APIRouter(tags=["imports"])
_WHERE = "/projects/{project_id}/imports"
_ANY = {"required": True, "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
_JobId = Annotated[int, Path(ge=1, le=LARGEST)]
_Text = Annotated[str | None, Query(max_length=200)]


class ImportOut(BaseModel):
    """How an import went; the counts are null until it has ended well. ``rejected`` rows are told of by ``rejections``."""

    job: jobs.JobOut
    rows: int | None
    accepted: int | None
    rejected: int | None
    counts: dict[str, int] | None
    warnings: list[str]


class Reading(BaseModel):
    """How to read the file; what is left out is detected. ``name`` is the file's: how it ends can help.

    ``tool`` is the key of a tool's format, or "table"; ``question`` its control, question or field that holds the labels.
    ``annotator`` judged the rows that name nobody. ``pool``: messages only, whatever the labels say. ``empty_is_reviewed``: a row
    without labels is reviewed with no label. ``keep_going``: a file that breaks off is taken as far as it can be read.
    """

    name: str
    options: ImportOptions


def _reading(
    name: Annotated[str, Query(max_length=500)] = "upload", tool: _Text = None, question: _Text = None, encoding: _Text = None,
    separator: Annotated[str | None, Query(min_length=1, max_length=1)] = None, sheet: _Text = None,
    annotator: Annotated[str, Query(min_length=1, max_length=200)] = "import", pool: bool = False,
    empty_is_reviewed: bool = False, keep_going: bool = False,
) -> Reading:  # fmt: skip
    options = ImportOptions(
        encoding=encoding, separator=separator, sheet=sheet, empty_is_reviewed=empty_is_reviewed, pool=pool, annotator=annotator,
        tool=tool, question=question, keep_going=keep_going,
    )  # fmt: skip
    return Reading(name=name, options=options)


@router.post(_WHERE, status_code=202, max_body_size=LARGEST_FILE, **asks("write", 404, requestBody=_ANY))
def import_upload(
    store: StoreOf, project: ProjectOf, trainer: TrainerOf, response: Response, reading: Annotated[Reading, Depends(_reading)],
    body: Annotated[IO[bytes], Depends(body_of)], rejected: Literal["leave-out", "refuse"] = "leave-out",
) -> jobs.JobOut:  # fmt: skip
    """Import a file, sent as the body, in the background. Rows that break a rule are left out and told of.

    With ``rejected=refuse`` one such row is enough to take nothing at all.
    """
    file = kept_file(body)
    if not file.stat().st_size:
        file.unlink()
        raise Refused(422, "invalid", "A value breaks a rule", "The body is empty. Send the file as the body of the request.")
    job = import_as_job(store, project, trainer, file, reading.name, reading.options, whole=rejected == "refuse")
    response.headers["Location"] = f"/api/v1/projects/{project.id}/imports/{job.id}"
    return jobs.told(job)


@router.get(f"{_WHERE}/{{job_id}}", **asks("read", 404))
def get_import(store: StoreOf, project: ProjectOf, job_id: _JobId) -> ImportOut:
    """How an import goes, or went."""
    job, result = _found(store, project.id, job_id)
    same = {name: result.get(name) for name in ("rows", "accepted", "rejected", "counts")}
    return ImportOut(job=job, warnings=result.get("warnings", []), **same)


@router.get(f"{_WHERE}/{{job_id}}/rejections", **asks("read", 404))
def list_rejections(store: StoreOf, project: ProjectOf, job_id: _JobId, paging: PagingOf) -> Page[RejectionOut]:
    """The rows that were not taken, at most the first thousand: where each is, the rule it breaks, and the remedy."""
    rejections = _found(store, project.id, job_id)[1].get("rejections", [])
    rest = list(enumerate(rejections[paging.after :], start=paging.after + 1))
    kept, following = paging.page(rest[: paging.limit + 1], lambda numbered: numbered[0])
    return Page(data=[RejectionOut(**rejection) for _, rejection in kept], next=following)


def _found(store: Store, project_id: int, job_id: int) -> tuple[jobs.JobOut, dict[str, Any]]:
    job = store.job(project_id, job_id)
    if job.kind != IMPORT:
        raise NotFound(f"The job {job_id} is no import. List the jobs of the kind {IMPORT!r}.")
    return jobs.JobOut(**asdict(job)), store.result(job_id) or {}
