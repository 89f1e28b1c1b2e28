"""Label Studio's machine-learning backend: a project there gets suggestions, and Plateau gets reviews as they are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter
from pydantic import BaseModel, Field, JsonValue

from api.context import ProjectOf, StoreOf, TrainerOf, asks
from api.streams import LARGEST_FILE
from data.formats.label_config import ChoiceControl
from data.formats.label_studio_live import Link, control_of, plain
from data.formats.label_studio_task import Control
from data.records import Project
from data.store import Store
from recommend.answering import Said, said_of_item, said_of_texts
from recommend.serving import Served
from recommend.trainer import Trainer

router = APIRouter(prefix="/label-studio/{project_id}", tags=["Label Studio"])
#: Seconds that a request for predictions waits for the first model; Label Studio itself waits 100.
WAIT = 60.0
Object = dict[str, JsonValue]
Prediction = dict[str, Any]
Objects = list[Object]
#: Bytes of an event: Label Studio tells of all tasks of an import at once.
LARGEST_EVENT = 100_000_000
Config = Annotated[str, Field(max_length=1_000_000)]
Whose = Annotated[str | int, Field(description="the project there: its number, and when it was made")]


class Health(BaseModel):
    """That the backend is there."""

    status: str = "UP"
    model_class: str = "Plateau"


class Connected(BaseModel):
    """The version that predictions are given under."""

    model_version: str


class SetupIn(BaseModel):
    """A project there and its labelling config. What else comes, its access token say, is not looked at and not kept."""

    project: Whose = ""
    schema_: Annotated[Config, Field(alias="schema")]


class PredictIn(BaseModel):
    """Tasks to predict the labels of."""

    tasks: Objects
    label_config: Config
    project: Whose = ""


class Predictions(BaseModel):
    """For each task its prediction, an empty list where the model cannot say anything; ``detail`` says why."""

    results: list[Prediction | list[Prediction]]
    model_version: str
    detail: str = ""


class EventIn(BaseModel):
    """Something that happened there. ``project`` holds its labelling config."""

    action: Annotated[str, Field(max_length=200)]
    project: Object | int | str | None = None
    task: Object | Objects | None = None
    tasks: Objects = []
    annotation: Object | Objects | None = None
    annotations: Objects = []


class TrainIn(BaseModel):
    """Tasks with all their annotations, as older servers send them to be trained with."""

    annotations: Objects
    label_config: Config
    project: Whose = ""


class ConfigIn(BaseModel):
    """A labelling config."""

    config: Config


class Taken(BaseModel):
    """What came of an event: items added or found, reviews recorded, and reviews taken back."""

    items: int = 0
    reviews: int = 0
    taken_back: int = 0


class Versions(BaseModel):
    """The versions that there are: the model that serves."""

    versions: list[str]


@router.get("/health", **asks("read", 404, strict=False))
def health(project: ProjectOf) -> Health:
    """Whether the backend is there."""
    return Health()


@router.get("/versions", **asks("read", 404, strict=False))
def versions(store: StoreOf, trainer: TrainerOf, project: ProjectOf) -> Versions:
    """The version of the model that serves."""
    return Versions(versions=[_version(store, trainer, project)])


@router.post("/validate", **asks("write", 404, strict=False))
def validate(store: StoreOf, project: ProjectOf, asked: ConfigIn) -> Health:
    """Whether a labelling config has labels for whole tasks; 422 says what it lacks."""
    control_of(asked.config, store.labels(project.id))
    return Health()


@router.post("/setup", **asks("write", 404, strict=False))
def setup(store: StoreOf, trainer: TrainerOf, project: ProjectOf, asked: SetupIn) -> Connected:
    """Connect a project there: its labels become the project's, and a model is made if there is none yet."""
    _link(store, project, asked.schema_, asked.project).add_labels()
    if trainer.kept(store, project.id) is None:
        trainer.request(store, project.id)
    return Connected(model_version=_version(store, trainer, project))


@router.post("/predict", max_body_size=LARGEST_FILE, **asks("write", 404, strict=False))
def predict(store: StoreOf, trainer: TrainerOf, project: ProjectOf, asked: PredictIn) -> Predictions:
    """Predict the labels of tasks: of items as they were rated last, of other texts by the same model."""
    link = _link(store, project, asked.label_config, asked.project)
    served, detail = _served(store, trainer, project), ""
    if served is None or served.probability is None:
        said: list[Said | None] = [None] * len(asked.tasks)
        detail = "There is no model yet. " + " ".join(() if served is None else served.rating.reasons)
    else:
        said, detail = _said(link, served, asked.tasks)
    version = _version(store, trainer, project)
    results: list[Prediction | list[Prediction]] = [
        [] if one is None else _prediction(one, link.control, version) for one in said
    ]
    return Predictions(results=results, model_version=version, detail=detail.strip())


