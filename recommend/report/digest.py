"""A report in some twenty lines of Markdown, for a message. Pure."""

from __future__ import annotations

import re

from recommend.report.blocks import MARKS
from recommend.report.content import gained, moment, staleness
from recommend.report.parts import ahead_words, past_words
from recommend.report.records import Report
from recommend.wording import LOOKS, MEANINGS, duration, figure, hours, plural, reach

RISKS, ACTIONS = 4, 3


def as_markdown(report: Report) -> str:
    """The digest; names from people and files are escaped, so that Markdown shows them as they stand."""
    lines = [f"# {plain(report.project)} – {_headline(report)}", "", *_body(report), "", _source(report)]
    return "\n".join(lines) + "\n"


def _headline(report: Report) -> str:
    rating = report.rating
    if rating.score.value is None:
        return "no rating yet"
    look = LOOKS[rating.band]
    return f"Model Rating {figure(rating.score.value)} {look.shape} {look.word} (90 % interval {reach(rating.score)})"


def _body(report: Report) -> list[str]:
    if report.rating.score.value is None:
        return [MEANINGS["none"], "", *(f"- {plain(reason)}" for reason in report.rating.reasons)]
    stop, work = report.stop, report.work
    left = hours(stop.hours)
    lines = [
        f"{MEANINGS[report.rating.band]} {staleness(report)}".strip(),
        "",
        f"**Enough?** {plain(stop.headline)}{f' {left} of labelling to the target.' if left else ''}",
        "",
        *(f"- {f.title} {figure(f.score.value)} ({reach(f.score)}), {LOOKS[f.band].word}" for f in report.rating.factors),
        "",
        f"{past_words(report)} {ahead_words(report)}",
        "",
        f"**Work**: {work.items:,} of {plural(report.rating.population, 'item')} reviewed, {work.labels:,} labels assigned, "
        f"{'1 person' if work.people == 1 else f'{work.people:,} people'}, active time {_time(work.seconds)}.",
    ]
    return [*lines, *_risks(report), *_actions(report)]


def _time(seconds: float | None) -> str:
    return "unknown" if seconds is None else duration(seconds)


def _risks(report: Report) -> list[str]:
    found = [risk for risk in report.risks if risk.level in ("act", "watch")][:RISKS]
    return ["", *(f"- {MARKS[risk.level][0]} {plain(risk.title)}: {plain(risk.words)}" for risk in found)] if found else []


def _actions(report: Report) -> list[str]:
    if not report.actions:
        return []
    words = [
        f"{k}. {plain(a.title)}: {plain(a.theme)} ({plural(a.items, 'item')}, {duration(a.seconds)}, {gained(a.gain)} points)"
        for k, a in enumerate(report.actions[:ACTIONS], start=1)
    ]
    return ["", "**Next**", "", *words]


def _source(report: Report) -> str:
    rating = report.rating
    return f"*Rated {moment(report.at)}, revision {rating.revision}, model {rating.model_version}, Plateau {report.version}*"


def plain(text: str) -> str:
    """Text as Markdown shows it as it stands.

    >>> plain("A_b <i> [c](d)")
    'A\\\\_b \\\\<i\\\\> \\\\[c\\\\](d)'
    """
    return re.sub(r"([\\`*_\[\]~#<>|])", r"\\\1", text)
