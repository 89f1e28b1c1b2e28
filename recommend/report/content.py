"""What a report says to a reader, part by part, in words, tables and charts. Pure; HTML and PDF show the same."""

from __future__ import annotations

from functools import partial

from rating.records import Estimate, Factor, band_of
from recommend.explaining import DEFINITIONS, FORMULAS
from recommend.report import charts
from recommend.report.blocks import Block, Fact, Facts, Headline, Line, Lines, Section, Table, Text, drawn
from recommend.report.method import method
from recommend.report.parts import labels_section, trend_section, work_section
from recommend.report.records import Report
from recommend.wording import ANSWER_WORDS, LOOKS, MEANINGS, figure, hours, plural, reach


def sections(report: Report) -> tuple[Section, ...]:
    """All parts, in the order of reading; a project without a rating has only what can be said of it."""
    if report.rating.score.value is None:
        return _unrated(report), work_section(report), actions_section(report), method(report)
    return (
        glance(report), stop_section(report), factors_section(report), labels_section(report), risks_section(report),
        trend_section(report), work_section(report), actions_section(report), behind(report), method(report),
    )  # fmt: skip


def title_line(report: Report) -> str:
    """What this is, of when, and of what."""
    rating = report.rating
    return (
        f"Rated {moment(report.at)} · revision {rating.revision} · model {rating.model_version} · profile {report.profile} · "
        f"Plateau {report.version}"
    )


def moment(at: str) -> str:
    """A moment to the minute, in UTC.

    >>> moment("2026-11-21T18:48:01.380444+00:00")
    '2026-11-21 18:48 UTC'
    """
    return f"{at[:16].replace('T', ' ')} UTC"


def staleness(report: Report) -> str:
    """What the rating does not know of yet; empty where it is up to date."""
    return (
        f"{plural(report.newer, 'judgement')} newer than this rating: rate again for a report of today." if report.newer else ""
    )


def _unrated(report: Report) -> Section:
    lines = tuple(Line(reason, "open") for reason in report.rating.reasons)
    words = f"{plural(report.rating.population, 'item')}, {report.rating.reviewed:,} of them reviewed."
    blocks: tuple[Block, ...] = (
        Headline("–", "none", "", MEANINGS["none"]),
        Text(words),
        Text("What is missing, and what to do about it:"),
        Lines(lines or (Line("Review some items on the Label page.", "open"),)),
    )
    return Section("glance", "No rating yet", blocks)


def glance(report: Report) -> Section:
    """The rating and what follows from it, to be taken in at once."""
    rating, stop = report.rating, report.stop
    left = hours(stop.hours) or "unknown"
    facts = (
        Fact("Enough?", ANSWER_WORDS[stop.answer], _rules_met(report)),
        Fact("Reviewed", f"{rating.reviewed:,} of {rating.population:,}", "items"),
        Fact("Labels", f"{len(rating.labels):,}", f"{len([r for r in rating.labels if r.positives])} of them with an example"),
        Fact("Labelling left", left, f"to a rating of {report.target:.0f}" if stop.hours else _why_no_hours(report)),
    )
    gauge = drawn("Model Rating, 0 to 100", gauge_words(rating.score), partial(charts.gauge, rating.score))
    span = f"90 % sure: {reach(rating.score)}"
    notes = tuple(Text(note, small=True) for note in (*rating.notes, staleness(report)) if note)
    head = Headline(figure(rating.score.value), rating.band, span, MEANINGS[rating.band])
    return Section("glance", "At a glance", (head, gauge, Facts(facts), *notes))


def _rules_met(report: Report) -> str:
    return f"{sum(verdict.met for verdict in report.stop.rules)} of {len(report.stop.rules)} rules met"


def _why_no_hours(report: Report) -> str:
    reached = (report.rating.score.value or 0.0) >= report.target
    return "the rating is at its target" if reached else "cannot be foreseen from what is known so far"


def gauge_words(score: Estimate) -> str:
    """What the gauge shows."""
    return f"{figure(score.value)} of 100: {LOOKS[band_of(score.value)].word}. With 90 % confidence it lies from {reach(score)}."


