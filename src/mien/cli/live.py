"""`mien live`: a camera, de-identified as it comes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli import options
from mien.cli.failure import tell
from mien.cli.grouped import grouped
from mien.cli.places import keep_input
from mien.errors import ParameterError, VideoError

if TYPE_CHECKING:
    from mien.live.settings import LiveSettings
    from mien.live.sinks import Sink


@dataclass(frozen=True)
class Camera:
    """Where pictures come from, and when that ends."""

    camera: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="A camera; 0 is the first one.")
    ] = None
    replay: Annotated[
        Path | None,
        typer.Option(metavar="CLIP", help="A clip in the camera's place, at its own speed."),
    ] = None
    seconds: Annotated[
        float | None, typer.Option(min=0.1, metavar="SECONDS", help="End after so long.")
    ] = None
    loop: Annotated[
        bool, typer.Option("--loop", help="Begin the clip again at its end; Ctrl-C ends.")
    ] = False
    as_fast: Annotated[
        bool,
        typer.Option(
            "--as-fast", help="Give the clip as fast as it goes, and drop no picture of it."
        ),
    ] = False


@dataclass(frozen=True)
class Shown:
    """Where what is made of them goes."""

    record: Annotated[
        Path | None,
        typer.Option(
            metavar="OUT.mp4",
            help="Record what is shown: de-identified or covered, without sound.",
        ),
    ] = None
    virtual_camera: Annotated[
        bool,
        typer.Option(
            "--virtual-camera",
            help="Be a webcam for other programs (needs v4l2loopback or OBS, and mien\\[live]).",
        ),
    ] = False
    preview: Annotated[bool, typer.Option("--preview", help="Show it in a window.")] = False
    overwrite: Annotated[bool, options.overwrite("the recording if it exists")] = False


@dataclass(frozen=True)
class Guise:
    """Who is seen in place of whom."""

    learn_from: Annotated[
        Path | None,
        typer.Option(
            "--learn-from",
            metavar="CLIP",
            help="An earlier recording of the same person, alone: nothing is covered for learning.",
        ),
    ] = None
    learn_seconds: Annotated[
        float, typer.Option(metavar="SECONDS", help="How much of the face is learned from.")
    ] = 4.0
    engine: Annotated[
        str, typer.Option(metavar="mesh|mask|blur|pixelate", help="What replaces the face.")
    ] = "mesh"
    match: Annotated[
        str, typer.Option(metavar="none|sex|age|tone", help="What the new face keeps alike.")
    ] = "age"
    subject: Annotated[
        str | None,
        typer.Option(metavar="ID", help="Code of the patient: the same face in every call."),
    ] = None
    bank: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Take faces from a bank of your own.")
    ] = None
    check_every: Annotated[
        float,
        typer.Option(metavar="SECONDS", help="How often recognisers look at what is shown."),
    ] = 3.0
    landmarker: options.Landmarker = None


@grouped
def live(
    source: Camera,
    shown: Shown,
    guise: Guise,
    as_json: Annotated[bool, options.as_json("what happened")] = False,
) -> None:
    """Give the person in front of a camera another face, as it happens; in doubt it is covered.

    The picture is solid until the face is learned and another one chosen, and at once whenever
    no face or a second one is seen, the picture changes at once or stands still, somebody else
    sits down, the computer is too slow, something fails, or a recogniser knows the person.

    Example: [bold]mien live --camera 0 --virtual-camera[/bold]

    Without any device: mien live --replay visit.mp4 --record out.mp4 --json
    """
    from mien.live.settings import LiveSettings

    if (source.camera is None) == (source.replay is None):
        raise ParameterError("Give a camera with --camera or a clip with --replay, and not both.")
    if source.camera is not None and (source.loop or source.as_fast):
        raise ParameterError("--loop and --as-fast are for clips: give one with --replay.")
    if source.loop and source.as_fast and source.seconds is None:
        raise ParameterError("--loop with --as-fast has no end: add --seconds.")
    for clip in (source.replay, guise.learn_from):
        if clip is not None and not clip.is_file():
            raise VideoError(f"{clip} cannot be read: there is no such file")
        if clip is not None and shown.record is not None:
            keep_input(shown.record, clip)
    settings = LiveSettings(
        engine=guise.engine,
        match=guise.match,
        subject=guise.subject,
        bank=guise.bank,
        calibrate_s=guise.learn_seconds,
        check_s=guise.check_every,
    )
    happened = _run(settings, source, guise, _sinks(shown), quiet=as_json)
    happened = {"record": None if shown.record is None else str(shown.record), **happened}
    if as_json:
        print(json.dumps(happened, indent=2))
    else:
        typer.echo(summary(happened))
    if happened["failure"]:
        tell(happened["failure"])


def _sinks(shown: Shown) -> list[Sink]:
    from mien.live.sinks import Preview, Recording, VirtualCamera

    sinks: list[Sink] = []
    if shown.record is not None:
        sinks.append(Recording(shown.record, shown.overwrite))
    if shown.virtual_camera:
        sinks.append(VirtualCamera())
    if shown.preview:
        sinks.append(Preview())
    return sinks


def _run(
    settings: LiveSettings, source: Camera, guise: Guise, sinks: list[Sink], quiet: bool
) -> dict[str, Any]:
    """Run a session to its end or to Ctrl-C; what was shown until then is kept."""
    from mien.live.session import Session
    from mien.live.sources import Camera as Device
    from mien.live.sources import Replay, Source
    from mien.models.landmarker import open_backend

    pictures: Source
    if source.replay is not None:
        pictures = Replay(source.replay, paced=not source.as_fast, loop=source.loop)
    else:
        assert source.camera is not None
        pictures = Device(source.camera)
    backend = open_backend(guise.landmarker)
    session = Session(pictures, sinks, settings, as_fast=source.as_fast, backend=backend)
    try:
        if guise.learn_from is not None:
            session.learn_from(Replay(guise.learn_from, paced=False))
        try:
            session.run(source.seconds, None if quiet else tell)
        except KeyboardInterrupt:
            if source.replay is not None and not source.loop:
                raise
    finally:
        session.close()
        backend.close()
        for sink in sinks:
            sink.close()
    return session.as_dict()


def summary(happened: dict[str, Any]) -> str:
    """What happened, in a few lines."""
    frames, late = happened["frames"], happened["latency_ms"]
    lines = [
        f"{frames['in']} pictures came in {happened['seconds']:.1f} s; {frames['shown']} were "
        f"shown with another face, {frames['covered']} covered, {frames['dropped']} dropped."
    ]
    because = happened["covered_because"]
    if because:
        lines.append("Covered: " + ", ".join(f"{k} {n}" for k, n in because.items()) + ".")
    for each in happened["errors"]:
        times = "once" if each["times"] == 1 else f"{each['times']} times"
        lines.append(f"Failed {times} ({each['stage']}), and was covered: {each['error']}")
    if late is not None:
        lines.append(
            f"A picture was shown {late['p50']:.0f} ms after it came (middle), {late['p95']:.0f} "
            f"ms (95 of 100); {happened['frames_per_second']:.1f} pictures a second."
        )
    checks = happened["checks"]
    found = ", ".join(f"{k} {n}" for k, n in checks["found"].items()) or "nothing"
    lines.append(f"Recognisers and detectors looked {checks['looks']} times and found {found}.")
    if happened["record"]:
        lines.append(f"{happened['record']} holds what was shown, without sound.")
    return "\n".join(lines)
