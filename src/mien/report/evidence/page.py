"""The page itself: one HTML file that needs nothing else, and the files beside it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from mien.evidence.evaluate import Evidence
from mien.fidelity.profile import Line
from mien.report.evidence.charts import chart, plotly_script
from mien.report.evidence.curves import Curves
from mien.report.evidence.figures import figures
from mien.report.evidence.sections import number, sections
from mien.report.evidence.tables import tables
from mien.report.evidence.video import Pictures, pictures
from mien.report.folder import Staged

Progress = Callable[[str, int, int | None], None]

ANSWERS = {
    True: ("holds", "✓", "pass"),
    False: ("does not hold", "✗", "fail"),
    None: ("does not apply", "–", "none"),
}
"""Word, sign and style of a line's answer."""
_METHODS = {
    "dlib": "Kazemi & Sullivan, One Millisecond Face Alignment with an Ensemble of Regression "
    "Trees, CVPR 2014 (dlib's 68 points)",
    "interval": "Künsch, The Jackknife and the Bootstrap for General Stationary Observations, "
    "Annals of Statistics 1989, doi 10.1214/aos/1176347265 (95 % intervals: bootstrap of blocks of "
    "1 s or longer)",
}


def write(
    evidence: Evidence,
    folder: str | os.PathLike[str],
    *,
    include_original: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
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

    Raises
    ------
    OutputError
        If something is in the way or the folder cannot be written.
    VideoError
        If a clip cannot be read any more.
    """
    with Staged(Path(folder), overwrite) as staged:
        curves = Curves.of(evidence)
        withheld = None if include_original else withheld_because(evidence)
        wanted = tuple(moment.frame for moment in evidence.moments)
        with ThreadPoolExecutor(1) as pool:  # copying leaves time for drawing
            copy = None
            if withheld is None:
                copy = pool.submit(
                    pictures, evidence, include_original=include_original, wanted=wanted
                )
            drawings = {}
            for drawing in figures(evidence, curves):
                staged.write(f"figures/{drawing.name}.png", drawing.png)
                staged.write(f"figures/{drawing.name}.svg", drawing.svg)
                drawings[drawing.name] = {
                    "caption": drawing.caption,
                    "uri": _uri(drawing.png, "image/png"),
                }
                if progress is not None:
                    progress("drawing", len(drawings), None)
            shown = None if copy is None else copy.result()
        for name, content in tables(evidence, curves):
            staged.write(f"tables/{name}", content)
        metrics = public_metrics(evidence, include_original=include_original)
        staged.write("metrics.json", json.dumps(metrics, indent=2, allow_nan=False) + "\n")
        staged.write(
            "report.html",
            _page(evidence, curves, shown, withheld, drawings, metrics["about"], include_original),
        )
        staged.commit()


def public_metrics(evidence: Evidence, *, include_original: bool = False) -> dict[str, Any]:
    """What `metrics.json` holds: the metrics and the moments, without a name that gives the
    original's away."""
    about = dict(evidence.metrics.get("about") or {})
    name, stem = str(about.get("deidentified") or ""), evidence.original.stem
    if not include_original and stem and stem.lower() in name.lower():
        about["deidentified"] = None
    moments = [moment.as_dict() for moment in evidence.moments]
    return {**evidence.metrics, "about": about, "moments": moments}


def withheld_because(evidence: Evidence) -> str | None:
    """Why the result's pictures must not be shown, in one sentence; None if they may.

    A result in which the patient may be recognised shows the patient.
    """
    about = evidence.metrics.get("about") or {}
    sums = about.get("original_sha256"), about.get("deidentified_sha256")
    if sums[0] is not None and sums[0] == sums[1]:
        return (
            "The two files are the same: the result shows the patient, so no picture of it is here."
        )
    if evidence.verdict is not None and not evidence.verdict.passed:
        return (
            "The audit did not pass: somebody may be recognised in the result, so no picture of it "
            "is here."
        )
    return None


def verdict_in_words(evidence: Evidence) -> str:
    """How many lines of the profile hold, in one sentence."""
    profile = evidence.metrics.get("profile") or {}
    asked = [line for line in evidence.lines if line.passed is not None]
    held = sum(line.passed is True for line in asked)
    name = profile.get("name", "generic")
    if not asked:
        return f"No requirement of the profile “{name}” applies to this clip."
    every = "requirement" if len(asked) == 1 else "requirements"
    verb = "holds" if held == 1 else "hold"
    if held == len(asked) > 1:
        words = f"All {held} {every} of the profile “{name}” hold"
    else:
        words = f"{held} of {len(asked)} {every} of the profile “{name}” {verb}"
        if missed := len(asked) - held:
            words += f"; {missed} {'does' if missed == 1 else 'do'} not"
    rest = len(evidence.lines) - len(asked)
    if rest:
        words += f"; {rest} {'does' if rest == 1 else 'do'} not apply to this clip"
    return words + "."


def environment() -> Any:
    """The templates, escaping whatever is put into them."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("mien.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def raw(name: str) -> str:
    """A template's text as it is."""
    from importlib.resources import files

    return (files("mien.report") / "templates" / name).read_text("utf-8")


def policy(scripts: list[str]) -> str:
    """A content security policy that lets exactly these scripts run and nothing be fetched."""
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
        for text in scripts
    )
    return (
        f"default-src 'none'; script-src {hashes or chr(39) + 'none' + chr(39)}; "
        "style-src 'unsafe-inline'; img-src data: blob:; media-src blob: data:; "
        "base-uri 'none'; form-action 'none'"
    )


