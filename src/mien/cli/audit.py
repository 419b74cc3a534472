"""`mien audit`: is anybody of the original recognised in a de-identified clip?"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import tell
from mien.cli.grouped import grouped
from mien.cli.sheet import write_sheet
from mien.errors import OutputError, ParameterError, PrivacyError
from mien.outputs import check_free

if TYPE_CHECKING:
    import numpy as np

    from mien.privacy.audit import Finding, Verdict

_WORST = 8  # pairs of pictures of each person on the sheet
_PER_ROW = 4


@dataclass(frozen=True)
class Judging:
    """Who judges which frames."""

    gallery: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Pictures of other people, one each, among whom the recogniser has to pick the "
            "patient; by default portraits that come with mien.",
        ),
    ] = None
    recogniser: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|PATH",
            help="Who judges, each by itself: dlib and mobileface, which chose the new face; "
            "faceres, which did not; arcface, or a file in InsightFace's ONNX format. Repeat it. "
            "By default the first three.",
        ),
    ] = None
    audit_: options.Audited = "sample"
    landmarker: options.Landmarker = None


@grouped
def audit(
    original: options.Original,
    deidentified: Annotated[
        Path,
        typer.Argument(
            metavar="DEIDENTIFIED",
            help="What became of it, with mien or anything else; it is only read.",
        ),
    ],
    judging: Judging,
    out: Annotated[
        Path | None,
        options.out(
            "SHEET.png",
            "Write the frames with the smallest distances here, original beside result. This "
            "picture SHOWS THE PATIENT.",
        ),
    ] = None,
    overwrite: Annotated[bool, options.overwrite("the sheet if it exists")] = False,
    as_json: Annotated[bool, options.as_json("the result")] = False,
) -> None:
    """Check whether people are recognised in a de-identified clip; exit status 5 if so.

    Example: [bold]mien audit visit.mp4 shared/visit.mp4 -o audit.png[/bold]
    """
    from mien.privacy.audit import EVERYBODY, sampling
    from mien.privacy.clips import audit_clips

    if original.is_dir() or deidentified.is_dir():
        raise ParameterError(
            "An audit is of two clips: of two folders, mien evaluate ORIGINALS RESULTS -o REPORTS "
            "--only privacy asks the same."
        )
    frames = sampling(judging.audit_)
    if out is not None:
        check_free(out, overwrite, kind="a picture", endings=(".png",))
        for clip in (original, deidentified):
            if out.exists() and clip.exists() and out.samefile(clip):
                raise OutputError(f"{out} is an input, and inputs are never overwritten.")
    names = tuple(judging.recogniser or EVERYBODY)
    with Bars(deidentified.name) as progress:
        verdict = audit_clips(
            original,
            deidentified,
            recognisers=names,
            gallery=judging.gallery,
            landmarker=judging.landmarker,
            progress=progress,
            sampling=frames,
        )
    if out is not None:
        _sheet(out, verdict)
    if as_json:
        content = {"original": str(original), "deidentified": str(deidentified)}
        content["sheet"] = None if out is None else str(out)  # type: ignore[assignment]
        print(json.dumps({**content, **verdict.as_dict()}, indent=2))
    else:
        typer.echo("\n".join(_words(verdict)))
        if out is not None:
            typer.echo(f"{out} shows the patient: keep it where the original is.")
    if not verdict.passed:
        tell(_failure(deidentified, verdict))
        raise typer.Exit(PrivacyError.exit_status)


def _words(verdict: Verdict) -> list[str]:
    """The verdict in plain words, a line for each person and one for faces left over."""
    lines = [line for found in verdict.findings for line in (_person(found), *_more(found))]
    frames = f"{verdict.scanned} frames that other detectors searched, at four rotations,"
    lines.append(
        f"Other faces: in {len(verdict.residual)} of {frames} there is a face where none was "
        f"tracked (first in frame {min(verdict.residual)})."
        if verdict.residual
        else f"Other faces: in {frames} there is none but those tracked."
    )
    return lines + [f"Note: {note}" for note in verdict.notes]


def _person(found: Finding) -> str:
    result = found.audit
    under = round(result.share_under * result.frames)
    line = f"Person {result.person + 1}, asked {result.recogniser}: " + (
        f"not recognised in any of {result.frames} frames compared (with 95% "
        f"confidence fewer than {result.share_upper:.1%} of all frames are)"
        if not under
        else f"RECOGNISED in {under} of {result.frames} frames compared"
    )
    line += (
        f"; smallest distance {result.nearest:.2f} in frame {result.worst[0]}, "
        f"half of them above {result.quantiles['50']:.2f}, {result.threshold:.2f} needed."
    )
    if result.rank1 is not None:
        line += (
            f" Among {result.others} other people the recogniser picks this one in "
            f"{result.rank1:.0%} of the frames, knowing {result.gallery} original frames"
        )
        line += (
            "."
            if result.rank1_single is None
            else f"; in {result.rank1_single:.0%}, knowing one of them."
        )
    if found.seen < 0.995:
        line += (
            f" In {1 - found.seen:.0%} of them no face is seen in the result; of a face that is "
            "hidden or blurred the recogniser says little."
        )
    if found.untouched:
        line += f" UNTOUCHED: the face is as in the original in {found.untouched:.1%} of frames."
    return line


def _more(found: Finding) -> list[str]:
    """Frame by frame against the own original, and what parts of the picture give away."""
    own = found.own
    line = (
        f"  Each frame with its own original: cosine {own.cosine_mean:.2f} "
        f"(s.d. {own.cosine_sd:.2f}), one person for the recogniser in {own.share_recognised:.0%}"
    )
    if own.to_surrogate_mean is not None:
        line += (
            f"; with the face that was given {own.to_surrogate_mean:.2f}, nearer to the original "
            f"than to that in {own.share_nearer_original:.0%}"
        )
    told = [
        f"{_PARTS[part.part]} {part.rank1:.0%}" for part in found.parts if part.rank1 is not None
    ]
    if not told:
        return [f"{line}."]
    return [f"{line}.", f"  Picked among others in: {', '.join(told)} of the frames."]


_PARTS = {
    "inner": "the face alone (all around it grey)",
    "surroundings": "hair, neck and room alone (the face grey)",
}


def _failure(deidentified: Path, verdict: Verdict) -> str:
    """One sentence on what is wrong and what to do."""
    wrong = []
    failed = {f.audit.person + 1: f.audit.recogniser for f in verdict.findings if not f.passed}
    if failed:
        who = " and ".join(str(number) for number in failed)
        by = " and ".join(dict.fromkeys(failed.values()))
        wrong.append(f"person {who} can still be recognised (by {by})")
    if verdict.residual:
        wrong.append("there are faces that nobody accounted for")
    return (
        f"{deidentified} should not be shared, since {' and '.join(wrong)}: de-identify it again "
        "with another --surrogate or with --engine mask, or cut those frames; whoever you left "
        "alone on purpose is recognised, of course."
    )


def _sheet(path: Path, verdict: Verdict) -> None:
    """Write the frames with the smallest distances and how all distances are spread."""
    rows: list[list[tuple[np.ndarray, str]]] = []
    for found in verdict.findings:
        worst = found.pairs[:_WORST]
        for start in range(0, len(worst), _PER_ROW):
            row = []
            for pair in worst[start : start + _PER_ROW]:
                row.append((pair.shot.original, f"frame {pair.frame}, original"))
                row.append((pair.shot.result, f"distance {pair.distance:.2f}"))
            if start == 0:
                row.append((_histogram(found), f"person {found.audit.person + 1}: distances"))
            rows.append(row)
    write_sheet(path, "SHOWS THE PATIENT. The frames most like the original", rows)


def _histogram(found: Finding, side: int = 400) -> np.ndarray:
    """How the distances of one person are spread, the threshold as a line, (side, side, 3)."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 2), dpi=side / 2)
    canvas = FigureCanvasAgg(figure)
    axes = figure.subplots()
    distances = [pair.distance for pair in found.pairs]
    axes.hist(distances, bins=np.linspace(0, max(1.0, *distances), 26).tolist(), color="0.45")
    axes.axvline(found.audit.threshold, color="firebrick", linewidth=1.2)
    axes.set_ylabel("frames", fontsize=8)
    axes.tick_params(labelsize=7)
    figure.subplots_adjust(0.24, 0.14, 0.97, 0.97)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()
