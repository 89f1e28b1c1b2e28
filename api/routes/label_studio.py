"""Label Studio's machine-learning backend: a project there gets suggestions, and Plateau gets reviews as they are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import zip_longest
from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter
from pydantic import BaseModel, Field, JsonValue

from api.context import ProjectOf, StoreOf, TokenOf, TrainerOf, asks
from api.streams import LARGEST_FILE
from api.values import Object
from data.errors import InvalidInput, NotFound
from data.formats.label_config import ChoiceControl
from data.formats.label_studio_live import Link, control_of, made_at, plain
from data.formats.label_studio_task import Control
from data.records import Project
from data.store import Store
from recommend.answering import Said, said_of_item, said_of_texts
from recommend.serving import Served, as_meant
from recommend.trainer import Trainer

router = APIRouter(prefix="/label-studio/{project_id}", tags=["Label Studio"])
#: Seconds that a request for predictions waits for the first model; Label Studio itself waits 100.
WAIT = 60.0
Prediction = dict[str, Any]
#: Tasks or annotations: what is no object among them, or cannot be read again, is left out alone.
Several = list[JsonValue]
#: So many of the tasks that were left out are told of in words.
NAMED = 20
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

    tasks: Several
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
    task: JsonValue = None
    tasks: Several = []
    annotation: JsonValue = None
    annotations: Several = []


class TrainIn(BaseModel):
    """Tasks with all their annotations, as older servers send them to be trained with."""

    annotations: Several
    label_config: Config
    project: Whose = ""


class ConfigIn(BaseModel):
    """A labelling config."""

    config: Config


class Taken(BaseModel):
    """What came of an event: items added or found, reviews recorded, and reviews taken back.

    ``left_out`` is how many tasks or annotations could not be taken; ``problems`` names the first of them and what is wrong.
    """

    items: int = 0
    reviews: int = 0
    taken_back: int = 0
    left_out: int = 0
    problems: list[str] = []


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
def setup(store: StoreOf, trainer: TrainerOf, token: TokenOf, project: ProjectOf, asked: SetupIn) -> Connected:
    """Connect a project there: its labels become the project's, and a model is made if there is none yet."""
    _link(store, project, asked.schema_, asked.project, token.name).connect(made_at(asked.project))
    if trainer.kept(store, project.id) is None:
        trainer.request(store, project.id)
    return Connected(model_version=_version(store, trainer, project))


@router.post("/predict", max_body_size=LARGEST_FILE, **asks("write", 404, strict=False))
def predict(store: StoreOf, trainer: TrainerOf, project: ProjectOf, asked: PredictIn) -> Predictions:
    """Predict the labels of tasks: of items as they were rated last, of other texts by the same model.

    A task that cannot be read gets an empty list, and ``detail`` says why.
    """
    link = _link(store, project, asked.label_config, asked.project)
    served, detail = _served(store, trainer, project), ""
    if served is None or served.probability is None:
        said: list[Said | None] = [None] * len(asked.tasks)
        detail = "There is no model yet. " + " ".join(() if served is None else served.rating.reasons)
    else:
        meant = as_meant(served, store.labels(project.id, retired=True))
        said, detail = _said(link, meant, asked.tasks)
    version = _version(store, trainer, project) if served is None else served.version
    results: list[Prediction | list[Prediction]] = [
        [] if one is None else _prediction(one, link.control, version) for one in said
    ]
    return Predictions(results=results, model_version=version, detail=detail.strip())


@router.post("/webhook", max_body_size=LARGEST_FILE, **asks("write", 404, strict=False))
def webhook(store: StoreOf, trainer: TrainerOf, token: TokenOf, project: ProjectOf, event: EventIn) -> Taken:
    """Take in what happened there: tasks become items, annotations reviews, and annotations deleted there are taken back here.

    Items stay when their tasks are deleted there, and so do their annotations, unless these are told of as deleted too.
    What cannot be taken is left out alone and told of; events that say nothing of items or labels change nothing.
    """
    if event.action == "START_TRAINING":
        trainer.request(store, project.id)
    if event.action not in HAPPENED:
        return Taken()
    about = event.project if isinstance(event.project, dict) else {}
    link = _link(store, project, str(about.get("label_config") or ""), plain(about.get("id")), token.name)
    taken = HAPPENED[event.action](link, event)
    trainer.nudge(store, project.id, changes=bool(taken.items and not taken.reviews))
    return taken


