"""`mien expression capture`: the capture protocol in a terminal, with a camera or with clips."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.expression.options import Overwrite
from mien.cli.expression.terminal import Terminal
from mien.cli.failure import INTERRUPTED, interrupted, tell
from mien.counted import plural
from mien.errors import MienError, NoFaceError, ParameterError, VideoError

if TYPE_CHECKING:
    from mien.recording.capture import Capture
    from mien.recording.replay import Eye

_STALE = 5  # pictures that a camera may have kept from before the start


def capture(
    participant: Annotated[
        str, typer.Argument(metavar="PSEUDONYM", help="Such as P017; never a name.")
    ],
    out: Annotated[
        Path,
        options.out("OUT.parquet", "The snapshots; what happened is written beside it, in .json."),
    ],
    camera: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="A camera; 0 is the first one.")
    ] = None,
    video: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="CLIP",
            help="In place of a camera: one clip, or give this once for each expression, in order.",
        ),
    ] = None,
    expressions: Annotated[
        str | None,
        typer.Option(
            metavar="A,B,...",
            help="What to show, in this order; disappointed, stressed, happy, sad and surprised if "
            "not given.",
        ),
    ] = None,
    snapshots: Annotated[int, typer.Option(min=1, help="Of each expression.")] = 500,
    language: Annotated[str, typer.Option(metavar="de|en", help="Of the instructions.")] = "en",
    consent: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help='How consent was given, such as "form 12"; asked if not given.'
        ),
    ] = None,
    fixation: Annotated[
        float, typer.Option(metavar="SECONDS", help="How long the point is looked at before.")
    ] = 1.5,
    turn: Annotated[
        float, typer.Option(metavar="DEGREES", help="How far the face may be turned away.")
    ] = 20.0,
    geometry: Annotated[
        bool,
        typer.Option(
            "--geometry",
            help="Also keep the 478 landmarks of each snapshot: they show the shape of the face.",
        ),
    ] = False,
    device: Annotated[str, typer.Option(help="What records, kept with the snapshots.")] = "",
    landmarker: options.Landmarker = None,
    overwrite: Overwrite = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the session's record as JSON on stdout.")
    ] = False,
) -> None:
    """Record one participant's expressions as snapshots of scores; no picture is saved.

    Each expression is asked for in words, starts when Enter is pressed, and pauses by itself while
    the face is lost or turned away. Ctrl-C stops; what was recorded until then is saved.

    Example: [bold]mien expression capture P017 --camera 0 -o P017.parquet[/bold]
    """
    from mien.blendshapes.names import NAMES
    from mien.blendshapes.prototypes import FIVE
    from mien.recording.capture import Capture, check_outputs
    from mien.recording.protocol import Protocol
    from mien.selfnorm.geometry import GEOMETRY

    if (camera is None) == (not video):
        raise ParameterError("Give a camera with --camera or clips with --video, and not both.")
    words = FIVE if expressions is None else [word.strip() for word in expressions.split(",")]
    session = Capture(
        participant,
        Protocol(
            tuple(words),
            snapshots=snapshots,
            language=language,
            fixation_s=fixation,
            turn_deg=turn,
        ),
        device=device,
        names=(*NAMES, *GEOMETRY) if geometry else NAMES,
    )
    check_outputs(out, overwrite)
    for clip in video or ():
        if not clip.is_file():
            raise VideoError(f"{clip} cannot be read: there is no such file")
    _check_lengths(video or [], fixation)
    session.consent(_consent(session, consent))
    early = _record(session, camera, video or [], landmarker)
    kept = len(session.snapshots())
    if kept:
        session.save(out, overwrite=overwrite)
    if isinstance(early, MienError):
        if kept:
            tell(f"{out} holds {plural(kept, 'snapshot')} recorded until then.")
        raise early
    if not kept:
        if early is not None:
            raise early
        where = video[0].name if video else f"camera {camera}"
        raise NoFaceError(
            f"No snapshot was recorded from {where}: check that it shows a face towards the camera."
        )
    _report(session, out, kept, as_json)
    _say_missing(session, "the clips" if video else "the camera")
    if early is not None:
        tell("stopped; what was recorded until then is saved.")
        raise typer.Exit(INTERRUPTED)


def _check_lengths(clips: list[Path], fixation: float) -> None:
    """Refuse clips that are over before anything of them would be recorded."""
    from mien.video import Reader

    for clip in clips:
        first = last = None
        with Reader(clip) as reader:
            for last in reader.timestamps():
                first = last if first is None else first
                if last - first > fixation:
                    break
        if first is None or last is None or last - first <= fixation:
            length = 0.0 if first is None or last is None else last - first
            raise ParameterError(
                f"{clip.name} is {length:.1f} s long, and nothing is recorded in the first "
                f"{fixation:g} s, while the point is shown: give a longer clip, or a shorter "
                "--fixation."
            )


def _say_missing(session: Capture, source: str) -> None:
    """Name the expressions that were not recorded to the end."""
    held = session.snapshots()
    lacking = [
        f"{name} ({there} of {session.protocol.snapshots})"
        for k, name in enumerate(held.expressions)
        if (there := int((held.labels == k).sum())) < session.protocol.snapshots
    ]
    if lacking:
        tell(f"{source} ended before everything was recorded: {', '.join(lacking)}.")


def _consent(session: Capture, given: str | None) -> str:
    """How consent was given; the participant is asked where the command does not say."""
    if given is not None:
        return given
    if not (sys.stdin is not None and sys.stdin.isatty()):
        raise ParameterError(
            "Consent has to be on record before anything is recorded: say with --consent how it "
            "was given."
        )
    typer.echo(session.screen.text, err=True)
    asked = {"de": "Sind Sie einverstanden?", "en": "Do you agree?"}[session.protocol.language]
    if not typer.confirm(asked, err=True):
        tell("nothing was recorded.")
        raise typer.Exit
    return "agreed at the prompt"


def _record(
    session: Capture, camera: int | None, clips: list[Path], landmarker: Path | None
) -> MienError | KeyboardInterrupt | None:
    """Run a session; what ended it early comes back, since what there is, is kept."""
    from mien.blendshapes.names import NAMES
    from mien.recording.replay import replay
    from mien.recording.sight import LiveFace, WithGeometry

    early: MienError | KeyboardInterrupt
    face = LiveFace(landmarker)
    eye: LiveFace | WithGeometry = face
    if len(session.names) > len(NAMES):
        eye = WithGeometry(face)
    try:
        with Terminal() as terminal:
            if camera is None:
                replay(session, clips, eye, terminal.show)
            else:
                _sit(session, camera, eye, terminal)
        return None
    except (MienError, KeyboardInterrupt) as exc:  # such as a camera that is pulled out
        early = exc
    except Exception as exc:
        if not interrupted(exc):
            raise
        early = KeyboardInterrupt()
    finally:
        eye.close()
    session.abort()
    return early


def _sit(session: Capture, camera: int, eye: Eye, terminal: Terminal) -> None:
    """Run a session with somebody in front of a camera."""
    from mien.recording.camera import pictures

    seen = pictures(camera)
    try:
        next(seen)  # refuse a camera that gives nothing before anybody is asked anything
        while not session.stage.over:
            if session.screen.waits:
                terminal.ask(session.screen)
                for _ in range(_STALE):
                    next(seen)
                terminal.show(session.start())
            time, image = next(seen)
            sight = eye.see(image)
            measured = (None, None) if sight is None else (sight.scores, sight.pose)
            terminal.show(session.update(time, *measured))
    finally:
        seen.close()


def _report(session: Capture, out: Path, kept: int, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"output": str(out), **session.record()}, indent=2, ensure_ascii=False))
        return
    record = session.record()
    short = [
        f"{name} {count}"
        for name, count in record["snapshots"].items()
        if count < session.protocol.snapshots
    ]
    typer.echo(
        f"{out}: {plural(kept, 'snapshot')} of {session.participant}, "
        f"{plural(len(session.pauses), 'pause')}"
        + (f"; fewer than {session.protocol.snapshots}: {', '.join(short)}" if short else "")
    )
