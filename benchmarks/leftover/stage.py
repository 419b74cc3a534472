"""A stage: actors whose faces are known are set into a picture, turned, scaled, hidden.

Everything that is shown is a phantom, or somebody from a folder of portraits or clips. Where the
inner face of every actor lies in every frame is written down while it is drawn.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import cv2
import dlib
import numpy as np

from mien.phantom import Phantom, Script

PANEL = 360
SHOWN = 0.6
BROWS = [70, 63, 105, 66, 107, 300, 293, 334, 296, 336]
CHIN, CHEEKS = 152, (234, 454)


@dataclass(frozen=True)
class Look:
    """One actor in one frame, before being set into the picture."""

    image: np.ndarray
    """RGB, shape (h, w, 3), uint8."""
    alpha: np.ndarray
    """Opacity, 0 to 1, shape (h, w), float32."""
    inner: np.ndarray | None
    """Left, top, right, bottom of the inner face (brows to chin), pixels; None for an object."""


# --- actors -------------------------------------------------------------------------------------


class Drawn:
    """A phantom, cut out of its wall.

    Parameters
    ----------
    seed : int
        Decides the looks.
    n_frames : int
    fps : int
    """

    def __init__(self, seed, n_frames, fps=25):
        script = Script(
            seconds=n_frames / fps, fps=fps, width=PANEL, height=PANEL, noise=0, seed=seed
        )
        self._on = []
        for level in (0, 255):  # what differs between a black and a white wall is the wall
            clip = Phantom(script)
            clip.__dict__["_background"] = np.full((PANEL, PANEL, 3), level, np.uint8)
            self._on.append(clip)
        points = self._on[0].truth.people[0].landmarks[:, :, :2]
        self._points = points
        self.face_width = float(np.linalg.norm(points[0, CHEEKS[1]] - points[0, CHEEKS[0]]))

    def look(self, index):
        """The actor in one frame; the course starts anew where it ends."""
        index %= len(self._points)
        black, white = (clip.frame(index).image for clip in self._on)
        wall = (white.astype(np.float32) - black).mean(2) / 255
        brows, chin = self._points[index, BROWS], self._points[index, CHIN]
        inner = np.array([brows[:, 0].min(), brows[:, 1].min(), brows[:, 0].max(), chin[1]])
        return Look(black, np.clip(1 - wall, 0, 1), inner)


class Filmed:
    """Somebody in a clip, with everything around.

    Parameters
    ----------
    path : Path
    n_frames : int
        How many frames are taken, from the first.
    side : int
        Longest side of the picture, pixels.
    """

    def __init__(self, path, n_frames, side=640):
        self._images = []
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                image = frame.to_ndarray(format="rgb24")
                scale = min(1.0, side / max(image.shape[:2]))
                size = [2 * round(scale * length / 2) for length in image.shape[1::-1]]
                self._images.append(cv2.resize(image, size, interpolation=cv2.INTER_AREA))
                if len(self._images) == n_frames:
                    break
        places = {i: landmarks(self._images[i]) for i in range(0, len(self._images), 3)}
        known = {i: points for i, points in places.items() if points is not None}
        if len(known) < 0.8 * len(places):
            sys.exit(f"leftover: the face in {path.name} is not found well enough to be judged")
        boxes = np.array([inner_of(points) for points in known.values()])
        every = np.arange(len(self._images))
        self._inner = np.stack([np.interp(every, list(known), column) for column in boxes.T], 1)
        self.face_width = width_of(next(iter(known.values())))

    def look(self, index):
        """The clip's frame; the course starts anew where it ends."""
        index %= len(self._images)
        image = self._images[index]
        return Look(image, np.ones(image.shape[:2], np.float32), self._inner[index])


class Pictured:
    """Somebody in a photograph, who moves as much as a hand that holds a camera.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path):
        image = cv2.imread(str(path))[..., ::-1]
        points = landmarks(image)
        if points is None:
            sys.exit(f"leftover: there is no face in {path.name}")
        width, middle = width_of(points), points.mean(0)
        low = np.clip(middle - 1.2 * width, 0, None).astype(int)
        high = (middle + 1.2 * width).astype(int)
        self._image = np.ascontiguousarray(image[low[1] : high[1], low[0] : high[0]])
        self._inner = inner_of(points - low)
        self.face_width = width

    def look(self, index):
        """The picture, a little further along its path."""
        sway = 0.02 * self.face_width * np.array([np.sin(0.21 * index), np.cos(0.17 * index)])
        move = np.array([[1, 0, sway[0]], [0, 1, sway[1]]])
        size = self._image.shape[1::-1]
        image = cv2.warpAffine(self._image, move, size, borderMode=cv2.BORDER_REPLICATE)
        return Look(image, np.ones(size[::-1], np.float32), self._inner + np.tile(sway, 2))


class Board:
    """Something that stands in front: a board with a grain.

    Parameters
    ----------
    width, height : int
        Pixels.
    """

    face_width = 1.0

    def __init__(self, width, height):
        rng = np.random.default_rng(0)
        grain = cv2.resize(rng.standard_normal((height // 3, 4)), (width, height))
        tone = np.array([118, 92, 66]) * (1 + 0.08 * grain[..., None])
        self._look = Look(tone.clip(0, 255).astype(np.uint8), np.ones((height, width), "f4"), None)

    def look(self, index):
        """The same in every frame."""
        return self._look


@cache
def _models():
    spec = importlib.util.find_spec("face_recognition_models")
    if spec is None or not spec.submodule_search_locations:
        sys.exit("leftover: pip install face_recognition_models (it carries dlib's landmarks)")
    folder = Path(next(iter(spec.submodule_search_locations))) / "models"
    predictor = dlib.shape_predictor(str(folder / "shape_predictor_68_face_landmarks.dat"))
    return dlib.get_frontal_face_detector(), predictor


def landmarks(image):
    """dlib's 68 landmarks of the largest face in an upright, untouched picture, or None."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    found = list(_models()[0](grey, 0)) or list(_models()[0](grey, 1))
    if not found:
        return None
    shape = _models()[1](grey, max(found, key=lambda box: box.area()))
    return np.array([(part.x, part.y) for part in shape.parts()], float)


