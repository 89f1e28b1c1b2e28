"""The report in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def digest(report: Mapping[str, Any]) -> str:
    """A report as Markdown: the rating, its factors, the stop answer, and what to do next."""
    head = [f"# {_plain(report['project'])}", "", f"{report['reviewed']:,} of {report['items']:,} items are reviewed."]
    return "\n".join([*head, "", *_rating(report["rating"]), *_stop(report["stop"]), *_actions(report["next_actions"]), ""])


def _rating(rating: Mapping[str, Any] | None) -> list[str]:
    if rating is None:
        return ["No rating yet."]
    if rating["value"] is None:
        return ["No rating yet:", "", *(f"- {_plain(reason)}" for reason in rating["details"].get("reasons", []))]
    lines = [
        f"**Model Rating {_score(rating)}**, {rating['band']}, as of {rating['created_at'][:16].replace('T', ' ')} UTC.", "",
        "| Factor | Score | |", "| --- | --- | --- |",
    ]  # fmt: skip
    factors = rating["details"].get("factors", [])
    return lines + [f"| {factor['title']} | {_score(factor['score'])} | {_plain(factor['summary'])} |" for factor in factors]


def _score(estimate: Mapping[str, Any]) -> str:
    if estimate["value"] is None:
        return "unknown"
    bounds = "" if estimate["low"] is None else f" ({estimate['low']:.0f} to {estimate['high']:.0f})"
    return f"{estimate['value']:.0f}{bounds}"


def _stop(stop: Mapping[str, Any] | None) -> list[str]:
    return [] if stop is None else ["", "## Whether to stop", "", _plain(stop["headline"])]


def _actions(actions: list[Mapping[str, Any]]) -> list[str]:
    rows = [
        f"- {_plain(action['theme'])} ({action['kind'].replace('_', ' ')}, {action['items']} items, about "
        f"{max(action['predicted_seconds'] / 60, 1):.0f} minutes): {_plain(action['reason'])}"
        for action in actions[:5]
    ]
    return ["", "## Next", "", *rows] if rows else []


def _plain(words: str) -> str:
    """Words as they are, whatever marks of Markdown they hold.

    >>> print(_plain("a|b *c*"))
    a\\|b \\*c\\*
    """
    return "".join(f"\\{mark}" if mark in "\\`*_[]<>|#" else mark for mark in " ".join(words.split()))
