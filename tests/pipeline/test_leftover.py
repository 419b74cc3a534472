"""No face of the original is left, whatever the tracker makes of the clip: counted by pixels.

Two people are set on a stage, upright and lying, small and large, for a moment and for the whole
time, and a film cuts between them. Where a face truly is, the phantoms say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mien.errors import ParameterError, PrivacyError
from mien.face.region import Region
from mien.phantom import Phantom, Script
from mien.pipeline import second_pass
from mien.pipeline.deidentify import Result, deidentify
from mien.pipeline.ledger import Entry
from mien.pipeline.render import Replaced
from mien.pipeline.settings import Settings, Thoroughness
from mien.tracking.selection import Selection
from mien.video import Reader, VideoInfo, Writer
from thoroughness import WATCHED

FPS = 15
WIDTH, HEIGHT, SIDE = 480, 240, 240
LONGEST = 40  # frames
ME, OTHER = 5, 7  # seeds of two people whom a recogniser tells apart


def person(seed: int, count: int, side: int = SIDE) -> tuple[list[np.ndarray], np.ndarray]:
    """Pictures of one person, and landmarks of shape (count, 478, 3)."""
    pictures = [picture(seed, side, frame) for frame in range(count)]
    return pictures, filmed(seed, side).truth.people[0].landmarks[:count]


@cache
def filmed(seed: int, side: int) -> Phantom:
    """The longest clip of a person that a test asks for."""
    return Phantom(
        Script(width=side, height=side, fps=FPS, seconds=LONGEST / FPS, seed=seed, blinks=())
    )


@cache
def picture(seed: int, side: int, frame: int) -> np.ndarray:
    """One frame of it, drawn when a test first asks for it."""
    return filmed(seed, side).frame(frame).image


def turned(
    pictures: list[np.ndarray], landmarks: np.ndarray, quarter: int
) -> tuple[list[np.ndarray], np.ndarray]:
    """The same person, clockwise by some quarter turns."""
    points, side = landmarks.copy(), pictures[0].shape[0]
    for _ in range(quarter):
        points[..., :2] = np.stack([side - points[..., 1], points[..., 0]], axis=-1)
    return [np.ascontiguousarray(np.rot90(p, -quarter)) for p in pictures], points


@dataclass
class Stage:
    """A film, and where everybody's face is in it."""

    count: int
    width: int = WIDTH
    height: int = HEIGHT
    faces: list[np.ndarray] = field(default_factory=list)
    """Middle and side of each person's face, pixels, NaN where there is none, (count, 3)."""

    def __post_init__(self) -> None:
        rng = np.random.default_rng(0)
        wall = rng.integers(90, 150, (self.height // 20, self.width // 20, 3)).astype(np.uint8)
        wall = cv2.resize(wall, (self.width, self.height), interpolation=cv2.INTER_CUBIC)
        self.images = [wall.copy() for _ in range(self.count)]

    def enter(
        self,
        who: tuple[list[np.ndarray], np.ndarray],
        place: Callable[[int], tuple[int, int] | None],
        size: int | None = None,
    ) -> Stage:
        """Set somebody on the stage: their picture's left and top corner by frame, None for
        nowhere; with `size`, their face is so many pixels large."""
        pictures, landmarks = who
        found = np.full((self.count, 3), np.nan)
        for frame in range(self.count):
            corner = place(frame)
            if corner is None:
                continue
            region = Region.around(landmarks[frame])
            scale = 1.0 if size is None else size / region.size
            picture = pictures[frame]
            if size is not None:
                picture = cv2.resize(
                    picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
                )
            left, top = corner
            height, width = picture.shape[:2]
            self.images[frame][top : top + height, left : left + width] = picture
            found[frame] = region.x * scale + left, region.y * scale + top, region.size * scale
        self.faces.append(found)
        return self

    def write(self, path: Path) -> Path:
        with Writer(path, VideoInfo(self.width, self.height, Fraction(1, FPS)), crf=12) as writer:
            for frame, image in enumerate(self.images):
                writer.write(image, frame)
            writer.commit()
        return path


def untouched(stage: Stage, result: Result, number: int) -> list[int]:
    """Frames in which more than half of a person's inner face is as it was, but for encoding."""
    found = []
    with Reader(result.output) as clip:
        for frame, (old, shown) in enumerate(zip(stage.images, clip, strict=True)):
            x, y, size = stage.faces[number][frame]
            if np.isnan(x):
                continue
            low = (np.array([x, y]) - 0.3 * size).round().astype(int).clip(0)
            high = (np.array([x, y]) + 0.3 * size).round().astype(int)
            part = slice(low[1], high[1]), slice(low[0], high[0])
            change = cv2.absdiff(old[part], shown.image[part]).astype(np.float32).max(2)
            if (cv2.blur(change, (4, 4)) < 8).mean() > 0.5:
                found.append(frame)
    return found


def always(left: int, top: int = 0) -> Callable[[int], tuple[int, int] | None]:
    return lambda frame: (left, top)


def again(*values: object) -> Any:
    """A case in which the same is tested as in the one before it: `make test-thorough` runs it."""
    return pytest.param(*values, marks=pytest.mark.thorough)


@pytest.fixture
def made(tmp_path) -> Callable[..., Result]:
    """De-identifies a stage with a mask: quick, and what is masked is plain to see."""

    def run(stage: Stage, thoroughness: Thoroughness = WATCHED, **settings) -> Result:
        source = stage.write(tmp_path / "film.mp4")
        wanted = Settings(
            engine="mask",
            selection=Selection(**settings),
            thoroughness=thoroughness,
            judges=(),
            withhold="never",  # what is left counts here, not how much is covered for it
        )
        return deidentify(source, tmp_path / "out.mp4", wanted)

    return run


@pytest.mark.parametrize("quarter", [1, again(2), again(3)])
def test_somebody_who_lies_is_replaced(made, quarter):
    stage = Stage(12, SIDE, SIDE).enter(turned(*person(ME, 12), quarter), always(0))
    result = made(stage)
    assert untouched(stage, result, 0) == []
    assert result.ledger.counts()["rendered"] == 12  # at any roll, not only covered


@pytest.mark.parametrize(("quarter", "left"), [again(1, SIDE), (2, 0), again(3, 0)])
def test_somebody_who_lies_beside_somebody_upright_is_replaced(made, quarter, left):
    stage = Stage(12).enter(person(ME, 12), always(SIDE - left))
    stage.enter(turned(*person(OTHER, 12), quarter), always(left))
    result = made(stage)
    assert untouched(stage, result, 0) == untouched(stage, result, 1) == []
    assert result.ledger.counts()["rendered"] == 12


@pytest.mark.parametrize("size", [24, again(48)])
def test_a_small_face_beside_a_large_one_is_not_left(made, size):
    stage = Stage(9, 720, 405).enter(person(ME, 9, 370), always(15, 15))
    stage.enter(person(OTHER, 9), always(570, 150), size=size)
    result = made(stage)
    assert untouched(stage, result, 0) == untouched(stage, result, 1) == []


@pytest.mark.parametrize(
    ("quarter", "first", "count"),
    [(0, 7, 1), (1, 7, 2), again(0, 6, 1), again(1, 8, 1), again(1, 6, 1)],
)
def test_a_short_visit_is_not_left(made, quarter, first, count):
    """Whole frames are searched every third time: a visit may lie between."""
    stage = Stage(12).enter(person(ME, 12), always(0))
    stage.enter(
        turned(*person(OTHER, 12), quarter),
        lambda frame: (SIDE, 0) if first <= frame < first + count else None,
    )
    result = made(stage)
    assert untouched(stage, result, 0) == untouched(stage, result, 1) == []


def by_name(stage: Stage, how: str, folder: Path) -> str:
    """A name for the first person: a number, a place and time, or a picture."""
    if how == "picture":
        cv2.imwrite(str(folder / "me.png"), person(ME, 1)[0][0][..., ::-1])
        return str(folder / "me.png")
    x, y, _ = stage.faces[0][1]
    return "1" if how == "number" else f"{x:.0f},{y:.0f}@{1 / FPS:.2f}"


@pytest.mark.parametrize("how", ["place", again("number"), again("picture")])
def test_whoever_is_left_alone_is_known_by_looks_when_the_film_cuts(made, how, tmp_path):
    """Clinician and patient, each alone in the picture, in the same place."""
    stage = Stage(30, SIDE, SIDE)
    stage.enter(person(ME, 30), lambda frame: (0, 0) if frame % 15 < 8 else None)
    stage.enter(person(OTHER, 30), lambda frame: None if frame % 15 < 8 else (0, 0))
    result = made(stage, leave=(by_name(stage, how, tmp_path),))
    assert untouched(stage, result, 1) == []
    assert len(untouched(stage, result, 0)) >= 14


@pytest.mark.parametrize("how", ["picture", again("place")])
def test_two_who_change_seats_at_a_cut_are_not_confused(made, how, tmp_path):
    stage = Stage(24)
    stage.enter(person(ME, 24), lambda frame: (0, 0) if frame < 12 else (SIDE, 0))
    stage.enter(person(OTHER, 24), lambda frame: (SIDE, 0) if frame < 12 else (0, 0))
    result = made(stage, leave=(by_name(stage, how, tmp_path),))
    assert untouched(stage, result, 1) == []
    assert len(untouched(stage, result, 0)) >= 22


@pytest.mark.parametrize("frames", [6, again(14)])
def test_a_fade_from_who_is_left_alone_to_somebody_else(made, frames):
    """No frame differs much from the one before it."""
    mine, other = person(ME, 40), person(OTHER, 40)
    stage = Stage(40, SIDE, SIDE).enter(mine, always(0))
    stage.enter(other, lambda frame: (0, 0) if frame >= 12 + frames else None)
    for k in range(frames):
        share = (k + 1) / (frames + 1)
        stage.images[12 + k] = cv2.addWeighted(
            mine[0][12 + k], 1 - share, other[0][12 + k], share, 0.0
        )
    result = made(stage, leave=(by_name(stage, "place", Path()),))
    assert untouched(stage, result, 1) == []
    assert len(untouched(stage, result, 0)) >= 8


def test_a_film_that_cuts_is_rendered_on_both_sides(made):
    stage = Stage(20, SIDE, SIDE)
    stage.enter(person(ME, 20), lambda frame: (0, 0) if frame < 10 else None)
    stage.enter(person(OTHER, 20), lambda frame: None if frame < 10 else (0, 0))
    result = made(stage)
    assert result.ledger.counts()["rendered"] == 20
    assert [entry["frames"] for entry in result.record["people"]] == [10, 10]


def test_somebody_left_alone_and_lost_accounts_for_nothing(made):
    """Behind a board for a while; whoever is beside it then is looked at as ever."""
    stage = Stage(36).enter(person(ME, 36), always(0))
    x, y, size = (int(v) for v in stage.faces[0][0])
    for frame in range(8, 20):
        board = slice(y - size, y + size), slice(max(x - size, 0), x + size)
        stage.images[frame][board] = (40, 90, 60)
        stage.faces[0][frame] = np.nan
    stage.enter(turned(*person(OTHER, 36), 1), lambda frame: (SIDE, 0) if frame >= 10 else None)
    result = made(stage, leave=(f"{x},{y}@0.1",))
    assert untouched(stage, result, 1) == []
    left = untouched(stage, result, 0)  # about a return there is doubt for half a second
    assert left[:6] == [*range(6)] and left[-7:] == [*range(29, 36)]


@pytest.mark.parametrize("yaw", [75, again(110)])
def test_somebody_in_profile_beside_somebody_else_is_not_left(made, yaw):
    """Whose landmarks nobody can measure, and who is recognised where they are drawn by guess."""
    script = Script(
        width=SIDE, height=SIDE, fps=FPS, seconds=0.8, seed=4, turned=((0.0, 9.0),), turned_deg=yaw
    )
    clip = Phantom(script)
    aside = [frame.image for frame in clip], clip.truth.people[0].landmarks
    stage = Stage(12).enter(person(ME, 12), always(0)).enter(aside, always(SIDE + 32, 48), size=56)
    result = made(stage)
    assert untouched(stage, result, 0) == untouched(stage, result, 1) == []
    assert result.record["people"][0]["frames"] == 12  # only the place of the other is covered


@pytest.mark.parametrize("quarter", [0, again(1)])
def test_a_face_half_out_of_the_picture_is_not_left(made, quarter):
    stage = Stage(12).enter(person(ME, 12), always(0))
    pictures, landmarks = turned(*person(OTHER, 12), quarter)
    middle = round(Region.around(landmarks[0]).x)
    half = [np.ascontiguousarray(picture[:, :middle]) for picture in pictures]
    stage.enter((half, landmarks), always(WIDTH - middle))
    result = made(stage)
    assert untouched(stage, result, 0) == untouched(stage, result, 1) == []


def test_a_result_is_never_a_copy(made):
    stage = Stage(10, SIDE, SIDE).enter(person(ME, 10), always(0))
    with pytest.raises(ParameterError, match="copy"):
        made(stage, leave=("1",))


def test_in_a_flash_of_light_nobody_is_forgotten(made):
    """So bright that it passes for a cut: who lies beside somebody upright is not found in it."""
    stage = Stage(24).enter(person(ME, 24), always(0))
    stage.enter(turned(*person(OTHER, 24), 1), always(SIDE + 24, 80), size=48)
    for frame in (8, 9, 16):
        bright = 0.25 * stage.images[frame].astype(np.float32) + 215
        stage.images[frame] = bright.clip(0, 255).astype(np.uint8)
    result = made(stage)
    for number in (0, 1):
        assert not {8, 9, 16} & set(untouched(stage, result, number))


def test_where_nobody_but_somebody_lost_is_known_the_frame_is_covered(made):
    stage = Stage(30, SIDE, SIDE).enter(person(ME, 30), always(0))
    for frame in range(8, 22):
        stage.images[frame][:] = stage.images[frame][0, 0]
    result = made(stage, leave=("1",))
    covered = result.ledger.entries == Entry.COVERED
    assert covered[8:22].all() and not covered[:8].any()


def test_what_the_tracker_does_not_see_others_do(made, monkeypatch):
    """What decides must not be what proves: a tracker that is blind to one side."""
    from mien.tracking.detection import Detector

    def half(found):
        return [sighting for sighting in found if sighting.x < SIDE]

    for name in ("see", "see_turned", "see_small", "see_near"):
        method = getattr(Detector, name)
        monkeypatch.setattr(
            Detector, name, lambda self, *words, _m=method, **named: half(_m(self, *words, **named))
        )
    stage = Stage(12).enter(person(ME, 12), always(0))
    stage.enter(turned(*person(OTHER, 12), 3), always(SIDE))
    result = made(stage)
    assert untouched(stage, result, 0) == untouched(stage, result, 1) == []
    assert result.record["output"]["renderings"] > 1
    residual = result.record["residual_faces"]
    assert residual["found"] == 0 and len(residual["detectors"]) >= 4


def test_a_face_that_cannot_be_covered_is_withheld(made, monkeypatch, tmp_path):
    monkeypatch.setattr(second_pass, "replace_faces", lambda image, *_: _untouched(image))
    stage = Stage(6, SIDE, SIDE).enter(person(ME, 6), always(0))
    with pytest.raises(PrivacyError):
        made(stage, Thoroughness(attempts=1))
    assert not (tmp_path / "out.mp4").exists()


def _untouched(image: np.ndarray) -> Replaced:
    return Replaced(image.copy(), Entry.RENDERED, [None], [])
