"""``python -m recommend --done``: what the actions done have promised and brought, and how well each kind keeps its promises."""

from __future__ import annotations

import json
from typing import Any

from data.store import Store
from recommend.records import TITLES
from recommend.settle import learned


def told(store: Store, project_id: int, *, as_json: bool) -> str:
    """The actions done, newest first, as text or as one JSON document; rates nothing anew."""
    found = done_document(store, project_id)
    return json.dumps(found, ensure_ascii=False) if as_json else done_text(found)


def done_document(store: Store, project_id: int) -> dict[str, Any]:
    """Every action done with its promised range and realised gain in rating points, None while unknown; and by kind the ratio.

    ``efficacy`` is what the promises of a kind are multiplied by from now on.
    """
    actions = sorted(store.actions(project_id, "done"), key=lambda action: (action.done_at or "", action.id), reverse=True)
    known = learned(store, project_id)
    rows = [
        {
            "id": a.id, "kind": a.kind, "theme": a.theme, "items": len(a.item_ids), "done_at": a.done_at,
            "predicted": a.predicted_gain, "low": (a.promise or {}).get("low"), "high": (a.promise or {}).get("high"),
            "realised": a.realised_gain, "predicted_seconds": a.predicted_seconds, "seconds": a.seconds,
        }
        for a in actions
    ]  # fmt: skip
    return {"actions": rows, "efficacy": {kind: known.mean(kind) for kind in dict.fromkeys(a.kind for a in actions)}}


def done_text(found: dict[str, Any]) -> str:
    """The same in words."""
    if not found["actions"]:
        return "No action is done yet. Finish one on the Label page, and it is held to its promise here."
    titles = {str(kind): title for kind, title in TITLES.items()}
    lines = [
        f"[{row['id']}] {titles.get(row['kind'], row['kind'])}: {row['theme']} ({row['items']} items)\n"
        f"    promised {_points(row['predicted'])}{_range(row['low'], row['high'])}, brought {_points(row['realised'])}"
        for row in found["actions"]
    ]
    kept = ", ".join(f"{titles.get(kind, kind)} {ratio:.2f}" for kind, ratio in found["efficacy"].items())
    return "\n".join([*lines, "", f"Promises are now multiplied by: {kept}."])


def _points(value: float | None) -> str:
    return "what is not known yet" if value is None else f"{value:+.2f} points"


def _range(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f" ({low:.2f} to {high:.2f})"
