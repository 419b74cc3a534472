"""Still figures, for paper: how mien's reports draw them, as PNG and SVG by matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from io import BytesIO
from typing import Any, ParamSpec, TypeVar

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import Formatter

from mien.progress import Progress
from mien.report.folder import Staged
from mien.report.language import DEFAULT, language, told

ORIGINAL, RESULT, CEILING = "#3b6fb6", "#d1691c", "#7a7a7a"
"""Colours that stay apart for the colour-blind; line widths and marks differ as well."""
WIDTH = 7.2
"""Inches: within the margins of A4."""
LONG = 6000
"""Frames from which curves in an SVG are pixels: as paths they would be megabytes."""
_DPI = 120  # of figures as PNG
_AS_WRITTEN = "_as written"  # label of such texts; none of matplotlib's begins so
_LONGEST_NAME = 120  # bytes of a file's name without its ending
Made = tuple[str, str, Figure] | None
"""Name, caption and figure of a drawing; None where there is nothing to draw."""
_STYLE: Any = {
    "font.size": 8.5,
    "axes.titlesize": 9.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "legend.frameon": False,
    "svg.hashsalt": "mien",
    "svg.fonttype": "path",
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
}
P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Drawing:
    """One figure."""

    name: str
    """By which a page finds it; its file is called so as far as files can be."""
    caption: str
    """What it shows, in one sentence; also its text alternative."""
    png: bytes
    """As PNG."""
    svg: bytes
    """As SVG."""


def drawn(make: Callable[P, T]) -> Callable[P, T]:
    """Let a function draw in the style of all figures of mien's reports."""

    @wraps(make)
    def within(*args: P.args, **kwargs: P.kwargs) -> T:
        import matplotlib

        with matplotlib.rc_context(_STYLE):
            return make(*args, **kwargs)

    return within


def canvas(height: float, width: float = WIDTH) -> Figure:
    """An empty figure, inches."""
    return Figure(figsize=(width, height), layout="constrained")


def at_most(axis: Any, most: float) -> None:
    """End a vertical axis where what it shows must end: at 100 of per cent, at 1 of shares.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        With everything drawn on it.
    most : float
        What no value exceeds.
    """
    axis.set_ylim(top=min(most, axis.get_ylim()[1]))


def as_written(*texts: Text) -> None:
    """Let texts of a figure stay as they are: names, somebody's own words, what was told before."""
    for text in texts:
        text.set_label(_AS_WRITTEN)


def finish(name: str, caption: str, figure: Figure) -> Drawing:
    """Write a figure as PNG and SVG, without a date, in the language that is written now."""
    if language() != DEFAULT:
        _tell(figure)
    FigureCanvasAgg(figure)
    figure.set_dpi(_DPI)
    layout = figure.get_layout_engine()
    if layout is not None:
        layout.execute(figure)
        figure.set_layout_engine(None)  # else it is drawn twice for each file, once to lay it out
    png, svg = BytesIO(), BytesIO()
    figure.savefig(png, format="png", dpi=_DPI, metadata={"Software": None})
    figure.savefig(svg, format="svg", metadata={"Date": None, "Creator": None})
    return Drawing(name, told(caption), png.getvalue(), svg.getvalue())


class _ToldFormatter(Formatter):
    """Labels of ticks as another formatter gives them, in the language that is written now."""

    def __init__(self, inner: Formatter) -> None:
        self._inner = inner

    def __call__(self, x: float, pos: int | None = None) -> str:
        return told(self._inner(x, pos))

    def format_ticks(self, values: list[float]) -> list[str]:
        labels = self._inner.format_ticks(values)
        return [label if label.startswith("$") else told(label) for label in labels]

    def get_offset(self) -> str:
        return told(self._inner.get_offset())

    def set_locs(self, locs: Any) -> None:
        self._inner.set_locs(locs)


def _tell(figure: Figure) -> None:
    """Put everything that a figure says into the language that is written now."""
    both = [axis for axes in figure.axes for axis in (axes.xaxis, axes.yaxis)]
    ticks = {
        label
        for axis in both
        for one in axis.get_major_ticks()
        for label in (one.label1, one.label2)
    }
    for text in figure.findobj(Text):
        if text not in ticks and text.get_label() != _AS_WRITTEN:
            text.set_text(told(text.get_text()))  # type: ignore[attr-defined]  # they are Text
    for axis in both:
        given = axis.get_major_formatter()
        if not isinstance(given, _ToldFormatter):  # axes that are shared share it
            axis.set_major_formatter(_ToldFormatter(given))


def put(
    drawings: Iterable[Drawing], staged: Staged, progress: Progress | None = None
) -> dict[str, Drawing]:
    """Write figures into the folder ``figures`` of a report as they are made.

    Parameters
    ----------
    drawings : iterable of Drawing
    staged : Staged
        The report.
    progress : callable, optional
        Called as ``progress("drawing", done, None)``.

    Returns
    -------
    drawings : dict of Drawing
        By their names, in order.
    """
    done: dict[str, Drawing] = {}
    names: set[str] = set()
    for drawing in drawings:
        name = _file_name(drawing.name, names)
        staged.write(f"figures/{name}.png", drawing.png)
        staged.write(f"figures/{name}.svg", drawing.svg)
        done[drawing.name] = drawing
        if progress is not None:
            progress("drawing", len(done), None)
    return done


def _file_name(name: str, taken: set[str]) -> str:
    """What a file is called after a drawing, whatever people call things; no name comes twice."""
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in name)
    while len(plain.encode()) > _LONGEST_NAME:
        plain = plain[:-1]
    plain = plain.lstrip(".") or "figure"
    found, number = plain, 1
    while found.casefold() in taken:
        number += 1
        found = f"{plain}-{number}"
    taken.add(found.casefold())
    return found
