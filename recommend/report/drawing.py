"""A picture as a list of simple shapes, in points from the top left, that SVG and PDF can both draw. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Literal

from rating.records import Band
from recommend.wording import LOOKS

#: Colours by their part in a picture; each has one for day and one for night.
Ink = Literal["ink", "soft", "grid", "paper", "line", "target", "poor", "average", "good", "excellent", "none"]
Anchor = Literal["start", "middle", "end"]
Point = tuple[float, float]

INKS: dict[Ink, tuple[str, str]] = {
    "ink": ("#22302f", "#e4eae6"),
    "soft": ("#56625f", "#a3b0ac"),
    "grid": ("#d9ddd6", "#2f3a3b"),
    "paper": ("#fbfaf6", "#121a1b"),
    "line": ("#1f655f", "#6cc0b4"),
    "target": ("#8a4b9c", "#cf9be0"),
    "poor": (LOOKS["poor"].light, LOOKS["poor"].dark),
    "average": (LOOKS["average"].light, LOOKS["average"].dark),
    "good": (LOOKS["good"].light, LOOKS["good"].dark),
    "excellent": (LOOKS["excellent"].light, LOOKS["excellent"].dark),
    "none": (LOOKS["none"].light, LOOKS["none"].dark),
}


@dataclass(frozen=True, slots=True)
class Path:
    """A line through points, or with ``fill`` the area within them; ``dash`` where it is broken."""

    points: tuple[Point, ...]
    ink: Ink
    width: float = 1.0
    dash: bool = False
    fill: bool = False
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Disc:
    """A filled circle; ``hollow`` ones are filled with paper."""

    at: Point
    radius: float
    ink: Ink
    hollow: bool = False


@dataclass(frozen=True, slots=True)
class Words:
    """A line of text; ``at`` is on its baseline."""

    at: Point
    text: str
    size: float = 12.0
    anchor: Anchor = "start"
    ink: Ink = "ink"
    bold: bool = False


Shape = Path | Disc | Words


@dataclass(frozen=True, slots=True)
class Drawing:
    """Shapes on a sheet of this size, later ones on top."""

    width: float
    height: float
    shapes: tuple[Shape, ...]


def line(start: Point, end: Point, ink: Ink, width: float = 1.0, *, dash: bool = False, opacity: float = 1.0) -> Path:
    """A straight line."""
    return Path((start, end), ink, width, dash, opacity=opacity)


def box(left: float, top: float, width: float, height: float, ink: Ink, opacity: float = 1.0) -> Path:
    """A filled rectangle."""
    corners = ((left, top), (left + width, top), (left + width, top + height), (left, top + height))
    return Path(corners, ink, fill=True, opacity=opacity)


def mark(band: Band, at: Point, size: float = 6.0) -> Shape:
    """The shape of a band, so that it is told without colour: triangles, a diamond, a circle; a ring for no rating."""
    x, y = at
    turned = {
        "poor": ((x - size, y - 0.8 * size), (x + size, y - 0.8 * size), (x, y + size)),
        "average": ((x, y - size), (x + size, y), (x, y + size), (x - size, y)),
        "excellent": ((x - size, y + 0.8 * size), (x + size, y + 0.8 * size), (x, y - size)),
    }
    if band in turned:
        return Path(turned[band], band, fill=True)
    return Disc(at, 0.9 * size, band, hollow=band == "none")


def svg(drawing: Drawing, title: str, classes: str = "") -> str:
    """The drawing as SVG whose colours are classes ``f-INK`` (filled) and ``s-INK`` (stroked), for a style sheet to say."""
    name = f' class="{classes}"' if classes else ""
    shapes = "".join(_svg_shape(shape) for shape in drawing.shapes)
    return (
        f'<svg{name} viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" role="img" aria-label="{escape(title)}">'
        f"{shapes}</svg>"
    )


def _svg_shape(shape: Shape) -> str:
    if isinstance(shape, Words):
        weight = ' font-weight="600"' if shape.bold else ""
        anchor = "" if shape.anchor == "start" else f' text-anchor="{shape.anchor}"'
        place = f'x="{_n(shape.at[0])}" y="{_n(shape.at[1])}" font-size="{_n(shape.size)}"'
        return f'<text class="f-{shape.ink}" {place}{anchor}{weight}>{escape(shape.text)}</text>'
    if isinstance(shape, Disc):
        filled = "f-paper" if shape.hollow else f"f-{shape.ink}"
        place = f'cx="{_n(shape.at[0])}" cy="{_n(shape.at[1])}" r="{_n(shape.radius)}"'
        return f'<circle class="{filled} s-{shape.ink}" {place} stroke-width="1.6"/>'
    return f"<path {' '.join(_path_attributes(shape))}/>"


def _path_attributes(path: Path) -> Iterator[str]:
    places = " ".join(f"{_n(x)} {_n(y)}" for x, y in path.points)
    yield f'class="{"f" if path.fill else "s"}-{path.ink}"'
    yield f'd="M{places}{"Z" if path.fill else ""}"'
    if not path.fill:
        yield f'fill="none" stroke-width="{_n(path.width)}"'
    if path.dash:
        yield 'stroke-dasharray="5 4"'
    if path.opacity < 1.0:
        yield f'{"fill" if path.fill else "stroke"}-opacity="{_n(path.opacity)}"'


def style(night: bool) -> str:
    """The inks as CSS variables."""
    return "".join(f"--{ink}:{colours[night]};" for ink, colours in INKS.items())


def classes() -> str:
    """The rules that give shapes their ink."""
    return "".join(f".f-{ink}{{fill:var(--{ink})}}.s-{ink}{{stroke:var(--{ink})}}" for ink in INKS)


def _n(value: float) -> str:
    """A number with at most one decimal.

    >>> _n(3.0), _n(2.46)
    ('3', '2.5')
    """
    return f"{value:.1f}".removesuffix(".0")


def cut(text: str, most: int) -> str:
    """A text that has to fit, its end left out.

    >>> cut("Delivery > Missed appointment", 12)
    'Delivery > …'
    """
    return text if len(text) <= most else text[: most - 1] + "…"


def ticks(low: float, high: float, most: int = 5) -> Sequence[float]:
    """Round numbers that span a range, at most ``most`` steps.

    >>> list(ticks(0, 288)), list(ticks(3, 4))
    ([0.0, 100.0, 200.0, 300.0], [0.0, 1.0, 2.0, 3.0, 4.0])
    """
    start = 0.0 if low < high / 2 or low < most else low
    step = next(
        size * power
        for power in (10.0**k for k in range(12))
        for size in (1.0, 2.0, 5.0)
        if (high - start) / (size * power) <= most
    )
    first = step * (start // step)
    count = -int(-(high - first) // step)
    return [first + step * k for k in range(count + 1)]
