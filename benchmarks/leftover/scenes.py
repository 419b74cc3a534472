"""The scenes: short clips in which a face is easily left, each with its truth as JSON beside it.

A scene is drawn with 15 frames a second and has at most 60 of them, so that the whole set runs in
minutes. It lists the runs of `mien deidentify` that it is for: with which options, and who of its
people is spared by them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from actors import Face, Picture, phantom, place, portrait, recording, wall

FPS = 15
COUNT = 60
ROLLS = {"left": -90.0, "right": 90.0, "upside_down": 180.0}
CLIPS = ("d0", "d18", "s32")
CROWD = 24  # portraits that scenes are cast from, spread over the folder


@dataclass(frozen=True)
class Run:
    """One call of ``mien deidentify``."""

    name: str
    """What the table calls it."""
    options: tuple[str, ...] = ()
    """What is given after the files; ``{folder}`` stands for the folder of the scenes."""
    spared: str | None = None
    """Who may be left as they are."""


@dataclass
class Scene:
    """A clip and what is true of it."""

    name: str
    images: list[np.ndarray]
    """RGB, shape (height, width, 3), uint8."""
    people: dict[str, list[Face | None]]
    """Where each person's inner face is in each frame; None where it is not to be seen."""
    runs: tuple[Run, ...] = (Run("plain"),)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)
    """Pictures of people to be written beside it, by file name, RGB."""
    result: list[np.ndarray] | None = None
    """A made-up result, for `mien audit` to judge; then there are no runs."""
    faulty: bool = False
    """Whether something is left in that result."""

    def write(self, folder: Path) -> None:
        """Write the clip, its pictures and, last, its truth."""
        encode(folder / f"{self.name}.mp4", self.images)
        for name, picture in self.pictures.items():
            cv2.imwrite(str(folder / name), picture[..., ::-1])
        if self.result is not None:
            encode(folder / f"{self.name}.fake.mp4", self.result)
        height, width = self.images[0].shape[:2]
        content = {
            "scene": self.name,
            "fps": FPS,
            "width": width,
            "height": height,
            "frames": len(self.images),
            "audit": self.result is not None,
            "faulty": self.faulty,
            "runs": [vars(run) for run in self.runs] if self.result is None else [],
            "people": {
                name: [None if face is None else face.as_dict() for face in faces]
                for name, faces in self.people.items()
            },
        }
        (folder / f"{self.name}.json").write_text(json.dumps(content))


def encode(path: Path, images: Sequence[np.ndarray]) -> None:
    """Write frames as H.264, with so little loss that the clip may be called an original."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"crf": "12"})
        stream.height, stream.width = images[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for image in images:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


@dataclass(frozen=True)
class Part:
    """Somebody's place in a stretch of a scene."""

    who: str
    pictures: list[Picture]
    at: tuple[float, float]
    size: float
    roll: float | tuple[float, ...] = 0.0
    """Where the top of the head points, as `place` takes it; or that of each frame."""
    start: int = 0
    end: int = COUNT
    hidden: tuple[int, int] | None = None
    """Frames in which something is held before the face: from, to before."""


def compose(
    parts: Sequence[Part], width: int = 960, height: int = 540, count: int = COUNT, seed: int = 0
) -> tuple[list[np.ndarray], dict[str, list[Face | None]]]:
    """Draw parts over each other before a wall, the last in front, with a sensor's noise."""
    back = wall(width, height, seed)
    rng = np.random.default_rng([seed, *b"noise"])
    images: list[np.ndarray] = []
    people: dict[str, list[Face | None]] = {part.who: [None] * count for part in parts}
    for number in range(count):
        image = back.copy()
        for part in parts:
            if not part.start <= number < part.end:
                continue
            roll = part.roll[number] if isinstance(part.roll, tuple) else part.roll
            face = place(image, part.pictures[number], part.at, part.size, roll)
            if part.hidden and part.hidden[0] <= number < part.hidden[1]:
                face = None
                _hold_up(image, part)
            people[part.who][number] = face
        noise = rng.normal(0, 1.5, image.shape)
        images.append(np.clip(image + noise, 0, 255).astype(np.uint8))
    return images, people


