"""How well each label is known: average precision with its interval, three thresholds, and how many examples it lacks."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from api.context import ProjectOf, StoreOf, TrainerOf, asks
from api.routes.models import Score
from data.errors import NotFound
from rating.operating import examples_lacking, operating_points
from rating.records import LabelHealth
from recommend.labelview import curve_of, put_to_test
from recommend.serving import Served, as_meant

router = APIRouter(tags=["labels"])


class CutOut(BaseModel):
    """A threshold of probability, and what is to be expected of all items: of those at or above it, a ``share`` of all, the
    share ``precision`` is right; of the label's items the share ``recall`` is among them. All 0 to 1.
    """

    threshold: float
    precision: float
    recall: float
    share: float


class ThresholdsOut(BaseModel):
    """Three thresholds, the highest first; null where none keeps the promise.

    ``precise`` finds few wrong ones, ``balanced`` has the highest expected F1, ``complete`` misses few.
    """

    precise: CutOut | None
    balanced: CutOut | None
    complete: CutOut | None


class LackingOut(BaseModel):
    """About how many more examples the label needs to reach the target, ``low`` at best and ``high`` at worst; null with a
    ``reason`` where that cannot be foreseen.
    """

    count: int | None
    low: int | None
    high: int | None
    reason: str


class LabelQualityOut(BaseModel):
    """A label over all items, under its name of now, as planned at ``revision``.

    ``average_precision`` (0 to 1) with its 90 % interval, ``band``, ``lacking``, ``warnings`` and ``why`` are of version
    ``model_version`` of Plateau's own model. ``thresholds`` cut the probabilities of ``thresholds_model``, the model that serves:
    ``plateau-3`` for a version of the own one, another one's name where that is in charge. They are null with fewer than two
    examples.
    """

    label_id: int
    name: str
    band: str
    average_precision: Score
    examples: int
    judged: int
    lacking: LackingOut
    thresholds: ThresholdsOut | None
    warnings: list[str]
    why: list[str]
    revision: int
    model_version: int
    thresholds_model: str


@router.get("/projects/{project_id}/label-quality", **asks("read", 404))
def list_label_quality(
    store: StoreOf, project: ProjectOf, trainer: TrainerOf,
    target: Annotated[float, Query(gt=0, lt=1, description="the average precision that is wanted")] = 0.7,
) -> list[LabelQualityOut]:  # fmt: skip
    """Every label as it was rated last; empty while it cannot be rated. 404 until this server has rated once.

    Labels that were retired, merged or reset since are left out: what is known of them is not of what they mean now.
    """
    kept = trainer.kept(store, project.id)
    if kept is None:
        raise NotFound(f"{project.name!r} is not rated here yet. Ask for it: POST /api/v1/projects/{project.id}/rating.")
    labels = store.labels(project.id, retired=True)
    served, merged = as_meant(kept.served, labels), {label.id for label in labels if label.merged_into is not None}
    names = dict(zip(served.label_ids, served.label_names, strict=True))
    left_out = served.withheld | merged
    return [
        _told(served, health, names.get(health.label_id, health.name), target)
        for health in served.rating.labels if health.label_id not in left_out
    ]  # fmt: skip


def _told(served: Served, health: LabelHealth, name: str, target: float) -> LabelQualityOut:
    tested = put_to_test(served, health.label_id)
    points = asdict(operating_points(curve_of(served, health.label_id))) if tested else None
    return LabelQualityOut(
        label_id=health.label_id, name=name, band=health.band, average_precision=Score(**asdict(health.ap)),
        examples=health.positives, judged=health.judged, warnings=list(health.warnings), why=list(health.why),
        lacking=LackingOut(**asdict(examples_lacking(health.ap, health.positives, target))),
        thresholds=None if points is None else ThresholdsOut(**points),
        revision=served.rating.revision, model_version=served.rating.model_version,
        thresholds_model=served.version,
    )  # fmt: skip
