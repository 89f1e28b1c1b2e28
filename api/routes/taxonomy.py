"""The taxonomy: move, split, reset and revive labels, see beforehand what a change does, and take changes back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api.context import LARGEST, Page, PagingOf, ProjectOf, StoreOf, TokenOf, TrainerOf, asks
from api.routes.labels import LabelOut, told
from api.said import Name, Number, who
from data.errors import InvalidInput, NotFound
from data.records import Label
from data.store import Store
from data.store.labels import check_in_use, check_merge, clean_label
from data.store.steps import TaxonomyStep
from data.store.taxonomy import nested_below
from recommend import reshaping
from recommend.reshaping import Effect, Stock
from recommend.splitting import MOST_PARTS, Part, by_words, carrying, split, stock_in

router = APIRouter(tags=["taxonomy"])
_LabelId = Annotated[int, Path(ge=1, le=LARGEST)]
_Text = Annotated[str, Field(max_length=10_000)]
_LABEL, _STEPS = "/projects/{project_id}/labels/{label_id}", "/projects/{project_id}/taxonomy"


class MoveIn(BaseModel):
    """The label below which another one is put; empty for the top."""

    model_config = ConfigDict(extra="forbid")

    parent: Annotated[str, Field(max_length=200)]


class PartIn(BaseModel):
    """A new label that is split off; the label's items that hold one of these words (commas between them) are proposed for it."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    description: _Text = ""
    words: _Text = ""


class SplitIn(BaseModel):
    """The labels that are split off; ``annotator`` (the token's name unless given) begins to tell the items apart."""

    model_config = ConfigDict(extra="forbid")

    parts: Annotated[list[PartIn], Field(min_length=1, max_length=MOST_PARTS)]
    annotator: Name | None = None


class SplitOut(BaseModel):
    """The new labels, and the action that tells their items apart, begun by who split; null without items."""

    labels: list[LabelOut]
    action_id: int | None


class PreviewIn(BaseModel):
    """A change to look at before it is made: ``to`` is the new name of ``rename`` or the parent of ``move`` (empty: the top),
    ``into`` the label whose name stays of ``merge``.
    """

    model_config = ConfigDict(extra="forbid")

    change: Literal["rename", "move", "merge", "retire", "reset", "split"]
    to: Annotated[str, Field(max_length=200)] = ""
    into: Number | None = None


class ExamplesOut(BaseModel):
    """How many reviewed items carry a label, and how many say anything of it, before and after; null where not in use."""

    name: str
    before: int | None
    after: int | None
    judged_before: int | None
    judged_after: int | None


class EffectOut(BaseModel):
    """What a change would do. ``reviews`` name a label concerned and assign it ``assigned`` times. Nothing will be known of it
    any more on ``unknown`` items. ``themes`` are those of open actions that fall away, ``names`` new names by old ones.
    """

    reviews: int
    assigned: int
    unknown: int
    examples: list[ExamplesOut]
    themes: list[str]
    names: dict[str, str]


class StepOut(BaseModel):
    """A change of the taxonomy, as words say it. ``undoes`` is the step that this one took back, ``undone_by`` the one that took
    this one back, ``action_id`` the action that a split has made; null for neither.
    """

    id: int
    at: str
    annotator: str
    kind: str
    label_id: int
    words: str
    undoes: int | None
    undone_by: int | None
    action_id: int | None


class UndoIn(BaseModel):
    """The step to take back; null for the newest that stands."""

    model_config = ConfigDict(extra="forbid")

    step_id: Number | None = None


@router.post(f"{_LABEL}/move", **asks("write", 404))
def move_label(
    store: StoreOf, project: ProjectOf, trainer: TrainerOf, token: TokenOf, label_id: _LabelId, move: MoveIn
) -> LabelOut:  # fmt: skip
    """Put a label below another one, or at the top; what is nested below it moves along."""
    label = store.nest_label(project.id, label_id, move.parent, annotator=token.name)
    trainer.nudge(store, project.id, changes=True)
    return told(label)


@router.post(f"{_LABEL}/reset", **asks("write", 404))
def reset_label(store: StoreOf, project: ProjectOf, trainer: TrainerOf, token: TokenOf, label_id: _LabelId) -> LabelOut:
    """Learn a label anew: what was judged of it so far is kept, and does not count."""
    label = store.reset_label(project.id, label_id, annotator=token.name)
    trainer.nudge(store, project.id, changes=True)
    return told(label)


@router.post(f"{_LABEL}/revive", **asks("write", 404))
def revive_label(store: StoreOf, project: ProjectOf, trainer: TrainerOf, token: TokenOf, label_id: _LabelId) -> LabelOut:
    """Bring a retired label back, with its reviews; one in use stays as it is."""
    label = store.label(project.id, label_id)
    if label.merged_into is not None:
        raise InvalidInput(f"{label.name!r} is merged, not retired. Take the merge back: POST .../taxonomy/undo with its step.")
    revived = store.add_label(project.id, label.name, annotator=token.name)
    trainer.nudge(store, project.id, changes=True)
    return told(revived)


