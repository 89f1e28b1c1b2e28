"""How judgements go out and come in: labels by name, items by number or by their owner's id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from api.context import LARGEST
from data.errors import InvalidInput, NotFound
from data.records import SOURCES, Label, Project, Review, ReviewDraft, StoredAction, now
from data.store import Store
from data.tokens import Token

Name = Annotated[str, Field(min_length=1, max_length=200)]
Uid = Annotated[str, Field(min_length=1, max_length=1000)]
Names = Annotated[list[Name], Field(max_length=1000)]
Number = Annotated[int, Field(ge=1, le=LARGEST)]
LONGEST_NOTE = 2000


class ReviewOut(BaseModel):
    """A judgement as it was recorded; labels by the names they count under now. ``undone``: it took another one back."""

    id: int
    item_id: int
    uid: str
    annotator: str
    state: Literal["reviewed", "skipped", "undone"]
    labels: list[str]
    dismissed: list[str]
    confirmed: list[str]
    partial: bool
    at: str
    seconds: float | None
    source: str
    action_id: int | None
    list_rank: int | None
    list_size: int | None
    candidates: int | None
    chance: float | None
    model_version: int | None
    revision: int
    note: str
    uncertain: bool
    view: str


class ReviewIn(BaseModel):
    """A judgement to record. The item by ``item_id`` or ``uid``; labels by name, all of which exist.

    What is neither in ``labels`` nor in ``dismissed`` counts as not applying, unless ``partial``: then it was not judged.
    ``confirmed`` are the labels that had been suggested; where the action suggested some, it is known without. ``seconds`` is
    active time. ``seen`` is the number of the newest review of the item by anybody else when it was shown, 0 for none: with it a
    newer one is a conflict.
    """

    model_config = ConfigDict(extra="forbid", json_schema_extra={"oneOf": [{"required": ["item_id"]}, {"required": ["uid"]}]})

    item_id: Number | None = None
    uid: Uid | None = None
    labels: Names = []
    dismissed: Names = []
    confirmed: Names | None = None
    state: Literal["reviewed", "skipped"] = "reviewed"
    partial: bool = False
    at: AwareDatetime | None = None
    seconds: Annotated[float, Field(ge=0, lt=86_400, allow_inf_nan=False)] | None = None
    source: str = Field(
        "import", json_schema_extra={"enum": list(SOURCES)}, description="how the item was found, outside an action"
    )
    note: Annotated[str, Field(max_length=LONGEST_NOTE)] = ""
    uncertain: bool = False
    seen: Annotated[int, Field(ge=0, le=LARGEST)] | None = None

    @model_validator(mode="after")
    def _names_one_item(self) -> Self:
        if (self.item_id is None) == (self.uid is None):
            raise ValueError("A review names its item by item_id or by uid: give one of them.")
        return self


@dataclass(frozen=True)
class Taxonomy:
    """A project's labels both ways: what each number is called now, and which label in use each name means."""

    names: Mapping[int, str]
    numbers: Mapping[str, int]

    @staticmethod
    def of(labels: Iterable[Label]) -> Taxonomy:
        """From all labels of a project, those out of use included."""
        every = {label.id: label for label in labels}
        names = {number: every[label.merged_into or number].name for number, label in every.items()}
        used = {label.id for label in every.values() if label.retired_at is None}
        numbers = {label.name.casefold(): label.merged_into or label.id for label in every.values()}
        return Taxonomy(names, {name: number for name, number in numbers.items() if number in used})

    def number(self, name: str) -> int:
        """The label in use that a name means, whatever its case; InvalidInput when there is none."""
        found = self.numbers.get(" > ".join(" ".join(level.split()) for level in name.split(">")).casefold())
        if found is None:
            raise InvalidInput(f"The project has no label {name!r} in use. Create it first, or correct the name.")
        return found

    def told(self, numbers: Iterable[int]) -> list[str]:
        """Labels by the names they count under now, each once."""
        return list(dict.fromkeys(self.names.get(number, str(number)) for number in numbers))


def who(given: str | None, token: Token) -> str:
    """Whose judgement it is: the name given, or the token's own."""
    return " ".join((given or "").split()) or token.name


