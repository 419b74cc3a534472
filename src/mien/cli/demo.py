"""`mien demo`: everything once, on a patient who does not exist."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from mien.cli import options
from mien.cli.bars import Bars
from mien.cli.given import given, thoroughness
from mien.cli.sheet import write_sheet
from mien.cli.told import judges
from mien.errors import OutputError

if TYPE_CHECKING:
    import numpy as np

    from mien.phantom import Script, Truth

FILES = (
    "original.mp4",
    "original.truth.json",
    "deidentified.mp4",
    "deidentified.json",
    "side-by-side.mp4",
    "contact-sheet.png",
)
"""What is written, of which an earlier demo's may be replaced."""
_ROOM = 0.2  # shown around the face, in face sizes
_SPEECH, _SMILE, _BLINKS = (1.8, 4.4), (5.2, 7.8), (1.2, 4.8, 8.3)  # s
_TIMES = (("rest", 0.5), ("blink", 1.2), ("smile", 6.5), ("smile fading", 7.5), ("tremor", 9.2))


def demo(
    out: Annotated[Path, options.out("FOLDER", "Where to put the files.")] = Path("demo"),
    as_json: Annotated[bool, options.as_json("what was written")] = False,
) -> None:
    """Render a synthetic patient, de-identify the clip and show the two beside each other.

    The patient talks, blinks, smiles once and has a lip tremor of 5 Hz. Takes a minute or two.

    Example: [bold]mien demo[/bold]
    """
    from mien.phantom import render_phantom
    from mien.pipeline.deidentify import deidentify
    from mien.pipeline.settings import Settings

    start = time.monotonic()
    prepare(out)
    patient = given().patient or usual_patient()
    with Bars("patient") as progress:
        truth = render_phantom(patient, out / "original.mp4", overwrite=True, progress=progress)
        result = deidentify(
            out / "original.mp4",
            out / "deidentified.mp4",
            Settings(subject="demo", overwrite=True, thoroughness=thoroughness()),
            side_by_side=out / "side-by-side.mp4",
            progress=progress,
        )
    _contact_sheet(out, truth)
    counts = result.ledger.counts()
    told = [f"{line}\n" for line in judges(result)]
    worst = min(result.audits, key=lambda found: found.nearest)
    content = {
        "folder": str(out),
        "files": [str(out / name) for name in FILES],
        "counts": counts,
        "surrogate": result.surrogates,
        "privacy": [found.as_dict() for found in result.audits],
        "judges": result.told.judges,
        "seconds": round(time.monotonic() - start, 1),
    }
    options.say(
        as_json,
        f"A synthetic patient who talks, blinks, smiles and has a lip tremor of 5 Hz was given "
        f"the face {', '.join(result.surrogates)}.\n"
        f"{counts['rendered']} of {sum(counts.values())} frames rendered, "
        f"{counts['interpolated']} interpolated, {counts['covered']} covered.\n"
        f"A face recogniser sees another person: distance {worst.nearest:.3f}, where less than "
        f"{worst.threshold:.3f} is the same person.\n"
        f"{''.join(told)}"
        f"{time.monotonic() - start:.0f} seconds. Look at {out / 'contact-sheet.png'} and "
        f"{out / 'side-by-side.mp4'} first.",
        content,
    )


def usual_patient() -> Script:
    """Who talks, blinks, smiles and trembles."""
    from mien.phantom import Script, Tremor

    return Script(
        seconds=10, speech=_SPEECH, smile=_SMILE, blinks=_BLINKS, tremor=Tremor(hertz=5), seed=7
    )


def prepare(out: Path) -> None:
    """Make the folder; files of the same names that an earlier demo did not make are kept safe."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise OutputError(f"{out} cannot be used as a folder: choose another --out.") from exc
    taken = [name for name in FILES if (out / name).exists()]
    if taken and not _is_phantom(out / "original.mp4"):
        raise OutputError(
            f"{out / taken[0]} was not made by an earlier demo: choose another --out."
        )


def _is_phantom(path: Path) -> bool:
    """Whether a clip is one that mien rendered."""
    import av

    try:
        with av.open(str(path)) as container:
            return container.metadata.get("comment") == "mien phantom"
    except (av.FFmpegError, OSError):
        return False


def _contact_sheet(out: Path, truth: Truth) -> None:
    import numpy as np

    points = truth.people[0].landmarks
    assert points is not None
    frames = _moments(truth.time, np.linalg.norm(points[:, 13] - points[:, 14], axis=1))
    corners = points[list(frames), :, :2]
    low, high = corners.min((0, 1)), corners.max((0, 1))
    room = _ROOM * (high - low).max()
    left, top = (int(max(value, 0)) for value in low - room)
    right, bottom = (int(value) for value in high + room)
    rows = []
    for name, label in (("original.mp4", "original"), ("deidentified.mp4", "result")):
        pictures = _pick(out / name, set(frames))
        rows.append(
            [
                (pictures[number][top:bottom, left:right], f"{label}: {what}")
                for number, what in frames.items()
            ]
        )
    write_sheet(out / "contact-sheet.png", "A synthetic patient, and what mien made of it", rows)


def _moments(time: np.ndarray, opening: np.ndarray) -> dict[int, str]:
    """Frames worth showing; while the patient talks, those in which the mouth is widest open."""
    import numpy as np

    middle = sum(_SPEECH) / 2
    widest = [
        int(np.argmax(np.where((time >= start) & (time < end), opening, -1)))
        for start, end in ((_SPEECH[0], middle), (middle, _SPEECH[1]))
    ]
    shown = {int(abs(time - at).argmin()): what for what, at in _TIMES}
    shown |= dict.fromkeys(widest, "talking")
    return {number: f"{shown[number]}, {time[number]:.1f} s" for number in sorted(shown)}


def _pick(path: Path, numbers: set[int]) -> dict[int, np.ndarray]:
    """Some frames of a clip, by number."""
    from mien.video import Reader

    with Reader(path) as clip:
        return {frame.index: frame.image for frame in clip if frame.index in numbers}
