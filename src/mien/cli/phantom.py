"""`mien phantom`: a synthetic patient with known truth."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.grouped import grouped


@dataclass(frozen=True)
class Picture:
    """What the camera makes of it."""

    fps: Annotated[float, typer.Option(help="Frames per second, on average.")] = 30.0
    width: Annotated[int, typer.Option(help="Width of the picture, pixels.")] = 640
    height: Annotated[int, typer.Option(help="Height of the picture, pixels.")] = 480
    light: Annotated[float, typer.Option(help="Slow change of the light, 0 to 0.5.")] = 0.0
    noise: Annotated[float, typer.Option(help="Sensor noise, grey levels.")] = 1.5
    vfr: Annotated[
        bool, typer.Option("--vfr", help="Uneven frame times, as phones record them.")
    ] = False


@dataclass(frozen=True)
class People:
    """Who is there."""

    people: Annotated[int, typer.Option(help="1 or 2 people in the picture.")] = 1
    crossing: Annotated[
        bool, typer.Option("--crossing", help="Two people change places halfway.")
    ] = False
    face: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="Surrogate that a person resembles; once per person."),
    ] = None
    absent: Annotated[
        tuple[float, float] | None,
        typer.Option(metavar="FROM TO", help="The patient is out of the picture, s."),
    ] = None


@dataclass(frozen=True)
class Motion:
    """What the faces do."""

    blink: Annotated[
        list[float] | None,
        typer.Option(metavar="S", help="A time at which the eyes are shut, s; repeat it."),
    ] = None
    blinks_per_minute: Annotated[
        float, typer.Option(help="Rate of blinks where no --blink is given; 0 for none.")
    ] = 15.0
    tremor: Annotated[
        float | None, typer.Option(metavar="HZ", help="Tremor of jaw and lower lip, Hz.")
    ] = None
    tremor_amplitude: Annotated[
        float, typer.Option(help="Half of its peak-to-peak movement, outer-eye distances.")
    ] = 0.02
    smile: Annotated[
        tuple[float, float] | None, typer.Option(metavar="FROM TO", help="One smile, s.")
    ] = None
    speech: Annotated[
        tuple[float, float] | None, typer.Option(metavar="FROM TO", help="Talking, s.")
    ] = None
    asymmetry: Annotated[float, typer.Option(help="Droop of one side of the face, 0 to 1.")] = 0.0
    weak_side: Annotated[
        str, typer.Option(metavar="left|right", help="The patient's own side that droops.")
    ] = "left"
    head_motion: Annotated[float, typer.Option(help="Turning of the head, 0 to 2.")] = 0.3
    pulse: Annotated[
        float | None, typer.Option(metavar="BPM", help="Heart rate in the colour of the skin.")
    ] = None


@grouped
def phantom(
    out: Annotated[
        Path, options.out("OUT.mp4", "The clip; its truth is written beside it as OUT.truth.json.")
    ],
    picture: Picture,
    who: People,
    motion: Motion,
    seconds: Annotated[float, typer.Option(help="Length, s.")] = 10.0,
    fault: Annotated[
        str | None,
        typer.Option(
            metavar="NAME[=NUMBER]",
            help="The patient's motion is wrong in one known way, and all else the same: "
            "damp-mouth=SHARE lost (0.2), delay=S (0.1), smooth=HZ (3), no-blinks, "
            "freeze[=FROM,TO] in s, hold=FRAMES (4), droop=SHARE of the face's width (0.02)[,right]"
            "; in brackets what is taken where no number is given.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Decides everything drawn by chance.")] = 0,
    overwrite: Annotated[bool, options.overwrite("files that exist already")] = False,
    as_json: Annotated[bool, options.as_json("what was written")] = False,
) -> None:
    """Render a synthetic patient, and write down what is true of every frame.

    Example: [bold]mien phantom -o tremor.mp4 --tremor 5 --smile 2 4[/bold]

    The same with a known fault, to check a measure on: [bold]mien phantom -o slow.mp4 --tremor 5
    --smile 2 4 --fault smooth=3[/bold]
    """
    from mien.phantom import Script, Tremor, fault_named, render_phantom

    planted = None if fault is None else fault_named(fault)
    script = Script(
        seconds=seconds,
        fps=picture.fps,
        width=picture.width,
        height=picture.height,
        face=tuple(who.face or ()),
        people=who.people,
        crossing=who.crossing,
        blinks=tuple(motion.blink) if motion.blink else None,
        blinks_per_minute=motion.blinks_per_minute,
        speech=motion.speech,
        smile=motion.smile,
        tremor=None if motion.tremor is None else Tremor(motion.tremor, motion.tremor_amplitude),
        asymmetry=motion.asymmetry,
        weak_side=motion.weak_side,
        head_motion=motion.head_motion,
        pulse_bpm=motion.pulse,
        variable_frame_rate=picture.vfr,
        absent=() if who.absent is None else (who.absent,),
        light=picture.light,
        noise=picture.noise,
        seed=seed,
    )
    with Bars(out.name) as progress:
        truth = render_phantom(script, out, fault=planted, overwrite=overwrite, progress=progress)
    options.say(
        as_json,
        f"{out}: {len(truth.pts)} frames; truth in {out.with_suffix('.truth.json')}",
        {
            "output": str(out),
            "truth": str(out.with_suffix(".truth.json")),
            "frames": len(truth.pts),
            "seed": seed,
        },
    )