def taxonomy_of(store: Store, project_id: int) -> Taxonomy:
    """The labels of a project."""
    return Taxonomy.of(store.labels(project_id, retired=True))


def told(store: Store, project_id: int, reviews: Sequence[Review]) -> list[ReviewOut]:
    """Judgements as they go out."""
    labels, uids = taxonomy_of(store, project_id), store.uids(project_id, [review.item_id for review in reviews])
    return [told_one(review, labels, uids.get(review.item_id, "")) for review in reviews]


def told_one(review: Review, labels: Taxonomy, uid: str) -> ReviewOut:
    """A judgement as it goes out."""
    values: dict[str, Any] = {field: getattr(review, field) for field in _SAME}
    return ReviewOut(
        uid=uid, labels=labels.told(review.assigned), dismissed=labels.told(review.dismissed),
        confirmed=labels.told(review.confirmed), **values,
    )  # fmt: skip


_SAME = tuple(name for name in ReviewOut.model_fields if name not in ("uid", "labels", "dismissed", "confirmed"))


def drafts_of(
    store: Store, project: Project, given: Sequence[ReviewIn], annotator: str, action_id: int | None
) -> list[ReviewDraft]:  # fmt: skip
    """Judgements as the store takes them. NotFound or InvalidInput name the first one that is wrong by its place."""
    labels = taxonomy_of(store, project.id)
    action = None if action_id is None else store.action(project.id, action_id)
    by_uid = store.item_ids(project.id, [review.uid for review in given if review.uid is not None])
    found: list[ReviewDraft] = []
    for place, review in enumerate(given):
        try:
            found.append(_draft(review, _item_id(review, by_uid), labels, annotator, action))
        except (InvalidInput, NotFound) as error:
            raise type(error)(f"Review {place + 1} of {len(given)}: {error}") from error
    return found


def _item_id(review: ReviewIn, by_uid: Mapping[str, int]) -> int:
    number = review.item_id if review.uid is None else by_uid.get(review.uid)
    if number is None:
        raise NotFound(f"The project has no item {review.uid!r}. Add it first, or correct its uid.")
    return number


def _draft(
    review: ReviewIn, item_id: int, labels: Taxonomy, annotator: str, action: StoredAction | None
) -> ReviewDraft:  # fmt: skip
    assigned = tuple(dict.fromkeys(map(labels.number, review.labels)))
    confirmed = None if review.confirmed is None else set(map(labels.number, review.confirmed))
    origin: dict[str, Any] = {"source": review.source}
    if action is not None:
        origin, suggested = _origin(action, item_id)
        confirmed = suggested if confirmed is None else confirmed
    return ReviewDraft(
        item_id=item_id, assigned=assigned, annotator=annotator,
        dismissed=tuple(dict.fromkeys(map(labels.number, review.dismissed))),
        confirmed=tuple(label for label in assigned if label in (confirmed or ())), state=review.state, partial=review.partial,
        at=moment(review.at, "A review was given"), seconds=review.seconds,
        note=" ".join(review.note.split()), uncertain=review.uncertain,
        view="api", seen=review.seen, **origin,
    )  # fmt: skip


def _origin(action: StoredAction, item_id: int) -> tuple[dict[str, Any], set[int]]:
    """Where in an action an item stands, and the labels that were suggested for it."""
    if item_id not in action.item_ids:
        raise InvalidInput(
            f"The item {item_id} is not part of the action {action.id}. Leave the action out, or correct the item."
        )
    place, shown = action.item_ids.index(item_id), action.shown or {}
    version = int(shown.get("model_version") or action.model_version) or None
    origin = {
        "source": action.kind, "action_id": action.id, "list_rank": place + 1, "list_size": len(action.item_ids),
        "candidates": action.candidates, "chance": action.chances[place], "model_version": version,
    }  # fmt: skip
    return origin, {int(label) for label, *_ in shown.get("items", {}).get(str(item_id), ())}


def moment(at: datetime | None, what: str) -> str | None:
    """A moment that is past, as the store keeps it; InvalidInput says in words ``what`` cannot be yet to come."""
    if at is None:
        return None
    written = at.astimezone(UTC).isoformat(timespec="microseconds")
    if written > now():
        raise InvalidInput(f"{what} in the past; {written} is yet to come. Leave the moment out, or correct it.")
    return written
