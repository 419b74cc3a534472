"""`mien release`: last checks of results, and one archive that can be passed on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.failure import need
from mien.cli.grouped import grouped
from mien.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mien.release import Check, Source

_SIGNS = {"pass": "passed", "warn": "NOTE  ", "fail": "FAILED"}


@dataclass(frozen=True)
class Beside:
    """What belongs to the results."""

    original: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CLIP",
            help="An original, to compare its result with, or a folder of them; may be repeated. "
            "Its result is found by checksum. Without it less can be checked. It is not packed.",
        ),
    ] = None
    metrics: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="METRICS.json",
            help="Figures of mien evaluate to pack too, or a folder of its reports; may be "
            "repeated.",
        ),
    ] = None


@dataclass(frozen=True)
class Card:
    """What goes with the clips, and what of them."""

    mute: Annotated[
        bool,
        typer.Option(
            "--mute",
            help="Pack copies without sound: a voice identifies a person. WITHOUT IT THE SOUND OF "
            "THE RESULTS IS PACKED, unlike with mien dataset and on the page Release.",
        ),
    ] = False
    title: Annotated[str, typer.Option(metavar="TEXT", help="Heading of the data card.")] = ""
    consent: options.Consent = ""
    licence: options.Licence = ""
    contact: options.Contact = ""
    language: options.CardLanguage = "en"
    keep_checksums: Annotated[
        bool,
        typer.Option(
            "--keep-checksums",
            help="Keep the originals' checksums: who has an original can then find its clip.",
        ),
    ] = False


@grouped
def release(
    results: Annotated[
        list[Path],
        typer.Argument(
            metavar="RESULT.mp4...",
            help="Clips that mien deidentify made, or folders of them, the manifest (.json) beside "
            "each; only read.",
        ),
    ],
    out: Annotated[Path, options.out("RELEASE.zip", "The archive to write.")],
    beside: Beside,
    card: Card,
    landmarker: Annotated[Path | None, options.landmarker("look for faces")] = None,
    overwrite: Annotated[bool, options.overwrite("the archive if it exists")] = False,
    as_json: Annotated[bool, options.as_json("the result")] = False,
) -> None:
    """Check results once more and pack them, with a data card, under neutral names.

    If a check fails, nothing is written and the exit status is 5. SOUND OF THE RESULTS GOES INTO
    THE ARCHIVE unless --mute is given.

    Example: [bold]mien release shared -o release.zip --mute --original visits[/bold]
    """
    need("reports")
    from mien.release import Options, Withheld
    from mien.release import release as pack

    sources = sources_of(results, beside.original or [], beside.metrics or [])
    options = Options(
        voice="mute" if card.mute else "keep",
        title=card.title,
        consent=card.consent,
        licence=card.licence,
        contact=card.contact,
        language=card.language,
        keep_checksums=card.keep_checksums,
        landmarker=None if landmarker is None else str(landmarker),
    )
    try:
        with Bars(out.name) as progress:
            made = pack(sources, out, options, overwrite=overwrite, progress=progress)
    except Withheld as withheld:
        _print(withheld.checks, None, {}, as_json)
        raise
    _print(made.checks, out, made.files, as_json)


def sources_of(
    results: Sequence[Path], originals: Sequence[Path], metrics: Sequence[Path]
) -> list[Source]:
    """Results with what belongs to each, which their checksums say.

    Folders mean what lies in them and in folders within them: of results those that say that they
    are, of originals and figures those that belong to one.
    """
    from mien.outputs import checksum
    from mien.release import Source
    from mien.release.subject import read_json, read_manifest

    by_input, by_result = {}, {}
    listed = []  # originals and figures that were named one by one, each of which has to belong
    for path, whole in _named(originals, _clips):
        if not path.is_file():
            raise ParameterError(f"{path} is no file: name an original with --original.")
        by_input[checksum(path)] = path
        listed += [path] if whole else []
    for path, whole in _named(metrics, lambda folder: sorted(folder.rglob("metrics.json"))):
        about = read_json(path, "figures of mien evaluate").get("about")
        by_result[about.get("deidentified_sha256") if isinstance(about, dict) else None] = path
        listed += [path] if whole else []
    sources = []
    for path, _ in _named(results, _results):
        if not path.is_file():
            raise ParameterError(f"{path} is no file: name results of mien deidentify.")
        wanted = read_manifest(path.with_suffix(".json")).input.get("sha256")
        sources.append(Source(path, by_input.get(str(wanted)), by_result.get(checksum(path))))
    used = {path for source in sources for path in (source.original, source.metrics)}
    for path in listed:
        if path not in used:
            raise ParameterError(
                f"{path} belongs to none of the results: name what it was made into."
            )
    return sources


def _named(
    paths: Sequence[Path], within: Callable[[Path], Iterable[Path]]
) -> Iterator[tuple[Path, bool]]:
    """Each file, and whether it was named itself; those of a folder were not."""
    for path in paths:
        if path.is_dir():
            yield from ((one, False) for one in within(path))
        else:
            yield path, True


def _clips(folder: Path) -> list[Path]:
    from mien.video.clips import clips_in

    return list(clips_in(folder, deep=True).values())


def _results(folder: Path) -> list[Path]:
    from mien.pipeline.existing import labelled

    found = [path for path in _clips(folder) if labelled(path)]
    if not found:
        raise ParameterError(f"There is no result of mien in {folder}: name a folder of results.")
    return found


def _print(checks: Sequence[Check], out: Path | None, files: dict[str, int], as_json: bool) -> None:
    if as_json:
        content = {
            "release": None if out is None else str(out),
            "passed": out is not None,
            "checks": [check.as_dict() for check in checks],
            "files": files,
        }
        print(json.dumps(content, indent=2))
        return
    for check in checks:
        where = "all clips" if check.clip is None else f"clip-{check.clip:03d}"
        typer.echo(f"{_SIGNS[check.verdict]}  {where}, {check.name}: {check.sentence}")
    if out is not None:
        size = sum(files.values()) / 1e6
        typer.echo(f"{out}: {len(files)} files, {size:.1f} MB.")
        if clips := _audible(checks):
            count = "1 clip" if clips == 1 else f"{clips} clips"
            typer.echo(
                f"The sound of {count} is in it, and a voice identifies a person: add --mute to "
                "leave it out."
            )


def _audible(checks: Sequence[Check]) -> int:
    """Clips whose sound was packed."""
    return sum(check.code in ("voice_kept", "voice_changed") for check in checks)