@router.post(f"{_LABEL}/split", **asks("write", 404, 409))
def split_label(
    store: StoreOf, project: ProjectOf, trainer: TrainerOf, token: TokenOf, label_id: _LabelId, asked: SplitIn
) -> SplitOut:  # fmt: skip
    """Split labels off a label, and start the work of telling its items apart; the label and its judgements stay."""
    label = store.label(project.id, label_id)
    check_in_use(label, "split")
    stock, kept = stock_in(store, project.id), trainer.kept(store, project.id)
    proposed = by_words(store, project.id, carrying(stock, label_id), [part.words for part in asked.parts])
    parts = [Part(part.name, part.description, items) for part, items in zip(asked.parts, proposed, strict=True)]
    work = split(store, project.id, label, parts, who(asked.annotator, token), None if kept is None else kept.served, stock)
    trainer.nudge(store, project.id, changes=True)
    names = {clean_label(part.name).casefold() for part in parts}
    made = [told(one) for one in store.labels(project.id) if one.name.casefold() in names]
    return SplitOut(labels=made, action_id=None if work is None else work.id)


@router.post(f"{_LABEL}/preview", **asks("read", 404))
def preview_change(store: StoreOf, project: ProjectOf, label_id: _LabelId, asked: PreviewIn) -> EffectOut:
    """What a change of a label would do; changes nothing. What the change itself refuses is refused here in the same words."""
    label = store.label(project.id, label_id)
    _check(store, project.id, label, asked)
    effect = _EFFECTS[asked.change](stock_in(store, project.id), label, asked)
    same = {name: getattr(effect, name) for name in ("reviews", "assigned", "unknown")}
    examples = [ExamplesOut(**asdict(one)) for one in effect.examples]
    return EffectOut(**same, examples=examples, themes=list(effect.themes), names=dict(effect.names))


@router.get(f"{_STEPS}/steps", **asks("read", 404))
def list_steps(store: StoreOf, project: ProjectOf, paging: PagingOf) -> Page[StepOut]:
    """Every change that somebody made to the taxonomy, newest first. What came with files is no step."""
    steps = [one for one in store.taxonomy_steps(project.id)[::-1] if not paging.after or one.id < paging.after]
    kept, following = paging.page(steps[: paging.limit + 1], lambda one: one.id)
    return Page(data=[_step(one) for one in kept], next=following)


@router.post(f"{_STEPS}/undo", **asks("write", 404))
def undo_step(store: StoreOf, project: ProjectOf, trainer: TrainerOf, token: TokenOf, asked: UndoIn) -> StepOut:
    """Take a change back, by default the newest that stands; that is a step of its own. The step taken back."""
    number = asked.step_id
    if number is None:
        standing = (one.id for one in store.taxonomy_steps(project.id)[::-1] if one.undoes is None and one.undone_by is None)
        number = next(standing, None)
    if number is None:
        raise NotFound(f"Nothing in the taxonomy of {project.name!r} is left to take back. Change a label first.")
    store.undo_step(project.id, number, token.name)
    trainer.nudge(store, project.id, changes=True)
    return _step(next(one for one in store.taxonomy_steps(project.id) if one.id == number))


def _step(one: TaxonomyStep) -> StepOut:
    return StepOut(**asdict(one))


def _check(store: Store, project_id: int, label: Label, asked: PreviewIn) -> None:
    """Refuse what the change itself would refuse."""
    target = None if asked.into is None else store.label(project_id, asked.into)
    if asked.change in ("rename", "move"):
        store.check_rename(project_id, label.id, _named(label, asked))
    elif asked.change in ("reset", "split"):
        check_in_use(label, "split" if asked.change == "split" else "learned anew")
    elif asked.change == "merge":
        if target is None:
            raise InvalidInput("A merge needs another label whose name stays. Give its number as `into`.")
        check_merge(label, target)


def _named(label: Label, asked: PreviewIn) -> str:
    """The name that a label would get when it is renamed or moved."""
    if asked.change == "rename":
        return clean_label(asked.to)
    return clean_label(nested_below(asked.to, label.name))


def _renamed(stock: Stock, label: Label, asked: PreviewIn) -> Effect:
    return reshaping.renamed(stock, label.id, _named(label, asked))


def _merged(stock: Stock, label: Label, asked: PreviewIn) -> Effect:
    assert asked.into is not None
    return reshaping.merged(stock, label.id, asked.into)


_EFFECTS: Mapping[str, Callable[[Stock, Label, PreviewIn], Effect]] = {
    "rename": _renamed, "move": _renamed, "merge": _merged,
    "retire": lambda stock, label, asked: reshaping.retired(stock, label.id),
    "reset": lambda stock, label, asked: reshaping.reset(stock, label.id),
    "split": lambda stock, label, asked: reshaping.unchanged(stock, label.id),
}  # fmt: skip
