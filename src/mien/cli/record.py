"""`mien record`: clips recorded step by step, with checks of face, pose and light."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.failure import tell
from mien.cli.grouped import grouped
from mien.errors import ParameterError, VideoError
from mien.shortfall import STATUS

if TYPE_CHECKING:
    import numpy as np

    from mien.recording.guided.guide import Guide


@dataclass(frozen=True)
class Asked:
    """What is asked for, and how."""

    protocol: Annotated[
        str,
        typer.Option(
            metavar="NAME|FILE.toml",
            help="What is asked for: mds-updrs-face, facial-palsy, blink, expressions, or a file.",
        ),
    ] = "mds-updrs-face"
    language: Annotated[str, typer.Option(metavar="de|en", help="Of what is said.")] = "en"
    consent: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help='How consent was given, such as "form 12"; asked if not given.'
        ),
    ] = None


@dataclass(frozen=True)
class Pictures:
    """Where pictures come from."""

    camera: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="A camera; 0 is the first one.")
    ] = None
    replay: Annotated[
        Path | None, typer.Option(metavar="CLIP", help="A clip in the camera's place.")
    ] = None


@grouped
def record(
    participant: Annotated[
        str, typer.Argument(metavar="PSEUDONYM", help="Such as P017; never a name.")
    ],
    out: Annotated[
        Path,
        options.out(
            "FOLDER",
            "A new folder: a clip for each step, and recording.json. The clips SHOW THE PATIENT.",
        ),
    ],
    asked: Asked,
    pictures: Pictures,
    landmarker: options.Landmarker = None,
    as_json: Annotated[bool, options.as_json("what happened")] = False,
) -> None:
    """Record a participant step by step; what is wrong with a picture is said as it happens.

    Five times a second it is checked that there is one face, whole, in the middle, near enough,
    upright, in good light, sharp and uncovered, and that the camera gives 25 pictures a second. A
    step begins when nothing is wrong, and is asked again when something was. There is no sound.

    Example: [bold]mien record P017 --camera 0 --protocol facial-palsy -o P017[/bold]
    """
    from mien.models.landmarker import open_backend
    from mien.recording.guided.guide import Guide
    from mien.recording.guided.protocol import open_protocol
    from mien.recording.guided.takes import record as run

    if (pictures.camera is None) == (pictures.replay is None):
        raise ParameterError("Give a camera with --camera or a clip with --replay, and not both.")
    if pictures.replay is not None and not pictures.replay.is_file():
        raise VideoError(f"{pictures.replay} cannot be read: there is no such file")
    guide = Guide(participant, open_protocol(asked.protocol), asked.language)
    guide.consent(_consent(guide, asked.consent), guide.words)
    backend = open_backend(landmarker)
    try:
        run(
            guide,
            _pictures(pictures.camera, pictures.replay),
            out,
            backend,
            None if as_json else tell,
        )
    finally:
        backend.close()
    happened = {"output": str(out), **guide.record()}
    if as_json:
        print(json.dumps(happened, indent=2, ensure_ascii=False))
    else:
        typer.echo(summary(happened))
    if not happened["complete"]:
        tell("the pictures ended before every step was recorded.")
        raise typer.Exit(STATUS)


def _pictures(camera: int | None, replay: Path | None) -> Iterator[tuple[float, np.ndarray]]:
    if camera is not None:
        from mien.recording.camera import pictures

        yield from pictures(camera)
        return
    from mien.video import Reader
    from mien.workers import ahead

    assert replay is not None
    with Reader(replay) as reader:
        for frame in ahead(reader):
            yield frame.time, frame.image


def _consent(guide: Guide, given: str | None) -> str:
    """How consent was given; the participant is asked where the command does not say."""
    if given is not None:
        return given
    if not (sys.stdin is not None and sys.stdin.isatty()):
        raise ParameterError(
            "Consent has to be on record before anything is recorded: say with --consent how it "
            "was given."
        )
    typer.echo(guide.words, err=True)
    asked = {"de": "Sind Sie einverstanden?", "en": "Do you agree?"}[guide.language]
    if not typer.confirm(asked, err=True):
        tell("nothing was recorded.")
        raise typer.Exit
    return "agreed at the prompt"


def summary(happened: dict[str, Any]) -> str:
    """What was recorded, a line for each step."""
    lines = []
    for take in happened["takes"]:
        if not take["kept"]:
            continue
        faults = ", ".join(f"{name} {count}" for name, count in take["faults"].items())
        times = f", after {take['attempt']} attempts" if take["attempt"] > 1 else ""
        lines.append(f"{take['step']}: {'good' if take['good'] else 'faults: ' + faults}{times}")
    lines.append(
        f"{happened['output']} holds the clips, which show the participant; next: mien deidentify."
    )
    return "\n".join(lines)
