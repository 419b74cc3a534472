"""Labelled pictures of faces, as the usual collections lay them out.

CK+ [1]_, JAFFE [2]_, FER2013 [3]_, or a folder for each expression. Nothing of them is in mien:
they are for whoever has them.

References
----------
.. [1] Lucey et al., "The Extended Cohn-Kanade Dataset (CK+)", CVPR Workshops 2010.
.. [2] Lyons et al., "Coding facial expressions with Gabor wavelets", FG 1998.
.. [3] Goodfellow et al., "Challenges in Representation Learning: A report on three machine
   learning contests", ICONIP 2013.
"""

from __future__ import annotations

import csv
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mien.emotion.classifier import EXPRESSIONS
from mien.errors import FormatError, ParameterError

DATASETS: tuple[str, ...] = ("ck+", "jaffe", "fer2013", "folder")
"""Layouts that are known."""
_WORDS = {
    "anger": "anger", "angry": "anger", "an": "anger", "disgust": "disgust", "disgusted": "disgust",
    "di": "disgust", "fear": "fear", "afraid": "fear", "fearful": "fear", "fe": "fear",
    "happiness": "happiness", "happy": "happiness", "joy": "happiness", "ha": "happiness",
    "neutral": "neutral", "ne": "neutral", "sadness": "sadness", "sad": "sadness",
    "sa": "sadness", "surprise": "surprise", "surprised": "surprise", "su": "surprise",
}  # fmt: skip
_CK = ("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
_FER = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp"})
_FER_SIDE = 48
_PEAKS = 3  # last frames of a sequence of CK+ that count as its peak, as is usual


@dataclass(frozen=True, eq=False)
class Labelled:
    """Pictures of faces with what each was meant to show."""

    faces: list[np.ndarray]
    """Grey, uint8, of several sizes."""
    labels: np.ndarray
    """Index into `EXPRESSIONS`, shape (n,), int64."""
    people: np.ndarray
    """Who, "" where the layout does not say, shape (n,), str."""
    left_out: dict[str, int]
    """Pictures of other expressions, by their word."""


def read_labelled(folder: str | os.PathLike[str], dataset: str = "folder") -> Labelled:
    """Read a collection.

    Parameters
    ----------
    folder : path
        ``ck+``: a folder for each expression with files ``person_sequence_frame.png``, or the
        original (``cohn-kanade-images`` and ``Emotion``, of whose sequences the last three frames
        are taken). ``jaffe``: files such as ``KA.AN1.39.tiff``. ``fer2013``: ``fer2013.csv``, of
        which the split PublicTest is taken, or a folder for each expression. ``folder``: a folder
        for each expression; what stands before the first ``_`` of a name is the person.
    dataset : str
        One of `DATASETS`.

    Raises
    ------
    ParameterError
        If the layout is unknown.
    FormatError
        If the folder holds nothing of that layout, or a picture cannot be read.
    """
    folder = Path(folder)
    if dataset not in DATASETS:
        raise ParameterError(f"There is no layout {dataset!r}: choose from {', '.join(DATASETS)}.")
    if not folder.is_dir():
        raise FormatError(f"{folder} is no folder of labelled pictures.")
    if dataset == "jaffe":
        found = _jaffe(folder)
    elif dataset == "ck+" and (folder / "Emotion").is_dir():
        found = _ck(folder)
    elif dataset == "fer2013" and (folder / "fer2013.csv").is_file():
        found = _fer(folder / "fer2013.csv")
    else:
        found = _folders(folder)
    faces, labels, people = [], [], []
    others: Counter[str] = Counter()
    for word, person, picture in found:
        name = _WORDS.get(word.lower())
        if name is None:
            others[word] += 1
            continue
        faces.append(_grey(picture) if isinstance(picture, Path) else picture)
        labels.append(EXPRESSIONS.index(name))
        people.append(person)
    if not faces:
        raise FormatError(
            f"{folder} holds no picture of {', '.join(EXPRESSIONS)} in the layout {dataset}: check "
            "--dataset."
        )
    return Labelled(faces, np.array(labels, np.int64), np.array(people, np.str_), dict(others))


_Found = Iterator[tuple[str, str, Path | np.ndarray]]


def _pictures(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _PICTURES]


def _folders(folder: Path) -> _Found:
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in _pictures(place):
            head, mark, _ = path.stem.partition("_")
            yield place.name, head if mark else "", path


def _jaffe(folder: Path) -> _Found:
    for path in _pictures(folder):
        parts = path.name.split(".")
        if len(parts) >= 3 and len(parts[1]) >= 2:
            yield parts[1][:2], parts[0], path


def _ck(folder: Path) -> _Found:
    for path in sorted((folder / "Emotion").glob("*/*/*_emotion.txt")):
        try:
            word = _CK[int(float(path.read_text("ascii").split()[0]))]
        except (ValueError, IndexError, UnicodeDecodeError) as exc:
            raise FormatError(f"{path} holds no number of an expression, 0 to 7.") from exc
        person, sequence = path.parts[-3], path.parts[-2]
        place = folder / "cohn-kanade-images" / person / sequence
        for picture in (_pictures(place) if place.is_dir() else [])[-_PEAKS:]:
            yield word, person, picture


def _fer(path: Path) -> _Found:
    with path.open(newline="", encoding="utf-8") as stream:
        for number, row in enumerate(csv.DictReader(stream), 2):
            if row.get("Usage") != "PublicTest":
                continue
            try:
                word = _FER[int(row["emotion"])]
                picture = np.array(row["pixels"].split(), np.uint8).reshape(_FER_SIDE, _FER_SIDE)
            except (KeyError, ValueError, IndexError, AttributeError) as exc:
                raise FormatError(
                    f"{path.name}, line {number}: this is no row of FER2013."
                ) from exc
            yield word, "", picture


def _grey(path: Path) -> np.ndarray:
    held = np.frombuffer(path.read_bytes(), np.uint8)
    picture = cv2.imdecode(held, cv2.IMREAD_GRAYSCALE) if len(held) else None
    if picture is None:
        raise FormatError(f"{path} cannot be read: this is no picture.")
    return np.asarray(picture, np.uint8)
