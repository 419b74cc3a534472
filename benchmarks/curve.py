"""Privacy against motion: what it costs to move a new face farther away.

    python benchmarks/curve.py CLIP... [-o curve.csv] [--rooms 0 .03 .065 .12 .2]

For each clip the same composite is moved until the recognisers that choose have the given room
beyond their thresholds (the usual one is .065), the whole clip is drawn with it, and judged: motion
by `benchmarks/judge.py`, which shares nothing with mien, privacy by each recogniser, faceres being
the one that chose nothing. A line of the table is one clip at one room, or, with `unmoved`, with
the composite as it is in the bank.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from mien.engines.laying import composite
from mien.engines.mesh.engine import Mesh
from mien.models.landmarker import open_backend
from mien.pipeline.casting import Individual, cast
from mien.pipeline.choose import Wanted, choose
from mien.pipeline.pushing import Choice
from mien.pipeline.steering import Room
from mien.pipeline.survey import survey
from mien.progress import silent
from mien.recognition.recogniser import distances
from mien.recognition.registry import ALSO_STEER, JUDGES, recogniser
from mien.tracking import State
from mien.tracking.selection import Role
from mien.video import Reader, Writer

_EACH = 4  # frames from one that recognisers are asked about to the next
_FARTHER_MEAN = 0.175  # that the mean frame is to be farther than the nearest, in thresholds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("-o", "--output", type=Path, default=Path("curve.csv"))
    parser.add_argument("--rooms", nargs="+", type=float, default=[0.0, 0.03, 0.065, 0.12, 0.2])
    parser.add_argument("--subject", default="P1", help="whose face is drawn")
    args = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for clip in args.clips:
        for row in of_clip(clip, args.rooms, args.subject):
            rows.append(row)
            print(json.dumps(row), flush=True)
            with args.output.open("w", newline="") as stream:
                table = csv.DictWriter(stream, list(rows[0]))
                table.writeheader()
                table.writerows(rows)


def of_clip(clip: Path, rooms: list[float], subject: str) -> Iterator[dict[str, Any]]:
    """A row for the composite as it is, and for each room."""
    first, also = recogniser(), tuple(recogniser(name) for name in ALSO_STEER)
    made: list[tuple[str, Choice]] = []

    def pick(fitted: Any, samples: Any, steers: Any) -> Choice:
        usual = choose(fitted, samples, steers, Wanted(subject=subject))
        for room in rooms:
            wanted = Wanted(
                subject=subject,
                only=usual.start.id,
                room=Room(room, room + _FARTHER_MEAN),
            )
            made.append((f"{room:g}", choose(fitted, samples, steers, wanted)))
        return usual

    with closing(open_backend()) as backend:
        found = survey(clip, backend, first, silent, others=also)
        track = max(found.tracks, key=lambda one: len(one.known()))
        person = cast(track, Role.REPLACE, found, first, Mesh, pick, also)
    person.give(made[0][1].start, 1.0, first)
    yield row_of(clip, person, "unmoved", 0.0)
    for name, choice in made:
        person.give(choice.surrogate, choice.strength, first)
        yield row_of(clip, person, name, choice.pushed)


def row_of(clip: Path, person: Individual, room: str, pushed: float) -> dict[str, Any]:
    """Draw a clip with the face that a person has, and judge it."""
    asked = [recogniser(), *(recogniser(name) for name in (*ALSO_STEER, *JUDGES))]
    before: list[list[np.ndarray]] = [[] for _ in asked]
    after: list[list[np.ndarray]] = [[] for _ in asked]
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.mp4"
        with Reader(clip) as frames, Writer(result, frames.info, crf=17) as out:
            for number, frame in enumerate(frames):
                picture = frame.image.copy()
                if person.track.state[number] != State.ABSENT and person.engine is not None:
                    points = person.landmarks(frame.image, number)
                    drawn = person.engine.render(frame.image, points)
                    composite(picture, drawn)
                    if number % _EACH == 0:
                        for k, one in enumerate(asked):
                            before[k].append(one.views(frame.image, points)[0])
                            after[k].append(one.views(picture, drawn.face(points))[0])
                out.write(picture, frame.pts, duration=frame.duration)
            out.commit()
        row: dict[str, Any] = {"clip": clip.stem, "room": room, "moved_sd": round(pushed, 2)}
        row |= motion(clip, result)
    for k, one in enumerate(asked):
        old, new = one.describe_all(before[k]), one.describe_all(after[k])
        apart = distances(new, old).min(1) / one.threshold
        lengths = np.linalg.norm(old, axis=1) * np.linalg.norm(new, axis=1)
        name = one.name.split("_")[0]
        row[f"{name}_cosine"] = round(float(((old * new).sum(1) / lengths).mean()), 3)
        row[f"{name}_nearest"] = round(float(apart.min()), 3)
        row[f"{name}_under"] = round(float((apart < 1).mean()), 3)
    return row


def motion(original: Path, result: Path) -> dict[str, float]:
    """What the judge finds, which is another process."""
    told = result.with_name("judged.json")
    judge = Path(__file__).with_name("judge.py")
    subprocess.run(
        [sys.executable, judge, original, result, "--no-ceiling", "--json", told],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (found,) = json.loads(told.read_text())["clips"]
    measured = found["measures"]
    return {key: round(float(measured[key]), 3) for key in ("r_x", "r_y", "r_cca")}


if __name__ == "__main__":
    main()