def _hold_up(image: np.ndarray, part: Part) -> None:
    """Draw a clipboard before a face."""
    middle, half = np.array(part.at), 0.75 * part.size * np.array([1.0, 1.2])
    low, high = (middle - half).astype(int).tolist(), (middle + half).astype(int).tolist()
    cv2.rectangle(image, low, high, (120, 84, 52), -1)
    inset = int(0.08 * part.size)
    cv2.rectangle(image, [v + inset for v in low], [v - inset for v in high], (236, 236, 230), -1)
    for row in range(low[1] + 3 * inset, high[1] - 2 * inset, max(2 * inset, 4)):
        cv2.line(image, (low[0] + 2 * inset, row), (high[0] - 3 * inset, row), (150, 150, 160), 2)


def point(faces: Sequence[Face | None], frame: int) -> str:
    """A face's place and time as ``--leave`` takes it."""
    face = faces[frame]
    assert face is not None
    return f"{face.middle[0]:.0f},{face.middle[1]:.0f}@{frame / FPS:.3f}"


@cache
def actor(seed: int, **script) -> list[Picture]:
    """A phantom of a whole scene's length; the same is drawn once."""
    return phantom(COUNT, FPS, seed, **script)


class Studio:
    """All scenes, by name; each is drawn when asked for.

    Parameters
    ----------
    clips, portraits : Path or None
        Folders of recordings of single people and of portraits; scenes that need them are left
        out where there are none.
    """

    def __init__(self, clips: Path | None, portraits: Path | None) -> None:
        self._clips = clips
        faces = sorted(portraits.glob("*.jpg")) if portraits else []
        self._faces = faces[:: max(len(faces) // CROWD, 1)]
        self.makers: dict[str, Callable[[], Scene]] = {}
        for listed in (
            self._leave_lost,
            self._cuts,
            self._lying,
            self._lying_beside,
            self._small,
            self._visits,
            self._planted,
        ):
            for name, maker in listed():
                self.makers[name] = maker

    def _portrait(self, number: int) -> list[Picture]:
        return portrait(self._faces[number % len(self._faces)], COUNT, number)

    def _recording(self, name: str) -> list[Picture]:
        assert self._clips is not None
        return recording(self._clips / f"{name}.mp4", COUNT)

    def _has(self, name: str) -> bool:
        return self._clips is not None and (self._clips / f"{name}.mp4").is_file()

    # --- a spared person is lost ------------------------------------------------------------

    def _leave_lost(self) -> Iterator[tuple[str, Callable[[], Scene]]]:
        for how in ("turned", "hidden"):
            for other in ("lying", "small"):
                name = f"leave_lost_{how}_{other}"
                yield name, lambda n=name, h=how, o=other: _leave_lost(n, h, o)

    # --- cuts -------------------------------------------------------------------------------

    def _cuts(self) -> Iterator[tuple[str, Callable[[], Scene]]]:
        yield (
            "cut_same_place_phantom",
            lambda: _same_place("cut_same_place_phantom", actor(0), actor(6)),
        )
        yield (
            "cut_swap_seats_phantom",
            lambda: _swap_seats("cut_swap_seats_phantom", actor(0), actor(6)),
        )
        if self._faces:
            pair = (self._portrait, 2, 9)
            for name, make in (
                ("cut_same_place_portrait", _same_place),
                ("cut_swap_seats_portrait", _swap_seats),
            ):
                yield name, lambda n=name, m=make, p=pair: m(n, p[0](p[1]), p[0](p[2]))

    # --- lying ------------------------------------------------------------------------------

    def _lying(self) -> Iterator[tuple[str, Callable[[], Scene]]]:
        yield "lying_down_phantom", _lying_down
        for way in ROLLS:
            name = f"lying_{way}_phantom"
            yield name, lambda n=name, w=way: _lying_phantom(n, w)
            for clip in CLIPS:
                if self._has(clip):
                    name = f"lying_{way}_{clip}"
                    yield name, lambda n=name, w=way, c=clip: _turned(n, w, self._recording(c))

    def _lying_beside(self) -> Iterator[tuple[str, Callable[[], Scene]]]:
        for way in ("left", "right"):
            name = f"lying_with_upright_{way}_phantom"
            yield name, lambda n=name, w=way: _beside(n, w, actor(3), actor(1))
        if self._faces:
            name = "lying_with_upright_left_portrait"
            yield (
                name,
                lambda n=name: _beside(n, "left", self._portrait(4), self._portrait(11)),
            )
        if self._has("d18"):
            name = "lying_with_upright_right_d18"
            yield name, lambda n=name: _beside(n, "right", self._recording("d18"), actor(1))

    # --- small ------------------------------------------------------------------------------

    def _small(self) -> Iterator[tuple[str, Callable[[], Scene]]]:
        for size in (24, 32, 48):
            name = f"small_beside_large_{size}_phantom"
            yield name, lambda n=name, s=size: _small(n, s, actor(5), actor(2))
            if self._faces:
                name = f"small_beside_large_{size}_portrait"
                yield (
                    name,
                    lambda n=name, s=size: _small(n, s, self._portrait(s), self._portrait(s + 1)),
                )

        name = "small_arrives_32_phantom"
        yield name, lambda n=name: _small(n, 32, actor(5), actor(2), 3)

    # --- short visits -----------------------------------------------------------------------

    def _visits(self) -> Iterator[tuple[str, Callable[[], Scene]]]:
        for start in (10, 11, 12):
            for length in (1, 2):
                name = f"short_visit_{start}_for_{length}"
                yield name, lambda n=name, s=start, k=length: _visit(n, s, k, 0.0)
            name = f"short_visit_{start}_for_2_lying"
            yield name, lambda n=name, s=start: _visit(n, s, 2, -90.0)

    # --- results for the audit --------------------------------------------------------------

    def _planted(self) -> Iterator[tuple[str, Callable[[], Scene]]]:
        for kind in ("upright", "lying", "small"):
            for faulty in (True, False):
                name = f"planted_{kind}" if faulty else f"clean_{kind}"
                yield name, lambda n=name, k=kind, f=faulty: _planted(n, k, f)


def _leave_lost(name: str, how: str, other: str) -> Scene:
    """A is spared and lost for 1.3 s; meanwhile B comes to within two face widths of A's place.

    C is in view all the time, so that the frames have a face that is known; B is too small, or
    lies, so that a search of the whole frame for upright faces does not see B.
    """
    turned = ((20.5 / FPS, 39.5 / FPS),) if how == "turned" else ()
    spared = actor(0, turned=turned)
    hidden = (20, 40) if how == "hidden" else None
    size, roll, at = (60.0, -90.0, (468, 250)) if other == "lying" else (28.0, 0.0, (450, 220))
    images, people = compose(
        [
            Part("A", spared, (330, 250), 130, hidden=hidden),
            Part("C", actor(2), (760, 250), 130),
            Part("B", actor(4), at, size, roll, start=26, end=39),
        ]
    )
    runs = (
        Run("point", ("--leave", point(people["A"], 4)), "A"),
        Run("picture", ("--leave", f"{{folder}}/{name}.A.png"), "A"),
    )
    return Scene(name, images, people, runs, {f"{name}.A.png": _head(actor(0)[14])})


def _named(name: str, people: dict[str, list[Face | None]], frame: int) -> tuple[Run, ...]:
    """Nobody spared, and A spared in each way that A can be named."""
    return (
        Run("plain"),
        Run("number", ("--leave", "1"), "A"),
        Run("picture", ("--leave", f"{{folder}}/{name}.A.png"), "A"),
        Run("point", ("--leave", point(people["A"], frame)), "A"),
    )


def _head(picture: Picture) -> np.ndarray:
    """A picture of somebody's head before a wall."""
    image = wall(300, 300, 77)
    place(image, picture, (150, 160), 110)
    return image


def _same_place(name: str, a: list[Picture], b: list[Picture]) -> Scene:
    """The film cuts from A to B and back every 1.5 s; both sit at the same place."""
    at, size = (330.0, 200.0), 130.0
    images, people = compose(
        [
            Part("A", a, at, size, end=23),
            Part("B", b, at, size, start=23, end=45),
            Part("A2", a, at, size, start=45),
        ],
        640,
        360,
    )
    people["A"][45:] = people.pop("A2")[45:]
    return Scene(name, images, people, _named(name, people, 8), {f"{name}.A.png": _head(a[14])})


def _swap_seats(name: str, a: list[Picture], b: list[Picture]) -> Scene:
    """A and B sit beside each other and have changed seats after a cut."""
    left, right, size, cut = (270.0, 240.0), (690.0, 240.0), 130.0, 30
    images, people = compose(
        [
            Part("A", a, left, size, end=cut),
            Part("B", b, right, size, start=6, end=cut),  # A is the more present one
            Part("A2", a, right, size, start=cut),
            Part("B2", b, left, size, start=cut),
        ]
    )
    for who in "AB":
        people[who][cut:] = people.pop(f"{who}2")[cut:]
    return Scene(name, images, people, _named(name, people, 12), {f"{name}.A.png": _head(a[14])})


def _lying_phantom(name: str, way: str) -> Scene:
    images, people = compose([Part("B", actor(4), (320, 200), 130)], 640, 480)
    return _turn(name, way, images, people)


def _lying_down() -> Scene:
    """Somebody sits upright, lies down within a second, and stays so."""
    rolls = 90 * np.clip((np.arange(COUNT) - 15) / 15, 0, 1)
    part = Part("B", actor(4), (320, 240), 110, tuple(rolls.tolist()))
    return Scene("lying_down_phantom", *compose([part], 640, 480))


def _turned(name: str, way: str, pictures: list[Picture]) -> Scene:
    """A whole recording turned, as its pixels, not by a flag."""
    faces = [
        None if picture.inner is None else Face(picture.inner, picture.size, 0.0)
        for picture in pictures
    ]
    return _turn(name, way, [picture.image for picture in pictures], {"B": faces})


def _turn(
    name: str, way: str, images: list[np.ndarray], people: dict[str, list[Face | None]]
) -> Scene:
    quarters = round(ROLLS[way] / 90)
    height, width = images[0].shape[0] // 2 * 2, images[0].shape[1] // 2 * 2
    turned = {
        who: [None if face is None else face.turned(quarters, width, height) for face in faces]
        for who, faces in people.items()
    }
    return Scene(name, [np.rot90(i[:height, :width], -quarters) for i in images], turned)


def _beside(name: str, way: str, lying: list[Picture], upright: list[Picture]) -> Scene:
    """Somebody lying on one side of the picture, somebody upright on the other."""
    there, here = ((250, 300), (700, 250)) if way == "left" else ((710, 300), (260, 250))
    images, people = compose(
        [
            Part("upright", upright, here, 130),
            Part("lying", lying, there, 130, ROLLS[way]),
        ]
    )
    return Scene(name, images, people)


def _small(
    name: str, size: float, small: list[Picture], large: list[Picture], start: int = 0
) -> Scene:
    """Somebody far away beside somebody near; who comes later stands clear of the near one.

    From the start, the small face is where every square part of the picture that is large enough
    for a detector to be shown also holds some of the large one.
    """
    at = (110.0, 130.0) if start == 0 else (980.0, 250.0)
    images, people = compose(
        [Part("large", large, (420, 330), 240), Part("small", small, at, size, start=start)],
        1280,
        720,
        seed=int(size),
    )
    return Scene(name, images, people)


def _visit(name: str, start: int, length: int, roll: float) -> Scene:
    images, people = compose(
        [
            Part("stays", actor(2), (290, 250), 130),
            Part("visits", actor(6), (690, 250), 110, roll, start, start + length),
        ],
        count=24,
    )
    return Scene(name, images, people)


def _planted(name: str, kind: str, faulty: bool) -> Scene:
    """A result in which everybody is somebody else or covered, but for one face in 5 frames."""
    width, height, at, large = 960, 540, (690.0, 270.0), ((290.0, 250.0), 130.0)
    size, roll = 110.0, 90.0 if kind == "lying" else 0.0
    if kind == "small":  # as in `_small`
        width, height, at, large, size = 1280, 720, (110.0, 130.0), ((420.0, 330.0), 240.0), 24.0
    other = Part("B", actor(12), at, size, roll)
    images, people = compose([Part("A", actor(2), *large), other], width, height, 40)
    fake, _ = compose([Part("A", actor(6), *large), other], width, height, 40)
    half = 1.1 * size
    low, high = [int(v - half) for v in at], [int(v + half) for v in at]
    for number, image in enumerate(fake):
        if not (faulty and 18 <= number < 23):
            cv2.rectangle(image, low, high, (128, 128, 128), -1)
    return Scene(name, images, people, result=fake, faulty=faulty)
