"""What an item's media cell refers to: a picture below the database's folder, or an address that is only shown."""

from __future__ import annotations

import html
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError

#: No larger picture is read: it would take the page's memory.
LARGEST = 40_000_000


def picture(media: str, folder: Path) -> bytes | None:
    """The content of a picture below this folder or its ``media`` folder; None for anything else, readable or not."""
    home = folder.resolve()
    for base in (home, home / "media"):
        try:
            path = (base / media).resolve()
            if path.is_relative_to(home) and path.is_file() and path.stat().st_size <= LARGEST:
                return _checked(path)
        except (OSError, ValueError, UnidentifiedImageError, Image.DecompressionBombError):
            continue
    return None


def _checked(path: Path) -> bytes:
    """The file's bytes, once they have been decoded whole."""
    with Image.open(path) as image:
        image.load()
    return path.read_bytes()


def address(media: str) -> str | None:
    """A web address as a link that is opened only when clicked; None when it is no http address.

    >>> address("https://example.invalid/a.png")
    '<a href="https://example.invalid/a.png" target="_blank" rel="noopener noreferrer">https://example.invalid/a.png</a>'
    """
    try:
        parts = urlsplit(media)
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return None
    shown = html.escape(media)
    return f'<a href="{shown}" target="_blank" rel="noopener noreferrer">{html.escape(media[:120])}</a>'
