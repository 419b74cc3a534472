"""`mien expression capture`: the capture protocol in a terminal, with a camera or with clips."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli import options
from mien.cli.failure import INTERRUPTED, interrupted, tell

if TYPE_CHECKING:
    import numpy as np
    from rich.console import RenderableType
    from rich.live import Live

    from mien.recording.capture import Capture
    from mien.recording.replay import Eye
    from mien.recording.screen import Screen

_STALE = 5  # pictures that a camera may have kept from before the start
_BLIND = 50  # pictures that a camera may fail to give, one after the other


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
            help="What to show, in this order; five expressions beginning with neutral if not "
            "given.",
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
    device: Annotated[str, typer.Option(help="What records, kept with the snapshots.")] = "",
    landmarker: options.Landmarker = None,
    overwrite: Annotated[bool, options.overwrite()] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the session's record as JSON on stdout.")
    ] = False,
) -> None:
    """Record one participant's expressions as snapshots of scores; no picture is saved.

    Each expression is asked for in words, starts when Enter is pressed, and pauses by itself while
    the face is lost or turned away. Ctrl-C stops; what was recorded until then is saved.

    Example: [bold]mien expression capture P017 --camera 0 -o P017.parquet[/bold]
    """
    from mien.blendshapes.prototypes import FIVE
    from mien.errors import MienError, NoFaceError, ParameterError
    from mien.recording.capture import Capture, check_outputs
    from mien.recording.protocol import Protocol
    from mien.recording.replay import replay
    from mien.recording.sight import LiveFace

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
    )
    check_outputs(out, overwrite)
    for clip in video or ():
        if not clip.is_file():
            from mien.errors import VideoError

            raise VideoError(f"{clip} cannot be read: there is no such file")
    session.consent(_consent(session, consent))
    stopped = False
    failure: MienError | None = None
    eye = LiveFace(landmarker)
    try:
        with Display() as display:
            if camera is None:
                replay(session, video or [], eye, display.show)
            else:
                _sit(session, camera, eye, display)
    except KeyboardInterrupt:
        session.abort()
        stopped = True
    except MienError as exc:  # a camera that is pulled out: what there is, is kept
        session.abort()
        failure = exc
    except Exception as exc:
        if not interrupted(exc):
            raise
        session.abort()
        stopped = True
    finally:
        eye.close()
    kept = len(session.snapshots())
    if kept:
        session.save(out, overwrite=overwrite)
    if failure is not None:
        if kept:
            tell(f"{out} holds the {kept} snapshots recorded until then.")
        raise failure
    if not kept:
        if stopped:
            raise KeyboardInterrupt
        where = video[0].name if video else f"camera {camera}"
        raise NoFaceError(
            f"No snapshot was recorded from {where}: check that it shows a face towards the camera."
        )
    _report(session, out, kept, as_json)
    _say_missing(session, "the clips" if video else "the camera")
    if stopped:
        tell("stopped; what was recorded until then is saved.")
        raise typer.Exit(INTERRUPTED)


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
    from mien.errors import ParameterError

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


def _sit(session: Capture, camera: int, eye: Eye, display: Display) -> None:
    """Run a session with somebody in front of a camera."""
    pictures = _pictures(camera)
    try:
        next(pictures)  # refuse a camera that gives nothing before anybody is asked anything
        while not session.stage.over:
            if session.screen.waits:
                display.ask(session.screen)
                for _ in range(_STALE):
                    next(pictures)
                display.show(session.start())
            time, image = next(pictures)
            sight = eye.see(image)
            seen = (None, None) if sight is None else (sight.scores, sight.pose)
            display.show(session.update(time, *seen))
    finally:
        pictures.close()


def _pictures(camera: int) -> Generator[tuple[float, np.ndarray], None, None]:
    """Seconds and RGB pictures of a camera, without end."""
    from time import monotonic

    import cv2

    from mien.errors import VideoError

    source = cv2.VideoCapture(camera)
    try:
        if not source.isOpened():
            raise VideoError(
                f"camera {camera} cannot be opened: check that it is connected, that no other "
                "program uses it and that it may be used"
            )
        failed = 0
        while failed < _BLIND:
            good, image = source.read()
            if good:
                failed = 0
                yield monotonic(), cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
            else:
                failed += 1
        raise VideoError(f"camera {camera} gives no pictures any more: check its connection")
    finally:
        source.release()


class Display:
    """Shows screens on stderr: the whole terminal, or a line per stage where there is none."""

    def __init__(self) -> None:
        from rich.console import Console

        self._console = Console(stderr=True)
        self._whole = self._console.is_interactive and sys.stderr.isatty()
        self._live: Live | None = None
        self._last: tuple[object, ...] = ()

    def __enter__(self) -> Display:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._close()

    def ask(self, screen: Screen) -> None:
        """Show an instruction and wait for Enter."""
        self._close()
        self._console.print(f"\n{screen.number}/{screen.total}  {screen.text}", markup=False)
        self._last = ()
        try:
            self._console.input("[Enter] ", markup=False)
        except EOFError:
            raise KeyboardInterrupt from None

    def show(self, screen: Screen) -> None:
        """Show what is to be seen now."""
        if self._whole and not screen.waits:
            from rich.live import Live

            if self._live is None:
                self._live = Live(
                    console=self._console, screen=True, refresh_per_second=10, transient=True
                )
                self._live.start()
            size = self._console.size
            self._live.update(draw(screen, size.width, size.height))
            return
        now = (screen.stage, screen.expression, screen.paused)
        if now != self._last and not self._whole:
            place = f"{screen.number}/{screen.total} " if screen.expression else ""
            what = f"{screen.expression}: " if screen.expression else ""
            print(f"{place}{what}{screen.text}", file=sys.stderr, flush=True)
        self._last = now

    def _close(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


def draw(screen: Screen, width: int, height: int) -> RenderableType:
    """A screen as text: words above, the point in its place, progress below."""
    from textwrap import wrap

    from rich.text import Text

    bar = max(width - 24, 10)
    filled = round(bar * screen.progress)
    place = f"{screen.number}/{screen.total} " if screen.number else ""
    style = "yellow bold" if screen.paused else "bold"
    head = [Text(f" {line}", style=style) for line in wrap(place + screen.text, max(width - 2, 20))]
    foot = f" {'█' * filled}{'░' * (bar - filled)} {screen.kept}/{screen.wanted}"
    rows = [" " * width for _ in range(max(height - 1 - len(head), 1))]
    if screen.fixation is not None:
        x = min(int(screen.fixation[0] * width), width - 1)
        y = min(int(screen.fixation[1] * len(rows)), len(rows) - 1)
        rows[y] = " " * x + "+" + " " * (width - x - 1)
    return Text("\n").join([*head, *(Text(row) for row in rows), Text(foot[:width])])


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
        f"{out}: {kept} snapshots of {session.participant}, {len(session.pauses)} pauses"
        + (f"; fewer than {session.protocol.snapshots}: {', '.join(short)}" if short else "")
    )
