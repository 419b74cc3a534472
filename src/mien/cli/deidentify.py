"""`mien deidentify`: one clip or many."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import go_on_after, tell
from mien.cli.given import thoroughness
from mien.cli.jobs import Job, plan
from mien.cli.network import ConfigFile, Driving, OwnOpenings, WeightsFile, network
from mien.errors import ParameterError
from mien.shortfall import STATUS

_MOMENTS = 4  # that are listed in a line

if TYPE_CHECKING:
    from mien.pipeline.credentials import Signer
    from mien.pipeline.deidentify import Result
    from mien.pipeline.settings import Settings


def deidentify(
    inputs: Annotated[
        list[Path], typer.Argument(metavar="INPUT...", help="Clips; they are only read.")
    ],
    out: Annotated[
        Path,
        options.out(
            "OUT",
            "The result, ending in .mp4; or an existing folder, in which each result is "
            "called like its input. A manifest (.json) is written beside each.",
        ),
    ],
    engine: Annotated[
        str,
        typer.Option(
            help="mesh replaces the face and keeps its motion, and so do motion and gan by a "
            "network (need --weights); mask, blur and pixelate hide both."
        ),
    ] = "mesh",
    weights: WeightsFile = None,
    config: ConfigFile = None,
    driving: Driving = None,
    own_openings: OwnOpenings = False,
    surrogate: Annotated[
        str,
        typer.Option(
            metavar="auto|ID|IMAGE",
            help="The face to give: chosen by measuring, one from `mien surrogates`, or a picture "
            "(needs --consent).",
        ),
    ] = "auto",
    consent: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT",
            help="Who agreed to the use of the picture, and when; it goes into the manifest.",
        ),
    ] = None,
    match: Annotated[
        str,
        typer.Option(
            metavar="none|sex|age|tone",
            help="What a chosen face keeps of the patient's looks: nothing, the sex, also the age, "
            "also the skin tone.",
        ),
    ] = "age",
    subject: Annotated[
        str | None,
        typer.Option(
            metavar="ID",
            help="Code of the patient in a study: clips with one ID get one face, and can be "
            "linked by it. Without it a face is drawn in every run, by chance the same again.",
        ),
    ] = None,
    bank: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Take faces from a bank of your own."),
    ] = None,
    people: Annotated[
        str,
        typer.Option(
            metavar="all|main|LIST",
            help="Whose face is replaced: everybody's, that of the most present person, or those "
            "numbered in `mien people` (such as 1,3). All others are covered.",
        ),
    ] = "all",
    leave: Annotated[
        list[str] | None,
        typer.Option(
            metavar="WHO",
            help="Leave this person's face as it is: a number, X,Y@T (pixels and seconds), or a "
            "picture of them; may be repeated. Ask them first.",
        ),
    ] = None,
    cover_: Annotated[
        list[str] | None,
        typer.Option("--cover", metavar="WHO", help="Cover this person; may be repeated."),
    ] = None,
    certificate: Annotated[
        Path | None,
        typer.Option(
            "--sign-with", metavar="CERT", help="Sign content credentials (C2PA) with this chain."
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option("--sign-key", metavar="KEY", help="The private key of --sign-with."),
    ] = None,
    voice: Annotated[
        str,
        typer.Option(
            metavar="keep|change|mute",
            help="Copy the sound unchanged, make its voices others (timing, pitch and loudness "
            "stay), or leave it out.",
        ),
    ] = "keep",
    surroundings: Annotated[
        str,
        typer.Option(
            metavar="keep|blur|solid",
            help="What becomes of the room behind people: it stays, is made unrecognisable, or "
            "gives way to one colour.",
        ),
    ] = "keep",
    recogniser: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|PATH",
            help="Who is asked about the result and has no say in it: faceres (asked by default), "
            "arcface, or a file in InsightFace's ONNX format; may be repeated. What one recognises "
            "is covered.",
        ),
    ] = None,
    withhold: Annotated[
        str,
        typer.Option(
            metavar="never|over N%|any",
            help="Frames in which somebody would be recognised, or a face was left, are covered; "
            "when to give nothing instead (status 5): if more than a share of all frames has to "
            "be, if any has to be, or never.",
        ),
    ] = "over 10%",
    audit: options.Audited = "sample",
    landmarker: options.Landmarker = None,
    crf: Annotated[
        int, typer.Option(min=0, max=51, help="Quality of the H.264 picture; lower is better.")
    ] = 17,
    overwrite: Annotated[bool, options.overwrite("results that exist already")] = False,
    side_by_side: Annotated[
        bool,
        typer.Option(
            "--side-by-side",
            help="Also write NAME.side-by-side.mp4, original and result beside each other, for "
            "checking. That file SHOWS THE PATIENT.",
        ),
    ] = False,
    as_json: Annotated[bool, options.as_json("the results")] = False,
) -> None:
    """Replace every face in clips and keep what the faces do.

    Example: [bold]mien deidentify visit.mp4 -o shared/visit.mp4[/bold]
    """
    from mien.pipeline.settings import Settings
    from mien.privacy.audit import sampling
    from mien.recognition.registry import JUDGES
    from mien.tracking.selection import Selection

    how = thoroughness()
    settings = Settings(
        engine=engine,
        weights=network(weights, config, driving, own_openings),
        surrogate=surrogate,
        consent=consent,
        match=match,
        subject=subject,
        bank=None if bank is None else str(bank),
        selection=Selection(people, tuple(leave or ()), tuple(cover_ or ())),
        signer=_signer(certificate, key),
        judges=JUDGES if recogniser is None else tuple(dict.fromkeys(recogniser)),
        voice=voice,  # type: ignore[arg-type]  # checked by Settings
        surroundings=surroundings,  # type: ignore[arg-type]  # likewise
        withhold=withhold,
        landmarker=None if landmarker is None else str(landmarker),
        crf=crf,
        overwrite=overwrite,
        thoroughness=how if sampling(audit).probes else replace(how, checked=None),
    )
    jobs = plan(inputs, out, side_by_side)
    entries = [_run(job, settings, quiet=as_json) for job in jobs]
    if as_json:
        print(json.dumps({"results": entries}, indent=2))
    statuses = [entry["status"] for entry in entries]
    failed = [status for status in statuses if status not in (0, STATUS)]
    if len(jobs) > 1 and failed:
        tell(f"{len(failed)} of {len(jobs)} clips failed.")
    if len(jobs) > 1 and STATUS in statuses:
        tell(f"{statuses.count(STATUS)} of {len(jobs)} clips are incomplete.")
    raise typer.Exit(failed[0] if failed else max(statuses))


def _signer(certificate: Path | None, key: Path | None) -> Signer | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ParameterError("Signing needs both: give --sign-with and --sign-key.")
    from mien.pipeline.credentials import Signer

    return Signer(certificate, key)


def _run(job: Job, settings: Settings, quiet: bool) -> dict[str, Any]:
    """De-identify one clip and report on it; a failure is an entry too."""
    from mien.pipeline.deidentify import deidentify

    try:
        with Bars(job.source.name) as progress:
            result = deidentify(
                job.source,
                job.output,
                settings,
                side_by_side=job.side_by_side,
                progress=progress,
            )
    except Exception as error:
        sentence, status = go_on_after(error)
        tell(sentence)
        return _entry(job, status, sentence)
    missing = result.missing
    if not quiet:
        if missing.much:
            print(missing.sentence(str(job.source)))
        print(summary(result))
        notes = [note["words"] for note in result.told.input.notes]
        for line in (*conceded(result), *voices(result), *judges(result), *notes):
            print(line)
        if job.side_by_side is not None:
            print(f"{job.side_by_side} shows the patient: keep it where the original is.")
        sys.stdout.flush()
    return _entry(job, STATUS if missing.much else 0, None, result)


def _entry(
    job: Job, status: int, error: str | None, result: Result | None = None
) -> dict[str, Any]:
    """One result for `--json`."""
    return {
        "status": status,
        "error": error,
        "input": str(job.source),
        "output": str(result.output) if result else None,
        "manifest": str(result.manifest) if result else None,
        "side_by_side": str(job.side_by_side) if result and job.side_by_side else None,
        "counts": result.ledger.counts() if result else None,
        "missing": result.missing.as_dict() if result else None,
        "surrogate": result.surrogates if result else None,
        "privacy": [found.as_dict() for found in result.audits] if result else None,
        "judges": result.told.judges if result else None,
        "covered_to_deliver": result.told.covered_to_deliver.to_json() if result else None,
    }


def voices(result: Result) -> list[str]:
    """What was kept of each voice that was changed, a line for each sound track."""
    lines = []
    for found in result.told.voices:
        if found["voiced_s"] == 0:
            lines.append("Voice: none was heard in the sound that was changed.")
            continue
        pitch = found["f0_correlation"]
        moves = "too little of it to compare" if pitch is None else f"r {pitch:.3f}"
        lines.append(
            f"Voice changed: pitch {moves}, voiced and unvoiced as before in "
            f"{found['voiced_agreement']:.1%}, {found['voiced_s']:.1f} s voiced. How people speak "
            "and what they say stays, and can name them."
        )
    return lines


def conceded(result: Result) -> list[str]:
    """What was covered so that the rest could be given, in at most one line."""
    from mien.pipeline.withholding import RECOGNISED

    found = result.told.covered_to_deliver
    if not found.frames:
        return []
    moments = []
    for moment in found.moments[:_MOMENTS]:
        why = "a face was left"
        if moment["reason"] == RECOGNISED:
            why = f"person {moment['person'] + 1} recognised by {' and '.join(moment['by'])}"
        moments.append(f"{moment['from_s']:.1f} to {moment['to_s']:.1f} s, {why}")
    more = len(found.moments) - _MOMENTS
    others = f"; and {more} more, which the manifest lists" if more > 0 else ""
    return [
        f"COVERED in {found.frames} frames ({100 * found.share:.3g} %), so that the rest can be "
        f"given: {'; '.join(moments)}{others}. Look at them, or use --withhold any to be given "
        "nothing instead."
    ]


def judges(result: Result) -> list[str]:
    """What further recognisers make of it, a line for each person and each of them."""
    from mien.pipeline.withholding import RECOGNISED

    lines = []
    covered = {
        (moment["person"], name)
        for moment in result.told.covered_to_deliver.moments
        if moment["reason"] == RECOGNISED
        for name in moment["by"]
    }
    for found in result.told.judges:
        share, frames = found["share_under"], found["frames"]
        knows = f"RECOGNISES them in {share:.0%} of" if share else "recognises them in none of"
        part = "which helped to choose" if found["steered"] else "which had no say in the face"
        if not found["steered"] and (found["person"], found["recogniser"]) in covered:
            # it decided what is covered, so that it passes what is left proves little
            part += " and on whose account frames are covered"
        line = (
            f"Person {found['person'] + 1}, asked {found['recogniser']}, {part}: it "
            f"{knows} {frames} frames (nearest {found['nearest']:.2f}, {found['threshold']:.2f} "
            "needed)"
        )
        if found["rank1"] is not None:
            line += (
                f"; among {found['others']} other people it picks this one in {found['rank1']:.0%}"
            )
        if share:
            line += ". Try another --surrogate, a cut closer to the face, or --engine mask"
        lines.append(f"{line}.")
    return lines


def summary(result: Result) -> str:
    """What was done to a clip, in one line."""
    parts = [f"{count} {kind}" for kind, count in result.ledger.counts().items() if count]
    line = f"{result.output}: frames {', '.join(parts)}"
    if result.surrogates:
        line += f"; surrogate {', '.join(result.surrogates)}"
    if result.audits:
        worst = min(result.audits, key=lambda found: found.nearest - found.threshold)
        line += f"; recogniser distance {worst.nearest:.3f} ({worst.threshold:.3f} needed)"
    for person in result.told.people:
        number = person.person + 1
        if person.frames_left is not None:
            line += f"; person {number} LEFT AS THEY ARE in {person.frames_left} frames"
        if person.frames_covered is not None:
            line += f"; person {number} covered in {person.frames_covered}, else recognised"
    return line
