"""Reviews: list, stream, record, undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import StreamingResponse

from api.context import LARGEST, Page, PagingOf, ProjectOf, StoreOf, TokenOf, TrainerOf, asks
from api.problems import answer, refusal
from api.said import Name, Number, ReviewIn, ReviewOut, drafts_of, taxonomy_of, told, told_one, who
from api.streams import DOCUMENTED, ndjson
from data.errors import Conflict, NotFound
from data.records import ReviewDraft, hides_others
from data.store import Store
from data.store.leases import readings_of

router = APIRouter(tags=["reviews"])
_Id = Annotated[int | None, Query(ge=1, le=LARGEST)]


class ReviewsIn(BaseModel):
    """Judgements to record together, all of them or none. ``annotator`` is the token's name unless given.

    In an ``action_id`` their place in it, and how likely it was, is kept with them.
    """

    model_config = ConfigDict(extra="forbid")

    annotator: Name | None = None
    action_id: Number | None = None
    reviews: Annotated[list[ReviewIn], Field(min_length=1, max_length=1000)]


class Recorded(BaseModel):
    """The numbers of the judgements, in the order given. One that stood already has the number it had."""

    review_ids: list[int]
    revision: int


class UndoIn(BaseModel):
    """Whose newest standing judgement to take back, of one action if it is given."""

    model_config = ConfigDict(extra="forbid")

    annotator: Name | None = None
    action_id: Number | None = None


@router.get("/projects/{project_id}/reviews", **asks("read", 404))
def list_reviews(
    store: StoreOf, project: ProjectOf, paging: PagingOf, annotator: Annotated[str | None, Query(max_length=200)] = None,
    item_id: _Id = None, action_id: _Id = None, undone: bool = False,
) -> Page[ReviewOut]:  # fmt: skip
    """Judgements in the order given; those taken back, and the events that did so, only with ``undone``."""
    found = store.reviews_page(
        project.id, paging.after, paging.limit + 1, annotator=annotator, item_id=item_id, action_id=action_id, undone=undone
    )
    kept, following = paging.page(found, lambda review: review.id)
    return Page(data=told(store, project.id, kept), next=following)


@router.get(
    "/projects/{project_id}/reviews.ndjson", **asks("read", 404, success=DOCUMENTED),
    response_class=StreamingResponse,
)  # fmt: skip
def stream_reviews(store: StoreOf, project: ProjectOf) -> StreamingResponse:
    """Every event, those taken back and those that did so included, one JSON object a line."""
    labels = taxonomy_of(store, project.id)
    uids = {item.id: item.uid for item in store.iter_items(project.id)}
    return ndjson(told_one(review, labels, uids[review.item_id]) for review in store.iter_reviews(project.id))


@router.post("/projects/{project_id}/reviews", **asks("label", 404, 409))
def record_reviews(store: StoreOf, project: ProjectOf, token: TokenOf, trainer: TrainerOf, given: ReviewsIn) -> Any:
    """Record judgements. They are on disk when this answers, and the model renews itself once enough is new.

    When somebody else has judged an item since it was ``seen``, nothing is written, and both answers come back.
    """
    annotator = who(given.annotator, token)
    drafts = drafts_of(store, project, given.reviews, annotator, given.action_id)
    try:
        numbers = store.record_reviews(project.id, drafts)
    except Conflict as error:
        return answer(refusal(error, _both(store, project.id, error, drafts, given.reviews)))
    if given.action_id is not None:
        finish(store, project.id, given.action_id, annotator)
    trainer.nudge(store, project.id)
    return Recorded(review_ids=numbers, revision=store.revision(project.id))


@router.post("/projects/{project_id}/reviews/undo", **asks("label", 404))
def undo_review(store: StoreOf, project: ProjectOf, token: TokenOf, trainer: TrainerOf, asked: UndoIn) -> ReviewOut:
    """Take back an annotator's newest standing judgement; it is what comes back."""
    annotator = who(asked.annotator, token)
    undone = store.undo_review(project.id, annotator, asked.action_id, view="api")
    if undone is None:
        raise NotFound(f"{annotator!r} has no review here to take back. See whose name it was given under.")
    trainer.nudge(store, project.id)
    return told(store, project.id, [undone])[0]


def finish(store: Store, project_id: int, action_id: int, annotator: str) -> None:
    """Close an action in which this person, whose it is, has decided everything."""
    action = store.action(project_id, action_id)
    standing = store.standing_reviews(action.item_ids)
    mine = [one for given in standing.values() for one in given if (one.annotator, one.action_id) == (annotator, action_id)]
    if action.state == "started" and action.annotator == annotator and len(mine) == len(action.item_ids):
        store.end_action(project_id, action_id, "done", sum(one.seconds or 0.0 for one in mine))


def _both(
    store: Store, project_id: int, error: Conflict, drafts: Sequence[ReviewDraft], given: Sequence[ReviewIn]
) -> dict[str, Any]:  # fmt: skip
    """What the others say and what was to be said; their labels are left out where they are hidden."""
    theirs = told(store, project_id, store.reviews_numbered(project_id, list(error.newest.values())))
    readings = readings_of(store.project(project_id).settings)
    hidden = {draft.item_id for draft in drafts if hides_others(draft.source, readings)}
    return {
        "theirs": [
            {"item_id": one.item_id, "uid": one.uid, "review_id": one.id, "annotator": one.annotator, "at": one.at,
             "labels": None if one.item_id in hidden else one.labels}
            for one in theirs
        ],
        "yours": [
            {"item_id": draft.item_id, "labels": review.labels}
            for draft, review in zip(drafts, given, strict=True) if draft.item_id in error.newest
        ],
    }  # fmt: skip