def stop_section(report: Report) -> Section:
    """Whether more labelling is worth it, by which rules, and what would change the answer."""
    stop = report.stop
    rules = tuple(Line(verdict.words, "met" if verdict.met else "open") for verdict in stop.rules)
    blocks: list[Block] = [Text(stop.headline), Lines(tuple(Line(words) for words in stop.evidence))]
    if rules:
        blocks += [Text(f"{_rules_met(report)}:"), Lines(rules)]
    if stop.reopen:
        blocks += [Text("What would change this answer:"), Lines(tuple(Line(words) for words in stop.reopen))]
    return Section("stop", f"Enough? {ANSWER_WORDS[stop.answer]}", tuple(blocks))


def factors_section(report: Report) -> Section:
    """The four factors: what each is, how much it weighs, and the weakest of them."""
    found = report.rating.factors
    known = [factor for factor in found if factor.score.value is not None]
    weakest = min(known, key=lambda factor: factor.score.value or 0.0)
    message = f"{weakest.title}: the lowest, with {figure(weakest.score.value)} ({reach(weakest.score)})."
    chart = drawn("The four factors, 0 to 100, with 90 % intervals", message, partial(charts.factors, found))
    rows = tuple(
        (f.title, figure(f.score.value), reach(f.score) or "unknown", band(f.score), figure(f.weight, "share"), f.summary)
        for f in found
    )
    table = Table(("Factor", "Score", "90 % interval", "Band", "Weight", "What it says"), rows, frozenset({1, 4}), frozenset({5}))
    return Section("factors", "What the rating is made of", (chart, table))


def band(score: Estimate) -> str:
    """A score's band as shape and word."""
    look = LOOKS[band_of(score.value)]
    return f"{look.shape} {look.word}"


def risks_section(report: Report) -> Section:
    """What may make it worse than it looks, those to act on first."""
    lines = tuple(Line(risk.words, risk.level, risk.title) for risk in report.risks)
    return Section("risks", "Risks", (Lines(lines),))


def actions_section(report: Report) -> Section:
    """What to do next, best first."""
    if not report.actions:
        words = "No action is on offer: nothing is left to do." if report.rating.score.value is not None else _BEGIN
        return Section("next", "What to do next", (Text(words),))
    blocks: list[Block] = [
        Table(
            ("Action", "About", "Items", "Minutes", "Points", "Why"),
            tuple((a.title, a.theme, f"{a.items:,}", f"{a.seconds / 60:.1f}", gained(a.gain), a.reason) for a in report.actions),
            frozenset({2, 3}), frozenset({5}),
        )
    ]  # fmt: skip
    for action in report.actions:
        if action.texts:
            lines = tuple(Line(text) for text in action.texts)
            blocks += [Text(f"From “{action.title}: {action.theme}”:"), Lines(lines)]
    return Section("next", "What to do next", tuple(blocks))


_BEGIN = "Begin on the Label page of the app: Discover themes, or Shuffle ten."


def gained(gain: Estimate) -> str:
    """What an action should bring, in rating points, with its 90 % range.

    >>> gained(Estimate(0.53, 0.09, 1.05)), gained(Estimate(None))
    ('+0.53 (+0.09 to +1.05)', 'unknown')
    """
    if gain.value is None:
        return "unknown"
    span = "" if gain.low is None or gain.high is None else f" ({gain.low:+.2f} to {gain.high:+.2f})"
    return f"{gain.value:+.2f}{span}"


def behind(report: Report) -> Section:
    """Every value that the factors consist of, with its definition."""
    blocks: list[Block] = []
    for factor in report.rating.factors:
        what = f"{factor.title}: {figure(factor.score.value)}. {DEFINITIONS[factor.key]} {FORMULAS[factor.key]}"
        blocks += [Text(what), _contributors(factor)]
    return Section("behind", "What is behind each factor", tuple(blocks))


def _contributors(factor: Factor) -> Table:
    rows = tuple(
        (
            c.title, "unknown" if c.estimate.value is None else figure(c.estimate.value, c.unit),
            reach(c.estimate, c.unit) or "–", c.aim or "–", f"{c.definition} {c.estimate.reason}".strip(),
        )
        for c in factor.contributors
    )  # fmt: skip
    return Table(("Measured", "Value", "90 % interval", "Aim", "What it is"), rows, frozenset({1}), frozenset({4}))
