"""The pictures of a report, each for any width: reports in, drawings out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rating.records import BAND_EDGES, Band, Estimate, Factor, LabelHealth, band_of
from recommend.report.drawing import Anchor, Disc, Drawing, Path, Point, Shape, Words, box, cut, line, mark, ticks
from recommend.report.records import Moment, Report
from recommend.wording import LOOKS, figure

#: A chart shows the weakest of the labels; tables have all.
MOST_LABELS = 20
#: So many ratings of the history stand in the table, and have numbers where something had changed; the workbook has all.
MOMENTS = 20
STEPS: tuple[tuple[Band, float, float, float], ...] = (
    ("poor", 0.0, 50.0, 0.3), ("average", 50.0, 70.0, 0.53), ("good", 70.0, 90.0, 0.77), ("excellent", 90.0, 100.0, 1.0),
)  # fmt: skip
_EDGES = sorted(edge for edge, _ in BAND_EDGES if edge > 0)


@dataclass(frozen=True, slots=True)
class Frame:
    """Where a chart's values lie: from ``low`` to ``high`` across, and 0 to 100 upwards, within these sides."""

    left: float
    top: float
    right: float
    bottom: float
    low: float
    high: float

    def x(self, value: float) -> float:
        """Where a value stands across."""
        return self.left + (self.right - self.left) * (value - self.low) / max(self.high - self.low, 1e-9)

    def y(self, value: float) -> float:
        """Where a score from 0 to 100 stands."""
        return self.bottom - (self.bottom - self.top) * value / 100.0


def gauge(estimate: Estimate, width: float) -> Drawing:
    """Terraces that rise to a plateau, the rating on them, and its interval below; empty ones while there is no rating."""
    tall, left, span = 70.0, 8.0, width - 16.0
    shapes: list[Shape] = []
    for band, low, high, share in STEPS:
        x, wide, height = left + span * low / 100.0, span * (high - low) / 100.0 - 2.0, tall * share
        reached = band_of(estimate.value) == band
        shapes += [box(x, tall - height, wide, height, band, 0.75 if reached else 0.25), box(x, tall - height, wide, 3, band)]
        if wide > 50.0:
            shapes.append(Words((x + 6.0, tall + 32.0), LOOKS[band].word, 11.0, ink="soft"))
    shapes += [Words((left + span * at / 100.0, tall + 48.0), f"{at}", 11.0, _side(at), "soft") for at in (0, 50, 70, 90, 100)]
    if estimate.low is not None and estimate.high is not None:
        reach = span * max(estimate.high - estimate.low, 0.5) / 100.0
        shapes.append(box(left + span * estimate.low / 100.0, tall + 7.0, reach, 6.0, "soft", 0.55))
    if estimate.value is not None:
        at = left + span * estimate.value / 100.0
        shapes += [line((at, 0.0), (at, tall + 10.0), "ink", 2.0), Disc((at, tall + 10.0), 6.0, "ink")]
    return Drawing(width, tall + 54.0, tuple(shapes))


def _side(at: int) -> Anchor:
    return "start" if at == 0 else "end" if at == 100 else "middle"


def factors(found: Sequence[Factor], width: float) -> Drawing:
    """Each factor's score with its interval on the scale of 0 to 100."""
    rows = [(factor.title, factor.score) for factor in found]
    return _dots(rows, width, row=40.0, named=128.0 if width < 500 else 170.0, digits=True)


def labels(found: Sequence[LabelHealth], width: float) -> Drawing:
    """The weakest labels' average precision in percent with their intervals, the weakest on top."""
    known = sorted(
        (label for label in found if label.ap.value is not None), key=lambda label: (label.ap.value or 0.0, label.name)
    )
    rows = [(label.name, label.ap.scaled(100.0)) for label in known[:MOST_LABELS]]
    return _dots(rows, width, row=24.0, named=140.0 if width < 500 else 240.0, digits=False)


def _dots(rows: Sequence[tuple[str, Estimate]], width: float, *, row: float, named: float, digits: bool) -> Drawing:
    """A line for each row: its name, the interval as a bar, and the value as the mark of its band."""
    frame = Frame(named, 20.0, width - (38.0 if digits else 14.0), 20.0 + row * len(rows), 0.0, 100.0)
    shapes: list[Shape] = []
    for edge in (0.0, *_EDGES, 100.0):
        shapes.append(line((frame.x(edge), frame.top - 6.0), (frame.x(edge), frame.bottom), "grid"))
        shapes.append(Words((frame.x(edge), frame.top - 10.0), f"{edge:.0f}", 10.0, "middle", "soft"))
    for k, (name, estimate) in enumerate(rows):
        y = frame.top + row * (k + 0.5)
        shapes.append(Words((named - 12.0, y + 4.0), cut(name, int((named - 14.0) / 6.6)), 11.5, "end"))
        shapes += _dot(estimate, frame, y, digits=digits)
    return Drawing(width, frame.bottom + 6.0, tuple(shapes))


def _dot(estimate: Estimate, frame: Frame, y: float, *, digits: bool) -> list[Shape]:
    if estimate.value is None:
        return [Words((frame.x(0.0) + 6.0, y + 4.0), "unknown", 11.0, ink="soft")]
    band, found = band_of(estimate.value), list[Shape]()
    if estimate.low is not None and estimate.high is not None:
        found.append(line((frame.x(estimate.low), y), (frame.x(estimate.high), y), band, 4.0, opacity=0.45))
    found.append(mark(band, (frame.x(estimate.value), y)))
    if digits:
        found.append(Words((frame.right + 10.0, y + 4.0), figure(estimate.value), 13.0, bold=True))
    return found


