"""The longer parts of a report: labels, trend and forecast, work done. Pure."""

from __future__ import annotations

from functools import partial

from rating.records import Estimate, LabelHealth
from recommend.records import LabelStop
from recommend.report import charts
from recommend.report.blocks import Block, Fact, Facts, Figure, Section, Table, Text, drawn
from recommend.report.records import Ahead, Report
from recommend.wording import ANSWER_WORDS, LOOKS, duration, figure, plural, reach


def labels_section(report: Report) -> Section:
    """Every label, the weakest first, with its warnings and its own stop answer."""
    found = report.rating.labels
    if not found:
        return Section("labels", "Labels", (Text("There are no labels yet. Create them while labelling."),))
    answers = {answer.label_id: answer for answer in report.stop.labels}
    ordered = sorted(found, key=lambda label: (label.ap.value is not None, label.ap.value or 0.0, label.name))
    table = Table(
        ("Label", "Average precision", "Band", "Examples", "Share of items", "Enough?", "Why it is weak, and warnings"),
        tuple(_label_row(label, answers.get(label.label_id)) for label in ordered),
        frozenset({3, 4}), frozenset({5, 6}),
    )  # fmt: skip
    chart = _label_chart(found)
    return Section("labels", "Labels", (*([chart] if chart else []), table, Text(_MEANING, small=True)))


_MEANING = (
    "Average precision: how well the model ranks the items of a label above the others, over all items of the project; 100 % is "
    "perfect. Examples are the reviewed items that carry the label. A star marks labels that the lead calls important."
)


def _label_chart(found: tuple[LabelHealth, ...]) -> Figure | None:
    known = sorted(
        (label for label in found if label.ap.value is not None), key=lambda label: (label.ap.value or 0.0, label.name)
    )
    if not known:
        return None
    weakest, poor = known[0], sum((label.ap.value or 0.0) < 0.5 for label in known)
    of = f"the weakest {charts.MOST_LABELS} of {len(known)} labels" if len(known) > charts.MOST_LABELS else "all labels"
    counted = f"{plural(poor, 'label')} below 50 %" if poor else "no label is below 50 %"
    message = (
        f"{weakest.name} is the weakest, with {figure(weakest.ap.value, 'share')} ({reach(weakest.ap, 'share')}); {counted}."
    )
    return drawn(f"Average precision in percent, with 90 % intervals: {of}", message, partial(charts.labels, found))


def _label_row(label: LabelHealth, answer: LabelStop | None) -> tuple[str, ...]:
    look = LOOKS[label.band]
    return (
        f"{label.name}{' ★' if label.important else ''}",
        f"unknown. {label.ap.reason}"
        if label.ap.value is None
        else f"{figure(label.ap.value, 'share')} ({reach(label.ap, 'share')})",
        f"{look.shape} {look.word}" if label.ap.value is not None else "○ Unknown",
        f"{label.positives:,}",
        "unknown" if label.prevalence is None else figure(label.prevalence, "share"),
        "unknown" if answer is None else f"{ANSWER_WORDS[answer.answer]}. {answer.words}",
        " ".join(label.why or label.warnings) or "–",
    )


def trend_section(report: Report) -> Section:
    """How the rating came to be what it is, and what more reviews should make of it."""
    blocks: list[Block] = [
        drawn("Model Rating (0 to 100) over reviewed items, with 90 % intervals; what is foreseen is dashed",
              f"{past_words(report)} {ahead_words(report)}{_numbers(report)}", partial(charts.trend, report)),
    ]  # fmt: skip
    if len(report.history) > 1:
        blocks.append(
            drawn("The four factors (0 to 100) over reviewed items, with 90 % intervals", _moved_most(report),
                  partial(charts.over_time, report))
        )  # fmt: skip
    return Section("trend", "Trend and forecast", (*blocks, _history(report), *([_ahead(report.ahead)] if report.ahead else [])))


def _numbers(report: Report) -> str:
    """What the numbers in the chart are, where there are any."""
    return " Numbers mark ratings before which something else had changed: see below." if charts.numbered(report.history) else ""