def _page(
    evidence: Evidence,
    curves: Curves | None,
    shown: Pictures | None,
    withheld: str | None,
    drawings: dict[str, Any],
    about: dict[str, Any],
    include_original: bool,
) -> str:
    from markupsafe import Markup

    figure = None if curves is None else chart(curves)
    video = shown.video if shown else None
    player: dict[str, Any] = {"times": [], "frames": [], "last": 0}
    if shown and video:
        player["times"] = [round(float(time), 5) for time in shown.times]
        player["frames"] = shown.frames.tolist()
        player["last"] = (
            len(evidence.partner) - 1 if len(evidence.partner) else player["frames"][-1]
        )
    scripts = [raw("page.js")]
    if figure is not None:
        scripts.insert(0, plotly_script())
    moments = [
        {
            "time": f"{moment.time:.2f}",
            "seconds": moment.time,
            "frame": moment.frame,
            "kind": moment.kind,
            "words": moment.words,
            "pictures": _thumbnails(shown, moment.frame),
        }
        for moment in evidence.moments
    ]
    content = sections(evidence)
    citations = [part.citation for part in content if part.citation]
    if evidence.readings is not None:
        citations += [_METHODS["dlib"], _METHODS["interval"]]
    return str(
        environment()
        .get_template("report.html")
        .render(
            policy=policy(scripts),
            style=Markup(raw("style.css")),
            scripts=[Markup(text) for text in scripts],
            figure=None if figure is None else Markup(figure),
            player=Markup(json.dumps(player)),
            video=Markup(base64.b64encode(video).decode()) if video else None,
            size=(shown.width, shown.height) if shown else (0, 0),
            still=_uri(shown.still, "image/jpeg") if shown and shown.still else None,
            withheld=withheld,
            too_long=shown is not None and video is None,
            include_original=include_original,
            unchecked=evidence.verdict is None,
            about=about,
            facts=_facts(about),
            verdict=verdict_in_words(evidence),
            passed=evidence.passed,
            profile=evidence.metrics.get("profile") or {},
            lines=[_line(line) for line in evidence.lines],
            moments=moments,
            read=evidence.readings is not None,
            sections=content,
            drawings=drawings,
            citations=list(dict.fromkeys(citations)),
            limits=_limits(evidence),
        )
    )