@router.post("/train", max_body_size=LARGEST_FILE, **asks("write", 404, strict=False))
def train(store: StoreOf, trainer: TrainerOf, token: TokenOf, project: ProjectOf, given: TrainIn) -> Taken:
    """Take in tasks with all their annotations, and train. What cannot be taken is left out alone and told of."""
    link = _link(store, project, given.label_config, given.project, token.name)
    whole = _imported(link, given.annotations)
    tasks = [task for task in given.annotations if isinstance(task, dict)]
    judged = _judged(link, [(task, one) for task in tasks for one in _listed(task.get("annotations"))])
    trainer.request(store, project.id)
    problems = [*whole.problems, *judged.problems][:NAMED]
    return Taken(
        items=whole.items, reviews=judged.reviews, left_out=whole.left_out + judged.left_out, problems=problems
    )  # fmt: skip


def _imported(link: Link, tasks: Sequence[Any]) -> Taken:
    """Tasks become items."""
    sent, wrong = link.sent(tasks)
    items = link.items([one for one in sent if one is not None])
    return Taken(items=len(items), left_out=len(wrong), problems=[f"Task {words}" for words in wrong[:NAMED]])


def _judged(link: Link, pairs: Sequence[tuple[Any, Any]]) -> Taken:
    """Annotations of tasks become reviews, each on its own; the config's labels date from the first of them."""
    link.add_labels(link.since(pairs))
    return _each(pairs, lambda pair: link.judge(*pair) is not None, "reviews")


def _each(given: Sequence[Any], take: Callable[[Any], int], what: str) -> Taken:
    """Take one after the other and count what they bring under this name; what cannot be taken is left out."""
    brought, wrong = 0, []
    for place, one in enumerate(given, start=1):
        try:
            brought += take(one)
        except (InvalidInput, NotFound) as error:
            wrong.append(f"Annotation {place} of {len(given)}: {error}")
    return Taken(left_out=len(wrong), problems=wrong[:NAMED], **{what: brought})


def _annotated(link: Link, event: EventIn) -> Taken:
    return _judged(link, list(zip_longest(_several(event.task), _several(event.annotation))))


#: What becomes of an event, by its name.
HAPPENED: dict[str, Callable[[Link, EventIn], Taken]] = {
    "TASKS_CREATED": lambda link, event: _imported(link, event.tasks),
    "ANNOTATION_CREATED": _annotated, "ANNOTATION_UPDATED": _annotated, "ANNOTATIONS_CREATED": _annotated,
    "ANNOTATIONS_DELETED": lambda link, event: _each(event.annotations, link.take_back, "taken_back"),
}  # fmt: skip


def _several(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else [value]


def _listed(value: Any) -> list[Any]:
    """One object or several, as a list; anything else is left out."""
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _link(store: Store, project: Project, config: str, whose: str | int, by: str = "") -> Link:
    origin = str(whose).partition(".")[0]
    return Link(store, project, control_of(config, store.labels(project.id)), f"label-studio:{origin}", by)


def _version(store: Store, trainer: Trainer, project: Project) -> str:
    """The version of the model that serves, or the one that served last."""
    if (kept := trainer.kept(store, project.id)) is not None:
        return kept.served.version
    last = store.last_model_config(project.id)
    return f"plateau-{last[0] if last else 0}"


def _served(store: Store, trainer: Trainer, project: Project) -> Served | None:
    """What is served, waiting for the first model; None when it takes too long, or cannot be made."""
    if (kept := trainer.kept(store, project.id)) is not None:
        return kept.served
    ticket = trainer.request(store, project.id)
    ticket.over.wait(WAIT)
    return ticket.served


def _said(link: Link, served: Served, tasks: Sequence[Any]) -> tuple[list[Said | None], str]:
    """What the model says of each task, and why it says nothing where it does not."""
    single = link.control.single or link.project.single_label
    sent, wrong = link.sent(tasks)
    there = {place: one for place, one in enumerate(sent) if one is not None}
    items = dict(zip(there, link.known(list(there.values())), strict=True))
    said = {place: said_of_item(served, item.id, single=single) for place, item in items.items() if item is not None}
    new = [place for place in there if said.get(place) is None]
    texts = [there[place].row.text for place in new]
    found, detail = said_of_texts(link.store, link.project.id, served, texts, single=single)
    said.update(zip(new, found, strict=True))
    problems = [f"Task {words}" for words in wrong[:NAMED]]
    return [said.get(place) for place in range(len(tasks))], " ".join((detail, *problems)).strip()


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
