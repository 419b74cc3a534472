"""The page itself: one HTML file that needs nothing else, and the files beside it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mien.evidence.evaluate import Evidence
from mien.fidelity.profile import Line
from mien.progress import Progress
from mien.report.drawing import Drawing, put
from mien.report.evidence.charts import chart, plotly_script
from mien.report.evidence.curves import Curves
from mien.report.evidence.figures import figures
from mien.report.evidence.measures import privacy
from mien.report.evidence.pictures import Pictures, pictures
from mien.report.evidence.sections import sections
from mien.report.evidence.tables import tables
from mien.report.evidence.verdict import ANSWERS, verdict_in_words, withheld_because
from mien.report.evidence.words import facts, limits
from mien.report.folder import Staged
from mien.report.language import DEFAULT, told, written_in
from mien.report.numbers import DASH, number
from mien.report.pages import in_page, raw, render, uri
from mien.report.sections import Section

METHODS = (
    "Kazemi & Sullivan, One Millisecond Face Alignment with an Ensemble of Regression Trees, CVPR "
    "2014 (dlib's 68 points)",
    "Künsch, The Jackknife and the Bootstrap for General Stationary Observations, Annals of "
    "Statistics 1989, doi 10.1214/aos/1176347265 (95 % intervals: bootstrap of blocks of 1 s or "
    "longer)",
)


def write(
    evidence: Evidence,
    folder: str | os.PathLike[str],
    *,
    include_original: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
    heading: str | None = None,
    language: str = DEFAULT,
) -> None:
    """Write the report: page, metrics, figures and tables.

    ``report.html`` needs no network and no other file. ``metrics.json``, ``figures`` and
    ``tables`` hold the same for programs and papers. The folder appears only when it is complete.

    Parameters
    ----------
    evidence : Evidence
        What was found.
    folder : path
        Where to; it must not exist, or be empty.
    include_original : bool
        Show the original beside the result. The page then shows the patient, and says so. Without
        it no picture of the original is read, and neither its name nor its place is written.
    overwrite : bool
        Replace a report that is there.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.
    heading : str, optional
        What the report is of, by a pseudonym, and when it was made; never the name of a file.
    language : str
        In which page and figures are written; metrics and tables are the same in all.

    Raises
    ------
    OutputError
        If something is in the way or the folder cannot be written.
    VideoError
        If a clip cannot be read any more.
    """
    with written_in(language), Staged(Path(folder), overwrite) as staged:
        curves = Curves.of(evidence)
        withheld = None if include_original else withheld_because(evidence)
        wanted = tuple(moment.frame for moment in evidence.moments)
        with ThreadPoolExecutor(1) as pool:  # copying leaves time for drawing
            copy = None
            if withheld is None:
                copy = pool.submit(
                    pictures, evidence, include_original=include_original, wanted=wanted
                )
            drawings = put(figures(evidence, curves), staged, progress)
            shown = None if copy is None else copy.result()
        for name, content in tables(evidence, curves):
            staged.write(f"tables/{name}", content)
        metrics = evidence.metrics
        if not include_original:
            metrics = metrics.unnamed(evidence.original.stem).unlinked()
        told = replace(metrics, moments=[moment.as_dict() for moment in evidence.moments])
        staged.write("metrics.json", json.dumps(told.to_json(), indent=2, allow_nan=False) + "\n")
        staged.write(
            "report.html",
            _page(
                evidence, curves, shown, withheld, drawings, told.about, include_original, heading
            ),
        )
        staged.commit()


def _page(
    evidence: Evidence,
    curves: Curves | None,
    shown: Pictures | None,
    withheld: str | None,
    drawings: Mapping[str, Drawing],
    about: dict[str, Any],
    include_original: bool,
    heading: str | None,
) -> str:
    figure = None if curves is None else chart(curves)
    video = shown.video if shown else None
    plotly = () if figure is None else (plotly_script(),)
    content = sections(evidence.metrics)
    citations = [part.citation for part in content if part.citation]
    if evidence.readings is not None:
        citations += METHODS
    return render(
        "report.html",
        (*plotly, raw("page.js")),
        figure=None if figure is None else Markup(figure),
        player=Markup(json.dumps(_player(evidence, shown))),
        video=Markup(base64.b64encode(video).decode()) if video else None,
        size=(shown.width, shown.height) if shown else (0, 0),
        still=uri(shown.still, "image/jpeg") if shown and shown.still else None,
        withheld=withheld,
        too_long=shown is not None and video is None,
        include_original=include_original,
        unchecked=evidence.verdict is None,
        facts=facts(about),
        heading=heading,
        verdict=verdict_in_words(evidence),
        profile=evidence.metrics.profile,
        lines=[_line(line) for line in evidence.lines],
        moments=[
            {
                "time": f"{moment.time:.2f}",
                "seconds": moment.time,
                "frame": moment.frame,
                "words": moment.words,
                "pictures": _thumbnails(shown, moment.frame),
            }
            for moment in evidence.moments
        ],
        read=evidence.readings is not None,
        asked=_asked(evidence),
        sections=content,
        drawings=in_page(drawings),
        citations=list(dict.fromkeys(citations)),
        limits=limits(evidence),
    )


def _player(evidence: Evidence, shown: Pictures | None) -> dict[str, Any]:
    """What the page's script knows of the copy: which frames it shows, and when."""
    if shown is None or not shown.video:
        return {"times": [], "frames": [], "last": 0, "words": _words()}
    frames = shown.frames.tolist()
    return {
        "times": [round(float(time), 5) for time in shown.times],
        "frames": frames,
        "last": len(evidence.partner) - 1 if len(evidence.partner) else frames[-1],
        "words": _words(),
    }


def _words() -> dict[str, str]:
    """What the page's script says."""
    return {
        "play": told("Play"),
        "pause": told("Pause"),
        "clock": told("TIME s, frame FRAME of 0–LAST"),
        "point": told("."),
    }


def _asked(evidence: Evidence) -> Section | None:
    """Who was asked; None if nobody was."""
    content = evidence.metrics.measures.get("privacy")
    return None if content is None else privacy.asked(content)


def _line(line: Line) -> dict[str, str]:
    word, sign, style = ANSWERS[line.passed]
    measured = number(line.value, 4 if line.value and abs(line.value) < 0.1 else 3)
    if line.value is not None and float(line.value).is_integer():
        measured = f"{line.value:.0f}"
    if line.value is not None and line.ask.unit:
        measured += f" {line.ask.unit}"
    if line.passed is None:
        measured = DASH
    return {
        "says": line.ask.says,
        "key": line.ask.key,
        "word": word,
        "sign": sign,
        "style": style,
        "wanted": line.ask.wanted,
        "measured": measured,
        "source": line.ask.source,
    }


def _thumbnails(shown: Pictures | None, frame: int) -> list[dict[str, str]]:
    if shown is None or frame not in shown.thumbnails:
        return []
    result, original = shown.thumbnails[frame]
    found = [{"of": "result", "uri": uri(result, "image/jpeg")}]
    if original is not None:
        found.insert(0, {"of": "original", "uri": uri(original, "image/jpeg")})
    return found
