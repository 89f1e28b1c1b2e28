"""What an item's media cell refers to: a picture below the database's folder, or an address that is only shown."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image, UnidentifiedImageError

#: No larger picture is read: it would take the page's memory.
LARGEST = 40_000_000
#: Pixels and bytes beyond which a picture is made smaller before it is sent to a browser, and the kinds that all browsers show.
WIDEST, HEAVIEST, WEB = 1200, 400_000, ("PNG", "JPEG", "GIF", "WEBP")


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


def small(content: bytes) -> str:
    """A picture as a data address, made smaller where it is larger than a screen shows."""
    with Image.open(io.BytesIO(content)) as image:
        kind = image.format or "PNG"
        if max(image.size) > WIDEST or len(content) > HEAVIEST or kind not in WEB:
            smaller, out = image.convert("RGB"), io.BytesIO()
            smaller.thumbnail((WIDEST, WIDEST))
            smaller.save(out, "JPEG", quality=85)
            content, kind = out.getvalue(), "JPEG"
    return f"data:image/{kind.lower()};base64,{base64.b64encode(content).decode()}"


def web(media: str) -> bool:
    """Whether this is a web address.

    >>> web("https://example.invalid/a.png"), web("a.png"), web("https://[x")
    (True, False, False)
    """
    try:
        parts = urlsplit(media)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
