"""A stored project's report: the one place of it that reads the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from data.records import LabelEvent, Project, Review
from data.store import Store
from data.timeline import Pace, RatingMoment
from data.version import VERSION
from rating.agreement import overall
from rating.annotators import work_of
from rating.forecast import Forecast, forecast
from rating.records import Estimate, Rating
from rating.service import quality_history, rating_config, targets_of
from recommend.people import cube, is_independent, shared
from recommend.records import Action
from recommend.report.records import Ahead, Moment, NextAction, Report, WorkDone
from recommend.report.risks import risks
from recommend.rules import terms_of
from recommend.serving import Served
from recommend.timeline import course

#: Reviews ahead that are foreseen, as shares of those there are, and at least so many.
FURTHEST, LEAST, STEPS = 3.0, 200, 9
#: Actions, texts of each where they are asked for, and characters of a text.
ACTIONS, TEXTS, EXCERPT = 8, 3, 240


def report_of(store: Store, project_id: int, served: Served, *, texts: bool = False) -> Report:
    """The report of a project by its plan; with ``texts``, items of the actions on offer are quoted."""
    project, rating = store.project(project_id), served.rating
    moments = _until(store.rating_moments(project_id), rating)
    reviews = store.reviews(project_id)
    view = _foreseen(project, moments, rating)
    target = terms_of(project.settings, project.profile).target
    short = view is not None and (rating.score.value or 0.0) < target
    return Report(
        project=project.name, single_label=project.single_label, profile=project.profile, target=target, version=VERSION,
        at=moments[-1].at, newer=store.count_reviews_since(project_id, rating.revision),
        rating=rating, stop=served.plan.stop,
        history=history(
            moments, store.paces(project_id), store.label_events(project_id), store.starred_versions(project_id)
        ),
        ahead=() if view is None else _ahead(view, served.seconds_an_item),
        to_target=view.reviews_to(target) if view is not None and short else None,
        risks=risks(rating, served.plan.stop, served.uneven), uneven=served.uneven,
        work=_work(store, project, reviews),
        actions=tuple(_action(store, project_id, action, texts=texts) for action in served.plan.actions[:ACTIONS]),
        encoder=served.encoder,
    )  # fmt: skip


def _until(moments: Sequence[RatingMoment], rating: Rating) -> list[RatingMoment]:
    """The history up to the rating at hand."""
    mine = [m.id for m in moments if (m.revision, m.model_version) == (rating.revision, rating.model_version)]
    return [moment for moment in moments if moment.id <= mine[-1]]


def history(
    moments: Sequence[RatingMoment], paces: Sequence[Pace], events: Sequence[LabelEvent], starred: Sequence[tuple[int, str]] = ()
) -> tuple[Moment, ...]:
    """The last rating at each number of reviewed items, oldest first, with what had changed since the one before."""
    return tuple(
        Moment(
            revision=point.moment.revision, model_version=point.moment.model_version, at=point.moment.at,
            reviewed=point.moment.reviewed, population=point.moment.population, score=Estimate(*point.moment.score),
            factors={key: Estimate(*span) for key, span in point.moment.factors.items()},
            changed=tuple(happening.words for happening in point.happenings),
        )
        for point in course(moments, paces, events, starred)
    )  # fmt: skip


def _foreseen(project: Project, moments: Sequence[RatingMoment], rating: Rating) -> Forecast | None:
    if rating.score.value is None:
        return None
    return forecast(rating, quality_history(moments), rating_config(project.settings))


def _ahead(view: Forecast, seconds: float) -> tuple[Ahead, ...]:
    reviewed, left = view.rating.reviewed, view.rating.population - view.rating.reviewed
    furthest = min(max(FURTHEST * reviewed, LEAST), left)
    steps = sorted({round(furthest * (k / STEPS) ** 1.5) for k in range(1, STEPS + 1)} - {0})
    return tuple(Ahead(more, reviewed + more, more * seconds, view.score(more)) for more in steps)


def _work(store: Store, project: Project, reviews: Sequence[Review]) -> WorkDone:
    people = work_of(reviews, {})
    twice = shared([review for review in reviews if is_independent(review)])
    labels, away = store.labels(project.id, retired=True), store.retired_periods(project.id)
    judged, _ = cube(twice, targets_of(twice, labels, away))
    last = {review.item_id: review for review in reviews}
    known = [person.seconds for person in people if person.seconds is not None]
    return WorkDone(
        judgements=sum(person.items for person in people),
        items=sum(review.state == "reviewed" for review in last.values()),
        labels=sum(person.labels for person in people),
        skipped=sum(review.state == "skipped" for review in last.values()),
        imported=sum(review.source == "import" for review in reviews),
        people=len({person.person for person in people} - {"import"}),
        seconds=sum(known) if known else None,
        timed=sum(person.timed for person in people),
        shared=len(judged),
        alpha=overall(judged, seed=0),
    )


def _action(store: Store, project_id: int, action: Action, *, texts: bool) -> NextAction:
    said = NextAction(
        kind=action.kind, title=action.title, theme=action.theme, reason=action.reason, factor=action.factor,
        items=len(action.items), gain=Estimate(action.gain, action.low, action.high), seconds=action.seconds,
    )  # fmt: skip
    if not texts:
        return said
    items = store.items(project_id, action.items[:TEXTS])
    return replace(said, texts=tuple(" ".join(item.text.split())[:EXCERPT] for item in items))
