"""Engines beside each other on one clip: which keeps what, which hides whom."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.data_frame import of_rows
from mien.engines import ENGINES, Weights
from mien.engines.published import PUBLISHED
from mien.errors import MienError, ParameterError
from mien.evidence.baselines import write_baseline
from mien.evidence.evaluate import evaluate
from mien.evidence.metrics import Metrics
from mien.evidence.original import Original
from mien.fidelity.figures import FIGURES, look_up
from mien.fidelity.profile import Profile
from mien.pipeline.deidentify import deidentify
from mien.pipeline.settings import Settings, Thoroughness
from mien.progress import Progress, staged_as, usual
from mien.shown import Shown, new_axes

if TYPE_CHECKING:
    import pandas

COLUMNS = (
    ("r_x", "dynamics.r_x", ".3f"),
    ("r_y", "dynamics.r_y", ".3f"),
    ("r_CCA", "dynamics.r_cca", ".3f"),
    ("blink P", "blink.own_precision", ".2f"),
    ("blink R", "blink.own_recall", ".2f"),
    ("face found", "continuity.face_found", ".0%"),
    ("OKS>.95", "body.with_neck.share_over_95", ".1%"),
    ("OKS>.995", "body.with_neck.share_over_995", ".1%"),
    ("AP", "body.with_neck.ap_50_95", ".3f"),
    ("recognised", "privacy.share_recognised", ".1%"),
    ("nearest", "privacy.nearest", ".2f"),
)
"""Heading, key and format of what a short table shows."""
USUAL = ("mesh", "mask", "blur", "pixelate")
"""Engines that are compared unless others are named: those that need no network."""


@dataclass(frozen=True, eq=False, repr=False)
class Comparison(Shown):
    """What engines made of one clip."""

    rows: tuple[dict[str, Any], ...]
    """One for each engine: its name as ``engine``, an ``error`` or None, ``metrics`` as
    `Metrics.to_json` gives them or None."""

    def metrics(self, engine: str) -> Metrics:
        """What was measured of one engine.

        Raises
        ------
        ParameterError
            If it was not compared, or failed.
        """
        for row in self.rows:
            if row["engine"] == engine and row["metrics"]:
                return Metrics.from_json(row["metrics"])
        raise ParameterError(f"{engine} was not measured: see the errors in the rows.")

    def to_frame(self) -> pandas.DataFrame:
        """A row for each engine, a column for each figure, by its key; ``error`` where it
        failed."""
        rows = [
            {"engine": row["engine"], "error": row["error"]}
            | {figure.key: look_up(row["metrics"], figure.key) for figure in FIGURES.values()}
            for row in self.rows
        ]
        return of_rows(rows, list(rows[0]))

    def plot(self, axes: Any = None) -> Any:
        """How each engine keeps movement (r_CCA) and hides the person (frames not recognised).

        Parameters
        ----------
        axes : matplotlib.axes.Axes, optional
            Where to draw; new ones if None.

        Returns
        -------
        axes : matplotlib.axes.Axes
        """
        axes = axes or new_axes("movement kept (r_CCA)", "share not recognised")
        for row in self.rows:
            if row["metrics"]:
                kept = look_up(row["metrics"], "dynamics.r_cca")
                known = look_up(row["metrics"], "privacy.share_recognised")
                if kept is not None and known is not None:
                    axes.plot(kept, 1 - known, "o", label=row["engine"])
        axes.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        return axes

    def title(self) -> str:
        return "Engines compared; the ceiling is the original encoded again"

    def table(self) -> list[tuple[str, ...]]:
        return table_of(self.rows)


def compare(
    original: str | os.PathLike[str],
    engines: Sequence[str] = USUAL,
    *,
    profile: Profile | None = None,
    surrogate: str = "auto",
    weights: Weights | None = None,
    person: int = 1,
    landmarker: str | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """De-identify a clip with several engines and measure each; no video is kept.

    Parameters
    ----------
    original : path
        The clip; only read.
    engines : sequence of str
        Names, each once.
    profile : Profile, optional
        What each has to hold; the generic one if None.
    surrogate : str
        The face that is given, where one is.
    weights : Weights, optional
        For engines that draw with a network.
    person : int
        Whose motion is measured, from 1.
    landmarker : str, optional
        A Face Landmarker model to track with.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    comparison : Comparison
        An engine whose result is withheld has its sentence instead of figures.

    Raises
    ------
    ParameterError
        If an engine is unknown or named twice.
    VideoError
        If the clip cannot be read.
    NoFaceError
        If it shows no face.
    """
    if not engines or len(set(engines)) < len(engines):
        raise ParameterError("Name each engine once, such as mesh and blur.")
    known = (*ENGINES, *PUBLISHED)
    for name in engines:
        if name not in known:
            raise ParameterError(
                f"There is no engine called {name!r}: choose from {', '.join(known)}."
            )
    asked = profile or Profile.open("generic")
    rows = []
    with usual(progress, Path(original).name) as report:
        subject = Original(
            original, person=person, landmarker=landmarker, progress=report, body_step_s=0
        )
        with tempfile.TemporaryDirectory(prefix="mien-") as folder:
            for name in engines:
                try:
                    metrics = measure_engine(
                        subject,
                        name,
                        Path(folder),
                        weights=weights if name in ENGINES and ENGINES[name].learned else None,
                        surrogate=surrogate,
                        profile=asked,
                        progress=staged_as(report, f"{name}, "),
                    )
                    rows.append(row_of(name, subject.path, metrics))
                except MienError as error:
                    made = Path(folder) / f"{name}.mp4"
                    rows.append(row_of(name, subject.path, None, str(error), made))
    return Comparison(tuple(rows))


def measure_engine(
    subject: Original,
    engine: str,
    folder: Path,
    *,
    weights: Weights | None = None,
    surrogate: str = "auto",
    profile: Profile | None = None,
    thoroughness: Thoroughness | None = None,
    progress: Progress | None = None,
) -> Metrics:
    """De-identify a clip with one engine, measure the result and take it away again."""
    output = folder / f"{engine}.mp4"
    try:
        if engine not in ENGINES:
            write_baseline(subject, engine, output, progress=progress)
        else:
            traits = ENGINES[engine].traits
            settings = Settings(
                engine=engine,
                weights=weights,
                surrogate=surrogate if traits.needs_surrogate else "auto",
                voice="mute",
                landmarker=subject.landmarker,
                thoroughness=thoroughness or Thoroughness(),
            )
            # baselines are measured as they are, not as mien mends them
            withhold = traits.keeps_motion
            deidentify(subject.path, output, settings, progress=progress, withhold=withhold)
        return measure_result(subject, engine, output, profile=profile, progress=progress)
    finally:
        output.unlink(missing_ok=True)
        output.with_suffix(".json").unlink(missing_ok=True)


def measure_result(
    subject: Original,
    name: str,
    result: Path,
    *,
    profile: Profile | None = None,
    progress: Progress | None = None,
) -> Metrics:
    """Measure what anything made of a clip, under a name that does not tell whose clip it is."""
    metrics = evaluate(subject, result, profile=profile, progress=progress).metrics
    return replace(metrics, about={**metrics.about, "deidentified": name})


def row_of(
    engine: str,
    original: Path,
    metrics: Metrics | None,
    error: str | None = None,
    result: Path | None = None,
) -> dict[str, Any]:
    """One engine, JSON; the sentence tells neither whose clip it is nor what a result is called."""
    for path, instead in ((original, "the original"), (result, "the result")):
        for name in () if path is None else (str(path), path.name):
            error = None if error is None else error.replace(name, instead)
    return {
        "engine": engine,
        "error": error,
        "metrics": None if metrics is None else metrics.to_json(),
    }


def table_of(rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    """Engines and their most telling figures, a heading first and the ceiling last."""

    def line(name: str, pick: Any) -> tuple[str, ...]:
        cells = [(pick(key), form) for _, key, form in COLUMNS]
        return (name, *("-" if value is None else format(value, form) for value, form in cells))

    lines: list[tuple[str, ...]] = [("engine", *(title for title, _, _ in COLUMNS))]
    for row in rows:
        lines.append(line(row["engine"], lambda key, row=row: look_up(row["metrics"], key)))
    measured = next((row["metrics"] for row in rows if row["metrics"]), None)
    if measured is not None:

        def best(key: str) -> Any:
            measure, _, figure = key.partition(".")
            return look_up(measured, f"{measure}.ceiling.{figure}")

        lines.append(line("(ceiling)", best))
    return lines
