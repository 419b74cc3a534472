"""`mien audit`: is anybody of the original recognised in a de-identified clip?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options, verdicts
from mien.cli.bars import Bars
from mien.cli.failure import go_on_after, tell
from mien.cli.grouped import grouped
from mien.cli.jobs import made
from mien.errors import OutputError, ParameterError, PrivacyError
from mien.outputs import check_free

if TYPE_CHECKING:
    from mien.cli.counterparts import Counterpart, Counterparts
    from mien.privacy.audit import Sampling, Verdict


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


@dataclass(frozen=True)
class _Asking:
    """Who judges which frames, checked."""

    names: tuple[str, ...]
    gallery: Path | None
    landmarker: Path | None
    frames: Sampling


@grouped
def audit(
    clips: Annotated[
        list[Path],
        typer.Argument(
            metavar="ORIGINAL DEIDENTIFIED",
            help="The clip as recorded, and what became of it, with mien or anything else; or a "
            "folder of each, those within them too; or, with --original, results and folders of "
            "results only. All are only read.",
        ),
    ],
    judging: Judging,
    original: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CLIP",
            help="An original, or a folder of them; may be repeated. Its result is found by the "
            "manifest beside that, or by place and name.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        options.out(
            "SHEET.png",
            "Write the frames with the smallest distances here, original beside result; of many "
            "clips a folder of sheets. These pictures SHOW THE PATIENT.",
        ),
    ] = None,
    overwrite: Annotated[bool, options.overwrite("sheets that exist")] = False,
    as_json: Annotated[bool, options.as_json("the result")] = False,
) -> None:
    """Check whether people are recognised in de-identified clips; exit status 5 if so.

    Example: [bold]mien audit visit.mp4 shared/visit.mp4 -o audit.png[/bold]
    """
    from mien.cli.counterparts import counterparts
    from mien.privacy.audit import EVERYBODY, sampling
    from mien.recognition.registry import check_name

    asking = _Asking(
        tuple(judging.recogniser or EVERYBODY),
        judging.gallery,
        judging.landmarker,
        sampling(judging.audit_),
    )
    for name in asking.names:
        check_name(name)
    found = counterparts(clips, original or [])
    for remark in found.remarks:
        tell(remark)
    sheets = _sheets(found, out, overwrite)
    if not found.many:
        _one(found.pairs[0], sheets[0], asking, as_json)
        return
    with made(out, filter(None, sheets)):
        entries = [
            _entry(pair, sheet, asking) for pair, sheet in zip(found.pairs, sheets, strict=True)
        ]
    if as_json:
        passed = all(entry["status"] == 0 for entry in entries)
        print(json.dumps({"passed": passed, "results": entries}, indent=2))
    else:
        typer.echo("\n".join(verdicts.table(entries)))
        if out is not None:
            typer.echo(f"{out} shows the patients: keep it where the originals are.")
    raise typer.Exit(verdicts.status(entries))


def _sheets(found: Counterparts, out: Path | None, overwrite: bool) -> Sequence[Path | None]:
    """Where the sheet of each result goes; what is in the way is refused before any work."""
    if out is None:
        return [None] * len(found.pairs)
    sheets = [out]
    if found.many:
        if not out.is_dir() and (out.exists() or out.suffix.lower() == ".png"):
            raise ParameterError(f"{out} is not a folder: many clips need a folder as --out.")
        sheets = [out / Path(pair.name).with_suffix(".png") for pair in found.pairs]
    taken: dict[str, Path] = {}
    for pair, sheet in zip(found.pairs, sheets, strict=True):
        first = taken.setdefault(str(sheet).casefold(), pair.deidentified)
        if first is not pair.deidentified:
            raise ParameterError(
                f"The sheets of {first} and {pair.deidentified} would both be {sheet}: audit one "
                "of them by itself."
            )
        if not found.many or sheet.parent.is_dir():  # a folder that is made is free
            check_free(sheet, overwrite, kind="a picture", endings=(".png",))
        for clip in (pair.original, pair.deidentified):
            if clip is not None and sheet.exists() and clip.exists() and sheet.samefile(clip):
                raise OutputError(f"{sheet} is an input, and inputs are never overwritten.")
    return sheets


def _judge(pair: Counterpart, sheet: Path | None, asking: _Asking) -> Verdict:
    """Compare a result with its original, and write the sheet."""
    from mien.cli.audit_sheet import write_pairs
    from mien.privacy.clips import audit_clips

    if pair.original is None:
        raise ParameterError(
            f"{pair.deidentified} has no original among those given: name it with --original, or "
            "call the result as its original is called."
        )
    with Bars(pair.name) as progress:
        verdict = audit_clips(
            pair.original,
            pair.deidentified,
            recognisers=asking.names,
            gallery=asking.gallery,
            landmarker=asking.landmarker,
            progress=progress,
            sampling=asking.frames,
        )
    if sheet is not None:
        write_pairs(sheet, verdict)
    return verdict


def _one(pair: Counterpart, sheet: Path | None, asking: _Asking, as_json: bool) -> None:
    """The audit of one result, in full."""
    verdict = _judge(pair, sheet, asking)
    if as_json:
        print(json.dumps({**_named(pair, sheet), **verdict.as_dict()}, indent=2))
    else:
        typer.echo("\n".join(verdicts.words(verdict)))
        if sheet is not None:
            typer.echo(f"{sheet} shows the patient: keep it where the original is.")
    if not verdict.passed:
        tell(verdicts.failure(pair.deidentified, verdict))
        raise typer.Exit(PrivacyError.exit_status)


def _entry(pair: Counterpart, sheet: Path | None, asking: _Asking) -> dict[str, Any]:
    """The audit of one result of many, or why there is none."""
    named = {"clip": pair.name, **_named(pair, sheet)}
    try:
        verdict = _judge(pair, sheet, asking)
    except Exception as error:
        sentence, status = go_on_after(error)
        path = pair.deidentified
        tell(sentence if path.name in sentence else f"{path}: {sentence}")
        return {**named, "sheet": None, "status": status, "error": sentence, "passed": False}
    if not verdict.passed:
        tell(verdicts.failure(pair.deidentified, verdict))
    status = 0 if verdict.passed else PrivacyError.exit_status
    return {**named, "status": status, "error": None, **verdict.as_dict()}


def _named(pair: Counterpart, sheet: Path | None) -> dict[str, str | None]:
    return {
        "original": None if pair.original is None else str(pair.original),
        "deidentified": str(pair.deidentified),
        "sheet": None if sheet is None else str(sheet),
    }
