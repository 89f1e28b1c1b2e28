"""Targets: what "ready" means to a project, what other settings would make of its rating, and the way back to former ones."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from data.errors import NotFound
from data.records import Label, Project, now
from data.store import Store
from rating.evidence import RatingConfig
from rating.forecast import History
from rating.rate import reweighted
from rating.records import Rating
from rating.service import quality_history, rating_config
from recommend.checks import check_of
from recommend.records import Check
from recommend.rules import Terms, terms_of
from recommend.serving import Served
from recommend.stability import Agreement
from recommend.stop import Weighed, weigh

#: The settings that say what "ready" means.
KEYS = ("weights", "targets", "hour_worth", "stop", "budget_hours", "budget_reviews")
#: Under this setting the former ones are kept, the newest first, so many of them.
FORMER, KEPT = "former_targets", 10


@dataclass(frozen=True)
class Targets:
    """What a project asks of its model: the profile, the settings of :data:`KEYS` that are not the usual ones, and the numbers of
    its important labels.
    """

    profile: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    important: frozenset[int] = frozenset()

    @property
    def config(self) -> RatingConfig:
        """The configuration of a rating by these weights. InvalidInput names a weight that is none."""
        return rating_config(self.settings)

    @property
    def terms(self) -> Terms:
        """The terms of the stop answer. InvalidInput names the setting and its rule."""
        return terms_of(self.settings, self.profile)


@dataclass(frozen=True)
class Circumstances:
    """What a stop answer rests on besides the rating: how All labels has risen, the checks before, how alike the model decides,
    seconds a review takes, hours spent, and items skipped. ``lopsided`` says that the project has a false start.
    """

    history: History
    checks: Sequence[Check]
    alike: Agreement | None
    seconds: float
    hours: float
    skipped: int
    lopsided: bool


@dataclass(frozen=True)
class Effect:
    """The rating and the stop answer by some targets.

    The rating is that of the model in charge, where that is another one; the answer is of Plateau's own, as the stop answer is.
    """

    rating: Rating
    answer: Weighed


def targets_of(project: Project, labels: Sequence[Label]) -> Targets:
    """The targets of a project as they are; ``labels`` are those in use."""
    held = {key: project.settings[key] for key in KEYS if key in project.settings}
    return Targets(project.profile, held, frozenset(label.id for label in labels if label.important))


def circumstances(store: Store, project: Project, served: Served) -> Circumstances:
    """What the stop answer of a plan rested on."""
    stop = served.plan.stop
    alike = None if stop.check is None or stop.check.kappa is None else Agreement(stop.check.kappa, stop.check.kappa_labels)
    checks = [check for check in map(check_of, store.stop_checks(project.id)) if check.reviewed < served.rating.reviewed]
    return Circumstances(
        quality_history(store.rating_moments(project.id)), checks, alike, served.seconds_an_item,
        store.seconds_spent(project.id) / 3600.0,
        sum(review.state == "skipped" for review in store.current_reviews(project.id)), stop.answer == "false_start",
    )  # fmt: skip


def effect(served: Served, targets: Targets, given: Circumstances) -> Effect | None:
    """What these targets make of a plan's rating, by the draws of its factors; None while it has no rating."""
    if served.rating.score.value is None or not served.parts:
        return None
    config = targets.config
    rating, draws = reweighted(_marked(served.rating, targets.important), served.parts, config)
    answer = weigh(
        rating, draws, given.history, config=config, terms=targets.terms, seconds=given.seconds, hours=given.hours,
        checks=given.checks, alike=given.alike, skipped=given.skipped, lopsided=given.lopsided,
    )  # fmt: skip
    return Effect(rating if served.charged is None else _charged(served, targets, config), answer)


def _charged(served: Served, targets: Targets, config: RatingConfig) -> Rating:
    """The rating of another model in charge by these targets."""
    assert served.charged is not None
    return reweighted(_marked(served.charged, targets.important), served.charged_parts, config)[0]


def _marked(rating: Rating, important: Collection[int]) -> Rating:
    """The rating with these labels as the important ones."""
    return replace(rating, labels=tuple(replace(label, important=label.label_id in important) for label in rating.labels))


def save(store: Store, project: Project, targets: Targets, annotator: str) -> int:
    """Keep these targets as one revision, and the former ones to go back to. Returns the revision; the same change nothing.

    InvalidInput names what is wrong with them; nothing is written then.
    """
    _ = targets.config, targets.terms
    before = targets_of(project, store.labels(project.id))
    if targets == before:
        return project.revision
    former = [_document(before, annotator), *project.settings.get(FORMER, ())][:KEPT]
    return store.set_targets(project.id, targets.profile, {**_changes(targets), FORMER: former}, targets.important)


def former(project: Project) -> list[Mapping[str, Any]]:
    """The targets that the project had before, the newest first: who changed them when, and what they were."""
    return list(project.settings.get(FORMER, ()))


def undo(store: Store, project: Project) -> int:
    """Go back to the former targets, as one revision. NotFound where there are none."""
    kept = former(project)
    if not kept:
        raise NotFound("There are no former targets to go back to. They are kept from the first change on.")
    back = Targets(kept[0]["profile"], kept[0]["settings"], frozenset(kept[0]["important"]))
    return store.set_targets(project.id, back.profile, {**_changes(back), FORMER: kept[1:] or None}, back.important)


def _changes(targets: Targets) -> dict[str, Any]:
    """All settings of :data:`KEYS`, None where the usual one holds."""
    return {key: targets.settings.get(key) for key in KEYS}


def _document(targets: Targets, annotator: str) -> dict[str, Any]:
    return {
        "at": now(), "by": annotator, "profile": targets.profile, "settings": dict(targets.settings),
        "important": sorted(targets.important),
    }  # fmt: skip


def asked(profile: str, said: Mapping[str, Any], usual: Mapping[str, Any], important: Collection[int]) -> Targets:
    """Targets from what was said of each setting, without those that are the ``usual`` ones or None."""
    kept = {key: value for key, value in said.items() if value is not None and value != usual.get(key)}
    return Targets(profile, kept, frozenset(important))