def inner_of(points):
    """Left, top, right, bottom of the inner face among dlib's 68 landmarks."""
    brows = points[17:27]
    return np.array([brows[:, 0].min(), brows[:, 1].min(), brows[:, 0].max(), points[8, 1]])


def width_of(points):
    """Width of the face between the ends of dlib's jaw line, pixels."""
    return float(np.linalg.norm(points[16] - points[0]))


# --- the picture --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Placed:
    """An actor, a place, and when it is taken."""

    actor: object
    at: tuple[float, float]
    """Where the middle of the inner face (of an object: its middle) is at first, pixels."""
    face: float
    """Width of the face in the picture, pixels; of an object: its scale."""
    roll: float = 0.0
    """How far the head is turned clockwise, degrees."""
    frames: frozenset[int] | None = None
    """Frames in which the actor is there; None for all."""
    whole: bool = False
    """Whether `at` is where the middle of the actor's picture lies instead."""
    name: str = ""
    """Who it is; whoever is placed twice under one name is one person."""

    def matrix(self):
        """From the actor's picture to the stage, shape (2, 3)."""
        first = self.actor.look(0)
        inner = first.inner
        size = np.array(first.alpha.shape[::-1])
        centre = size / 2 if self.whole or inner is None else (inner[:2] + inner[2:]) / 2
        scale, angle = self.face / self.actor.face_width, np.radians(self.roll)
        turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        turn = np.where(np.abs(turn) < 1e-9, 0, turn)
        return np.column_stack([turn, np.array(self.at) - turn @ centre])


@dataclass(frozen=True)
class Face:
    """Where the inner face of a person is in one frame."""

    x: float
    """Middle, pixels."""
    y: float
    width: float
    """Across the brows, pixels."""
    height: float
    """Brows to chin, pixels."""
    roll: float
    """How far the head is turned clockwise, degrees."""
    visible: bool
    """Whether at least `SHOWN` of it is in the picture with nothing in front."""


@dataclass
class Scene:
    """A clip, what is true of it, and what is asked of mien."""

    name: str
    width: int
    height: int
    layers: list[Placed]
    """What is drawn, the front last."""
    n_frames: int = 60
    fps: int = 25
    options: list[str] = field(default_factory=list)
    """Of ``mien deidentify``; ``{folder}`` stands for where the scenes are."""
    spared: tuple[str, ...] = ()
    """Who is to be left as they are."""
    pictures: dict[str, Placed] = field(default_factory=dict)
    """Pictures that the options name, by file name: of whom."""
    planted: tuple[str, frozenset[int]] | None = None
    """Whose face is untouched in a result that is made by hand, and when; no run of mien."""
    _matrices: list = field(default_factory=list)

    def draw(self, index):
        """Draw one frame.

        Returns
        -------
        image : np.ndarray [shape=(h, w, 3), dtype=uint8]
        faces : dict of str to Face
            Of those who are there, seen or not.
        """
        if not self._matrices:
            self._matrices = [layer.matrix() for layer in self.layers]
        picture = self._wall(index)
        owner = np.full((self.height, self.width), -1, np.int16)
        corners = {}
        for number, (layer, matrix) in enumerate(zip(self.layers, self._matrices, strict=True)):
            if layer.frames is not None and index not in layer.frames:
                continue
            look = layer.actor.look(index)
            image, alpha = _warped(look, matrix, (self.width, self.height))
            picture += alpha[..., None] * (image - picture)
            owner[alpha > 0.5] = number
            if look.inner is not None:
                left, top, right, bottom = look.inner
                box = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
                corners[number] = box @ matrix[:, :2].T + matrix[:, 2]
        faces = {self.layers[n].name: _face(c, n, owner) for n, c in corners.items()}
        return picture.round().clip(0, 255).astype(np.uint8), faces

    def _wall(self, index):
        rng = np.random.default_rng([5, index])
        y, x = np.mgrid[: self.height, : self.width].astype(np.float32) / self.width
        light = 1.05 - 0.25 * np.hypot(x - 0.4, y - 0.1)
        wall = light[..., None] * np.array([168, 174, 176], np.float32)
        return wall + 1.5 * rng.standard_normal(wall.shape, np.float32)