def _line(line: Line) -> dict[str, str]:
    word, sign, style = ANSWERS[line.passed]
    measured = number(line.value, 4 if line.value and abs(line.value) < 0.1 else 3)
    if line.value is not None and float(line.value).is_integer():
        measured = f"{line.value:.0f}"
    if line.value is not None and line.ask.unit:
        measured += f" {line.ask.unit}"
    if line.passed is None:
        measured = "–"
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


def _facts(about: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """What was compared: name, value, and whether it is code."""
    size = f"{about.get('width')} × {about.get('height')} pixels"
    people = about.get("people")
    software = ", ".join(f"{k} {v}" for k, v in (about.get("software") or {}).items())
    crf = about.get("ceiling_crf")
    how = {"stated": "stated in the result's file", "size": "estimated from the result's size"}
    facts = [
        ("Original, SHA-256", str(about.get("original_sha256")), True),
        ("Result, SHA-256", str(about.get("deidentified_sha256")), True),
        (
            "Length",
            f"{about.get('frames')} frames, of which {about.get('frames_paired')} have a partner "
            f"in the result; {about.get('seconds')} s; {size}",
            False,
        ),
        (
            "People",
            f"{people} in the original; movement is measured of person {about.get('person')}",
            False,
        ),
        (
            "Ceiling",
            "none: the result is the original, or only privacy was measured"
            if crf is None
            else "the original encoded again with x264 at a constant rate factor of "
            f"{crf:g} ({how.get(str(about.get('ceiling_crf_from')), 'unknown')})",
            False,
        ),
        ("Software", software, False),
    ]
    if about.get("deidentified"):
        facts.insert(1, ("Result", str(about["deidentified"]), False))
    facts += [("Note", str(note), False) for note in about.get("notes") or []]
    return facts


def _thumbnails(shown: Pictures | None, frame: int) -> list[dict[str, str]]:
    if shown is None or frame not in shown.thumbnails:
        return []
    result, original = shown.thumbnails[frame]
    found = [{"of": "result", "uri": _uri(result, "image/jpeg")}]
    if original is not None:
        found.insert(0, {"of": "original", "uri": _uri(original, "image/jpeg")})
    return found


def picture_uri(png: bytes) -> str:
    """A PNG as part of a page."""
    return _uri(png, "image/png")


def _uri(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def _limits(evidence: Evidence) -> list[str]:
    limits = []
    if evidence.readings is not None:
        limits += [
            "Movement is read by dlib's predictor, which learned from photographs of healthy "
            "faces. On palsied, very old, very young or covered faces it errs more, and it may "
            "read another face of the same movement differently. The ceiling shows its noise on "
            "this clip, not its bias on this face.",
            "MediaPipe's figures are a second opinion, not an independent one: trackers of that "
            "family drive mien's own engine.",
            "Thresholds taken from publications were found on other people's clips, mostly of "
            "healthy or parkinsonian adults facing the camera. They say what was reached there, "
            "not what a rating needs.",
            "A picture of 25 or 30 frames a second shows movements up to about 12 Hz; a blink "
            "lasts four to ten of its frames.",
            "Intervals tell how much the figures change with the moments of this clip. They do not "
            "tell how another clip, person or camera would do.",
        ]
    if evidence.verdict is not None:
        limits += [
            "Recognition is tried with dlib's network, the one that mien itself chooses a face "
            "with: other recognisers, and people who know the patient, may do better. Voice, "
            "body, hair, clothes and room are not looked at.",
            "Only some frames are compared; the bound in the table says what the others may hold.",
        ]
    else:
        limits.append("Whether somebody can be recognised was not measured.")
    limits.append(
        "Curves of movement are about one person and remain personal data, even without a face: "
        "share this report as the rules for the recording allow."
    )
    return limits
