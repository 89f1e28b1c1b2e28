"""The report to hand over, in every form that the Overview offers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from starlette.responses import Response

from api.context import ProjectOf, StoreOf, TrainerOf, asks
from data.errors import NotFound
from recommend.report import FORMS, file_name, report_of

router = APIRouter(tags=["ratings"])
_Form = Annotated[str, Path(max_length=20, json_schema_extra={"enum": list(FORMS)})]
_FILE: dict[str, Any] = {
    "description": "The report.",
    "content": {form.media: {"schema": {} if ending == "json" else {"type": "string"}} for ending, form in FORMS.items()},
}  # fmt: skip


@router.get("/projects/{project_id}/reports/{form}", response_class=Response, **asks("read", 404, success=_FILE))
def get_written_report(
    store: StoreOf, project: ProjectOf, trainer: TrainerOf, form: _Form, texts: bool = False
) -> Response:  # fmt: skip
    """The newest rating with its evidence, risks, history and next actions as a file; no item's text in it unless asked for.

    JSON is as ``schemas/report.schema.json`` says.
    """
    if form not in FORMS:
        raise NotFound(f"There is no form {form!r} of a report. Choose one of {', '.join(FORMS)}.")
    kept = trainer.kept(store, project.id)
    if kept is None:
        raise NotFound(
            f"This server has not rated {project.name!r} since it was started. Ask for it: "
            f"POST /api/v1/projects/{project.id}/rating, and for the report once that job is done."
        )
    written = FORMS[form].write(report_of(store, project.id, kept.served, texts=texts))
    told = {"Content-Disposition": f'attachment; filename="{file_name(f"project {project.id}", form)}"'}
    return Response(written, media_type=FORMS[form].media, headers=told)
