"""Projects: list, get, create."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from api.context import Page, PagingOf, ProjectOf, StoreOf, asks
from api.said import Name
from data.errors import InvalidInput
from data.records import Project
from data.store import Store

router = APIRouter(tags=["projects"])


class ProjectOut(BaseModel):
    """A project with how much of it is reviewed. ``revision`` rises with every write."""

    id: int
    name: str
    single_label: bool
    profile: str
    revision: int
    created_at: str
    items: int
    reviewed: int


EXISTS = {"model": ProjectOut, "description": "It was there already."}


class ProjectIn(BaseModel):
    """A project to create. ``single_label``: an item has one label. ``profile``: what its model is to be ready for."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    single_label: bool = False
    profile: Literal["analytics", "automation"] = "analytics"


def told(store: Store, project: Project) -> ProjectOut:
    """A project as it goes out."""
    values: dict[str, Any] = {field: getattr(project, field) for field in list(ProjectOut.model_fields)[:6]}
    return ProjectOut(**values, items=store.count_items(project.id), reviewed=store.count_reviewed(project.id))


@router.get("/projects", **asks("read"))
def list_projects(
    store: StoreOf, paging: PagingOf, name: Annotated[str | None, Field(max_length=200)] = None
) -> Page[ProjectOut]:
    """The projects, oldest first; with a name the one that has it."""
    there = [project for project in store.projects() if project.id > paging.after and name in (None, project.name)]
    kept, following = paging.page(there[: paging.limit + 1], lambda project: project.id)
    return Page(data=[told(store, project) for project in kept], next=following)


@router.post("/projects", status_code=201, **asks("admin", 409, success=EXISTS))
def create_project(store: StoreOf, project: ProjectIn, response: Response) -> ProjectOut:
    """Create a project. One that has the name already is answered with 200 when it is the same, else refused."""
    there = {found.name for found in store.projects()}
    made = store.create_project(project.name, single_label=project.single_label, profile=project.profile)
    if (made.single_label, made.profile) != (project.single_label, project.profile):
        raise InvalidInput(f"There is a project {made.name!r} of another kind already. Choose another name.")
    response.status_code = 200 if made.name in there else 201
    response.headers["Location"] = f"/api/v1/projects/{made.id}"
    return told(store, made)


@router.get("/projects/{project_id}", **asks("read", 404))
def get_project(store: StoreOf, project: ProjectOf) -> ProjectOut:
    """One project."""
    return told(store, project)
