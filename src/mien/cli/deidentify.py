"""`mien deidentify`: one clip or many."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.failure import tell
from mien.cli.given import thoroughness
from mien.cli.jobs import made, plan
from mien.cli.network import ConfigFile, Driving, OwnOpenings, WeightsFile, network
from mien.cli.runs import Again, run
from mien.cli.told import table
from mien.errors import ParameterError
from mien.shortfall import STATUS

if TYPE_CHECKING:
    from mien.pipeline.credentials import Signer


def deidentify(
    inputs: Annotated[
        list[Path],
        typer.Argument(
            metavar="INPUT...",
            help="Clips, or folders of clips and of folders; they are only read.",
        ),
    ],
    out: Annotated[
        Path,
        options.out(
            "OUT",
            "The result, ending in .mp4; or a folder, in which each result is called like its "
            "input and lies as it does; it is made where there are many. A manifest (.json) is "
            "written beside each.",
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
    hands: Annotated[
        str,
        typer.Option(
            metavar="keep|cover",
            help="What becomes of hands over a face: they stay hands where nobody is known by "
            "them, or the face is covered as long as one lies over it.",
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
    skip_existing: Annotated[
        bool,
        typer.Option(
            "--skip-existing",
            help="Leave out clips whose result is there: whole, of this original, with these "
            "settings. The rest of an interrupted run is made anew; a result of other settings "
            "is said, and made anew with --overwrite alone.",
        ),
    ] = False,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Write nothing: say who is in each clip, which face they would be given, and "
            "about how long it takes.",
        ),
    ] = False,
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
        hands=hands,  # type: ignore[arg-type]  # likewise
        withhold=withhold,
        landmarker=None if landmarker is None else str(landmarker),
        crf=crf,
        overwrite=overwrite,
        thoroughness=how if sampling(audit).probes else replace(how, checked=None),
    )
    planned = plan(inputs, out, side_by_side)
    for remark in planned.remarks:
        tell(remark)
    many = planned.folder is not None and (len(planned.jobs) > 1 or inputs[0].is_dir())
    again = Again(skip_existing, overwrite)
    if dry_run:
        from mien.cli.foreseen import foresee_all

        entries = foresee_all(planned.jobs, settings, again, quiet=as_json)
    else:
        with made(planned.folder, [job.output for job in planned.jobs]):
            entries = [run(job, settings, again, quiet=as_json) for job in planned.jobs]
    if as_json:
        print(json.dumps({"results": entries}, indent=2))
    elif many and not dry_run:
        print("\n".join(table(entries)))
    raise typer.Exit(_status(entries, many))


def _status(entries: list[dict[str, Any]], many: bool) -> int:
    """The exit status of several clips, with sentences on those that are not as they should be."""
    failed = [entry for entry in entries if entry["status"] not in (0, STATUS)]
    there = [entry for entry in failed if entry.get("there")]
    failed = [entry for entry in failed if not entry.get("there")]
    incomplete = [entry for entry in entries if entry["status"] == STATUS]
    if many and failed:
        tell(f"{len(failed)} of {len(entries)} clips failed.")
    if many and there:
        tell(
            f"{len(there)} of {len(entries)} results were already there and were not touched: add "
            "--skip-existing to leave out what is done, or --overwrite to make them anew."
        )
    elif there:
        tell(there[0]["error"])
    if many and incomplete:
        tell(f"{len(incomplete)} of {len(entries)} clips are incomplete.")
    first = [*failed, *there, *incomplete]
    return first[0]["status"] if first else 0


def _signer(certificate: Path | None, key: Path | None) -> Signer | None:
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise ParameterError("Signing needs both: give --sign-with and --sign-key.")
    from mien.pipeline.credentials import Signer

    return Signer(certificate, key)