def past_words(report: Report) -> str:
    """The way of the rating so far in a sentence."""
    first, last = report.history[0], report.history[-1]
    now = f"{figure(last.score.value)} ({reach(last.score)}) at {last.reviewed:,} reviewed items"
    if len(report.history) == 1:
        return f"The first rating is {now}."
    return f"The rating went from {figure(first.score.value)} at {first.reviewed:,} to {now}."


def ahead_words(report: Report) -> str:
    """What further reviews should bring, and how many it takes to the target."""
    if not report.ahead:
        return "Every item is reviewed."
    step = min(report.ahead, key=lambda each: abs(each.more - 100))
    said = (
        f"{plural(step.more, 'more review')}, about {duration(step.seconds)}, should bring it to {figure(step.score.value)} "
        f"({reach(step.score)})."
    )
    if (report.rating.score.value or 0.0) >= report.target:
        return said
    if report.to_target is None:
        return f"{said} When it reaches {report.target:.0f} cannot be foreseen."
    low, high = report.to_target
    far = f"at least {low:,.0f}" if high is None else f"{low:,.0f} to {high:,.0f}"
    return f"{said} To {report.target:.0f} it takes {far} reviews."


def _moved_most(report: Report) -> str:
    """Which factor has changed most over the history."""
    first, last = report.history[0].factors, report.history[-1].factors
    moves = {f.title: _risen(first.get(f.key), last.get(f.key)) for f in report.rating.factors}
    title, by = max(moves.items(), key=lambda item: abs(item[1]))
    return f"{title} changed most: {by:+.0f} points since the first rating."


def _risen(before: Estimate | None, now: Estimate | None) -> float:
    known = before is not None and now is not None and before.value is not None and now.value is not None
    return (now.value or 0.0) - (before.value or 0.0) if known and before is not None and now is not None else 0.0


def _history(report: Report) -> Table:
    numbers = {moment.revision: number for number, moment in charts.numbered(report.history)}
    rows = tuple(
        (
            m.at[:16].replace("T", " "), f"{m.reviewed:,}", figure(m.score.value), reach(m.score) or "–", f"{m.model_version}",
            f"({numbers[m.revision]}) {'; '.join(m.changed)}" if m.changed else "–",
        )
        for m in reversed(report.history[-charts.MOMENTS:])
    )  # fmt: skip
    columns = ("Rated (UTC)", "Reviewed", "Rating", "90 % interval", "Model", "Changed before it")
    return Table(columns, rows, frozenset({1, 2, 4}), frozenset({5}))


def _ahead(steps: tuple[Ahead, ...]) -> Table:
    rows = tuple((f"{s.more:,}", duration(s.seconds), figure(s.score.value), reach(s.score)) for s in steps)
    return Table(("More reviews", "Labelling time", "Rating foreseen", "90 % range"), rows, frozenset({0, 2}))


def work_section(report: Report) -> Section:
    """What people have done: items and labels counted apart."""
    work = report.work
    known = "active time of the judgements whose time is known"
    agreed = "unknown" if work.alpha.value is None else f"{work.alpha.value:.2f}"
    span = "" if work.alpha.low is None or work.alpha.high is None else f" ({work.alpha.low:.2f} to {work.alpha.high:.2f})"
    timed, hourly = work.seconds is not None, work.per_hour
    facts = (
        Fact("Items reviewed", f"{work.items:,}", f"{plural(work.skipped, 'item')} skipped"),
        Fact("Labels assigned", f"{work.labels:,}", f"in {plural(work.judgements, 'judgement')}, {work.imported:,} imported"),
        Fact("People", f"{work.people:,}", "names are left out"),
        Fact("Active time", duration(work.seconds) if timed else "unknown", known if timed else "no judgement has a known time"),
        Fact("Throughput", "unknown" if hourly is None else f"{hourly:,.0f} an hour", "items judged in active time"),
        Fact("Agreement beyond chance", agreed + span,
             work.alpha.reason or f"Krippendorff's alpha on {plural(work.shared, 'item')}; 1 is perfect, 0 is chance"),
    )  # fmt: skip
    return Section("work", "Work done", (Facts(facts),))