@router.post("/webhook", max_body_size=LARGEST_FILE, **asks("write", 404, strict=False))
def webhook(store: StoreOf, trainer: TrainerOf, project: ProjectOf, event: EventIn) -> Taken:
    """Take in what happened there: tasks become items, annotations reviews; what is deleted there is taken back here."""
    if event.action == "START_TRAINING":
        trainer.request(store, project.id)
        return Taken()
    about = event.project if isinstance(event.project, dict) else {}
    link = _link(store, project, str(about.get("label_config") or ""), plain(about.get("id")))
    taken = _happened(link, event)
    trainer.nudge(store, project.id, changes=bool(taken.items and not taken.reviews))
    return taken


@router.post("/train", max_body_size=LARGEST_FILE, **asks("write", 404, strict=False))
def train(store: StoreOf, trainer: TrainerOf, project: ProjectOf, given: TrainIn) -> Taken:
    """Take in tasks with all their annotations, and train."""
    link = _link(store, project, given.label_config, given.project)
    link.add_labels()
    pairs = [(task, annotation) for task in given.annotations for annotation in _listed(task.get("annotations"))]
    items, recorded = link.items(given.annotations), [link.judge(*pair) for pair in pairs]
    trainer.request(store, project.id)
    return Taken(items=len(items), reviews=sum(number is not None for number in recorded))


def _happened(link: Link, event: EventIn) -> Taken:
    if event.action == "TASKS_CREATED":
        return Taken(items=len(link.items(event.tasks)))
    if event.action in ("ANNOTATION_CREATED", "ANNOTATION_UPDATED", "ANNOTATIONS_CREATED"):
        link.add_labels()
        pairs = zip(_listed(event.task), _listed(event.annotation), strict=False)
        return Taken(reviews=sum(link.judge(task, annotation) is not None for task, annotation in pairs))
    if event.action == "ANNOTATIONS_DELETED":
        return Taken(taken_back=sum(map(link.take_back, event.annotations)))
    return Taken()


def _listed(value: Any) -> list[Any]:
    """One object or several, as a list; anything else is left out."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _link(store: Store, project: Project, config: str, whose: str | int) -> Link:
    origin = str(whose).partition(".")[0]
    return Link(store, project, control_of(config, store.labels(project.id)), f"label-studio:{origin}")


def _version(store: Store, trainer: Trainer, project: Project) -> str:
    """The version of the model that serves, or the one that served last."""
    kept = trainer.kept(store, project.id)
    last = store.last_model_config(project.id)
    return f"plateau-{kept.served.rating.model_version if kept is not None else last[0] if last else 0}"


def _served(store: Store, trainer: Trainer, project: Project) -> Served | None:
    """What is served, waiting for the first model; None when it takes too long, or cannot be made."""
    if (kept := trainer.kept(store, project.id)) is not None:
        return kept.served
    ticket = trainer.request(store, project.id)
    ticket.over.wait(WAIT)
    return ticket.served


def _said(link: Link, served: Served, tasks: Sequence[Mapping[str, Any]]) -> tuple[list[Said | None], str]:
    """What the model says of each task, and why it says nothing where it does not."""
    single = link.control.single or link.project.single_label
    items = link.known(tasks)
    known = [None if item is None else said_of_item(served, item.id, single=single) for item in items]
    new = [place for place, one in enumerate(known) if one is None]
    texts = [link.text(tasks[place]) for place in new]
    found, detail = said_of_texts(link.store, link.project.id, served, texts, single=single)
    for place, one in zip(new, found, strict=True):
        known[place] = one
    return known, detail


def _prediction(said: Said, control: ChoiceControl, version: str) -> dict[str, Any]:
    """A prediction that chooses only what the control has; the result's ``label_scores`` are those of all labels."""
    there = {name.casefold(): name for name in control.labels}
    chosen = [there[name.casefold()] for name in said.chosen if name.casefold() in there]
    value = Control(control.name, control.to_name, control.kind).value(chosen)
    result = {
        "id": uuid4().hex[:10], "from_name": control.name, "to_name": control.to_name, "type": control.kind, "value": value,
        "label_scores": dict(said.scores),
    }  # fmt: skip
    return {"model_version": version, "score": said.sure, "result": [result] if chosen else []}
