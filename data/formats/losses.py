"""What a format cannot carry of a project, counted and in words, before anything is written."""

from __future__ import annotations

from collections.abc import Sequence

from data.formats.base import Keeps
from data.formats.exporting import writable
from data.store import Store

#: What each part of Keeps is called, for so many of the project's.
_WORDS = {
    "no_label": "that items were reviewed and got no label ({n})",
    "skipped": "skipped items ({n})",
    "dismissed": "explicit noes (in {n} reviews)",
    "partial": "that only some labels were judged (in {n} reviews)",
    "scores": "a model's confidence for each label ({n} predictions)",
    "annotator": "who gave a review ({n})",
    "several": "what several people said of the same item ({n} items)",
    "time": "when a review was given ({n})",
    "seconds": "how many seconds a review took ({n})",
    "pool": "unreviewed items ({n})",
    "source": "why an item was shown (in {n} reviews)",
    "note": "notes and doubts (in {n} reviews)",
    "metadata": "further fields (of {n} items)",
    "media": "images (of {n} items)",
    "confirmed": "which labels were confirmed suggestions (in {n} reviews)",
    "unknown": "which labels were not in use at a review, or reset since, so that it says nothing of them (in {n} reviews)",
}


def losses(store: Store, project_id: int, key: str, item_ids: Sequence[int] | None = None) -> list[str]:
    """What would be lost, or carried in part, if this project were written in this format: a sentence each; none if nothing.

    Of these items alone, where some are named. Raises InvalidInput when there is no such format to write.
    """
    tool, facts = writable(key), store.facts(project_id, item_ids)
    return [
        _sentence(tool.title, _WORDS[part].format(n=f"{facts[part]:,}"), kept)
        for part in Keeps.__dataclass_fields__
        if facts[part] and (kept := getattr(tool.keeps, part)) is not True
    ]


def _sentence(title: str, what: str, kept: bool | str) -> str:
    return f"{title} cannot carry {what}." if kept is False else f"{title} carries {what} in part: {kept}."