def _warped(look, matrix, size):
    """An actor's picture and opacity on the stage; what shrinks is averaged first."""
    image, alpha = look.image.astype(np.float32), look.alpha
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    if scale < 0.75:
        small = [max(1, round(scale * length)) for length in alpha.shape[::-1]]
        over = alpha.shape[1] / small[0], alpha.shape[0] / small[1]
        image = cv2.resize(image * alpha[..., None], small, interpolation=cv2.INTER_AREA)
        alpha = cv2.resize(alpha, small, interpolation=cv2.INTER_AREA)
        image = image / np.maximum(alpha, 1e-3)[..., None]
        shift = matrix[:, :2] @ ((np.array(over) - 1) / 2) + matrix[:, 2]
        matrix = np.column_stack([matrix[:, :2] * over, shift])
    image = cv2.warpAffine(image, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    return image, cv2.warpAffine(alpha, matrix, size)


def _face(corners, number, owner):
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    grid = (np.arange(16) + 0.5) / 16
    points = corners[0] + grid[:, None, None] * across + grid[None, :, None] * down
    x, y = np.floor(points).astype(int).reshape(-1, 2).T
    inside = (x >= 0) & (y >= 0) & (x < owner.shape[1]) & (y < owner.shape[0])
    shown = (owner[y[inside], x[inside]] == number).sum() / len(x)
    middle = corners.mean(0)
    return Face(
        x=round(float(middle[0]), 2),
        y=round(float(middle[1]), 2),
        width=round(float(np.linalg.norm(across)), 2),
        height=round(float(np.linalg.norm(down)), 2),
        roll=round(float(np.degrees(np.arctan2(across[1], across[0]))), 2),
        visible=bool(shown >= SHOWN),
    )


# --- files --------------------------------------------------------------------------------------


class Film:
    """A file that frames are written to.

    Parameters
    ----------
    path : Path
    width, height : int
        Pixels.
    fps : int
    crf : int
        Quality of x264.
    """

    def __init__(self, path, width, height, fps, crf=14):
        self._container = av.open(str(path), "w")
        self._stream = self._container.add_stream("libx264", rate=fps, options={"crf": str(crf)})
        self._stream.width, self._stream.height = width, height
        self._stream.pix_fmt = "yuv420p"
        self._stream.codec_context.time_base = Fraction(1, fps)
        self._written = 0

    def write(self, image):
        """Append one frame, RGB."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame.pts, frame.time_base = self._written, self._stream.codec_context.time_base
        self._written += 1
        self._container.mux(self._stream.encode(frame))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._container.mux(self._stream.encode(None))
        self._container.close()


def write_scene(scene, folder):
    """Write a scene as NAME.mp4, its truth as NAME.json, and what its options name.

    Parameters
    ----------
    scene : Scene
    folder : Path

    Returns
    -------
    truth : dict
        What the JSON holds: name, options, spared, planted, and `frames`, for each frame the
        fields of `Face` by person.
    """
    frames = []
    clip = folder / f"{scene.name}.mp4"
    planted = folder / f"{scene.name}.planted.mp4"
    size = scene.width, scene.height, scene.fps
    with Film(clip, *size) as film:
        made = Film(planted, *size, crf=17) if scene.planted else None
        for index in range(scene.n_frames):
            image, faces = scene.draw(index)
            film.write(image)
            if made is not None:
                kept = scene.planted[0] if index in scene.planted[1] else None
                made.write(_hidden(image, {n: f for n, f in faces.items() if n != kept}))
            frames.append({name: asdict(face) for name, face in faces.items()})
        if made is not None:
            made.__exit__()
    for name, placed in scene.pictures.items():
        alone = Scene(name, 480, 480, [placed]).draw(0)[0]
        cv2.imwrite(str(folder / name), alone[..., ::-1])
    truth = {
        "name": scene.name,
        "width": scene.width,
        "height": scene.height,
        "fps": scene.fps,
        "options": [option.replace("{folder}", str(folder)) for option in scene.options],
        "spared": list(scene.spared),
        "planted": [scene.planted[0], sorted(scene.planted[1])] if scene.planted else None,
        "frames": frames,
    }
    (folder / f"{scene.name}.json").write_text(json.dumps(truth))
    return truth


def _hidden(image, faces):
    """The picture with the head around each inner face in squares."""
    image = image.copy()
    for face in faces.values():
        reach = 1.1 * max(face.width, face.height)
        low = np.clip([face.x - reach, face.y - reach], 0, None).astype(int)
        high = np.array([face.x + reach, face.y + reach]).astype(int)
        part = image[low[1] : high[1], low[0] : high[0]]
        few = max(1, part.shape[1] // max(4, round(reach / 4)))
        small = cv2.resize(part, (few, few), interpolation=cv2.INTER_AREA)
        part[:] = cv2.resize(small, part.shape[1::-1], interpolation=cv2.INTER_NEAREST)
    return image