def trend(report: Report, width: float) -> Drawing:
    """The rating over the number of reviewed items, with its interval, what is foreseen, the target, and what happened."""
    furthest = max([moment.reviewed for moment in report.history] + [step.reviewed for step in report.ahead])
    marks = ticks(min(moment.reviewed for moment in report.history), furthest, 4 if width < 500 else 7)
    frame = Frame(34.0, 14.0, width - 16.0, 264.0, marks[0], marks[-1])
    past = [(moment.reviewed, moment.score) for moment in report.history]
    now = past[-1]
    ahead = [now, *((step.reviewed, step.score) for step in report.ahead)]
    shapes = [
        *_grid(frame, marks, "Reviewed items"),
        line(_at(frame, marks[0], report.target), _at(frame, marks[-1], report.target), "target", 1.5, dash=True),
    ]
    shapes.append(Words((frame.left + 4.0, frame.y(report.target) - 6.0), f"target {report.target:.0f}", 11.0, ink="target"))
    shapes += [*_spread(frame, ahead, 0.13), *_spread(frame, past, 0.25)]
    shapes += [_through(frame, ahead, dash=True), _through(frame, past)]
    shapes += [Disc(_at(frame, x, e.value or 0.0), 3.4, "line", hollow=True) for x, e in ahead[1:]]
    shapes += [Disc(_at(frame, x, e.value or 0.0), 4.0, "line") for x, e in past]
    for number, moment in numbered(report.history):
        x = frame.x(moment.reviewed)
        shapes += [
            line((x, frame.bottom - 16.0), (x, frame.bottom), "soft", 1.2),
            Words((x, frame.bottom - 20.0), f"{number}", 10.5, "middle", "soft", bold=True),
        ]
    return Drawing(width, 304.0, tuple(shapes))


def numbered(history: Sequence[Moment]) -> list[tuple[int, Moment]]:
    """The moments before which something had changed, numbered as in the chart and in the table below it."""
    return list(enumerate((moment for moment in history[-MOMENTS:] if moment.changed), start=1))


def over_time(report: Report, width: float) -> Drawing:
    """Each factor over the number of reviewed items, in a panel of its own, with its interval."""
    across = 1 if width < 500 else 2
    wide, tall = width / across, 150.0
    marks = ticks(min(moment.reviewed for moment in report.history), report.history[-1].reviewed, 4)
    shapes: list[Shape] = []
    for k, factor in enumerate(report.rating.factors):
        left, top = wide * (k % across), tall * (k // across)
        frame = Frame(left + 34.0, top + 26.0, left + wide - 16.0, top + tall - 24.0, marks[0], marks[-1])
        past = [(moment.reviewed, moment.factors[factor.key]) for moment in report.history if factor.key in moment.factors]
        shapes += [Words((left + 34.0, top + 14.0), factor.title, 12.0, bold=True), *_grid(frame, marks, "")]
        shapes += [*_spread(frame, past, 0.25), _through(frame, past)]
        shapes += [Disc(_at(frame, x, e.value), 3.0, "line") for x, e in past if e.value is not None]
    return Drawing(width, tall * -(-len(report.rating.factors) // across), tuple(shapes))


def _grid(frame: Frame, marks: Sequence[float], across: str) -> list[Shape]:
    """Lines at the bands' edges with their numbers, and the scale below."""
    found: list[Shape] = []
    for edge in (0.0, *_EDGES, 100.0):
        found.append(line((frame.left, frame.y(edge)), (frame.right, frame.y(edge)), "grid"))
        found.append(Words((frame.left - 6.0, frame.y(edge) + 4.0), f"{edge:.0f}", 10.5, "end", "soft"))
    for at in marks:
        anchor: Anchor = "end" if at == marks[-1] else "middle"
        found.append(Words((frame.x(at), frame.bottom + 16.0), f"{at:,.0f}", 10.5, anchor, "soft"))
    if across:
        found.append(Words(((frame.left + frame.right) / 2.0, frame.bottom + 34.0), across, 11.0, "middle", "soft"))
    return found


Values = Sequence[tuple[float, Estimate]]


def _spread(frame: Frame, values: Values, opacity: float) -> list[Shape]:
    """The area between the ends of the intervals; a bar where there is but one."""
    known = [(x, e.low, e.high) for x, e in values if e.low is not None and e.high is not None]
    if len(known) == 1:
        x, low, high = known[0]
        return [line(_at(frame, x, low), _at(frame, x, high), "line", 4.0, opacity=0.45)]
    upper, lower = [_at(frame, x, high) for x, _, high in known], [_at(frame, x, low) for x, low, _ in known]
    return [Path((*upper, *reversed(lower)), "line", fill=True, opacity=opacity)] if known else []


def _through(frame: Frame, values: Values, *, dash: bool = False) -> Path:
    return Path(tuple(_at(frame, x, e.value) for x, e in values if e.value is not None), "line", 2.2, dash)


def _at(frame: Frame, x: float, score: float) -> Point:
    return frame.x(x), frame.y(score)
