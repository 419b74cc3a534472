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
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from mien.counted import plural
from mien.emotion.classifier import EXPRESSIONS
from mien.errors import FormatError, ParameterError
from mien.intake.pictures import picture_size
from mien.intake.separated import separator_of

DATASETS: tuple[str, ...] = ("ck+", "jaffe", "fer2013", "ferplus", "folder")
"""Layouts that are known."""
WORDS = {
    "anger": "anger", "angry": "anger", "an": "anger", "disgust": "disgust", "disgusted": "disgust",
    "di": "disgust", "fear": "fear", "afraid": "fear", "fearful": "fear", "fe": "fear",
    "happiness": "happiness", "happy": "happiness", "joy": "happiness", "ha": "happiness",
    "neutral": "neutral", "ne": "neutral", "sadness": "sadness", "sad": "sadness",
    "sa": "sadness", "surprise": "surprise", "surprised": "surprise", "su": "surprise",
    "ärger": "anger", "aerger": "anger", "wut": "anger", "wütend": "anger", "ärgerlich": "anger",
    "ekel": "disgust", "angeekelt": "disgust", "angst": "fear", "furcht": "fear",
    "ängstlich": "fear", "freude": "happiness", "fröhlich": "happiness", "glücklich": "happiness",
    "trauer": "sadness", "traurig": "sadness", "traurigkeit": "sadness",
    "überraschung": "surprise", "ueberraschung": "surprise", "überrascht": "surprise",
}  # fmt: skip
"""Words and abbreviations in lower case for each of the seven expressions, English and German."""


def expression_of(word: str) -> str | None:
    """Which of the seven expressions a word means, however its accents are stored; or None."""
    return WORDS.get(unicodedata.normalize("NFC", word).strip().lower())


_CK = ("neutral", "anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
_FER = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral", "contempt")
_VOTES = (
    "neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt",
    "unknown", "NF",
)  # fmt: skip
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
    names: np.ndarray = field(default_factory=lambda: np.zeros(0, np.str_))
    """Each picture's place in the folder, or its line in a table of pixels, shape (n,), str."""
    unreadable: tuple[str, ...] = ()
    """Places, or table and line, of pictures that cannot be read; they are left out."""

    def take(self, index: np.ndarray) -> Labelled:
        """Some of the pictures: indices or a mask; what was left out is of all."""
        rows = np.arange(len(self.labels))[index]
        return replace(
            self,
            faces=[self.faces[k] for k in rows] if self.faces else [],
            labels=self.labels[rows],
            people=self.people[rows],
            names=self.names[rows] if len(self.names) else self.names,
        )


def read_labelled(folder: str | os.PathLike[str], dataset: str = "folder") -> Labelled:
    """Read a collection.

    Parameters
    ----------
    folder : path
        ``ck+``: a folder for each expression with files ``person_sequence_frame.png``, or the
        original (``cohn-kanade-images`` and ``Emotion``, of whose sequences the last three frames
        are taken), or ``ckextended.csv``, all of it. ``jaffe``: files such as ``KA.AN1.39.tiff``.
        ``fer2013``: ``fer2013.csv``, of which the split PublicTest is taken, or a folder for each
        expression, there or in a folder ``test``; it names nobody. ``ferplus``: ``fer2013.csv``
        and beside it ``fer2013new.csv`` with the votes, of which the most decide. ``folder``: a
        folder for each expression; what stands before the first ``_`` of a name is the person.
    dataset : str
        One of `DATASETS`.

    Raises
    ------
    ParameterError
        If the layout is unknown.
    FormatError
        If the folder holds nothing of that layout, or no picture of it can be read.
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
    elif dataset == "ck+" and (folder / "ckextended.csv").is_file():
        found = _rows(folder / "ckextended.csv")
    elif dataset == "fer2013" and (folder / "fer2013.csv").is_file():
        found = _rows(folder / "fer2013.csv", "PublicTest")
    elif dataset == "fer2013":
        found = (one._replace(person="") for one in _folders(_test_of(folder)))
    elif dataset == "ferplus":
        found = _ferplus(folder)
    else:
        found = _folders(folder)
    faces, labels, people, names = [], [], [], []
    others: Counter[str] = Counter()
    unreadable: list[str] = []
    for word, person, picture, line in found:
        name = expression_of(word)
        if name is None:
            others[word] += 1
            continue
        place = picture.relative_to(folder).as_posix() if isinstance(picture, Path) else line
        face = _grey(picture) if isinstance(picture, Path) else picture
        if face is None:
            unreadable.append(place if isinstance(picture, Path) else f"line {line}")
            continue
        faces.append(face)
        labels.append(EXPRESSIONS.index(name))
        people.append(person)
        names.append(place)
    if unreadable and not faces:
        raise FormatError(
            f"{folder} holds {plural(len(unreadable), 'picture')} and none that can be read, such "
            f"as {unreadable[0]}: copy them again."
        )
    if not faces:
        raise FormatError(
            f"{folder} holds no picture of {', '.join(EXPRESSIONS)} in the layout {dataset}: check "
            "--dataset."
        )
    return Labelled(
        faces,
        np.array(labels, np.int64),
        np.array(people, np.str_),
        dict(others),
        np.array(names, np.str_),
        tuple(unreadable),
    )


class _One(NamedTuple):
    """A picture as a layout gives it."""

    word: str
    person: str
    picture: Path | np.ndarray | None
    line: str = ""


_Found = Iterator[_One]


def _pictures(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _PICTURES and not path.name.startswith(".")
    ]


def _folders(folder: Path) -> _Found:
    for place in sorted(path for path in folder.iterdir() if path.is_dir()):
        for path in _pictures(place):
            head, mark, _ = path.stem.partition("_")
            yield _One(place.name, head if mark else "", path)


def _jaffe(folder: Path) -> _Found:
    for path in _pictures(folder):
        parts = path.name.split(".")
        if len(parts) >= 3 and len(parts[1]) >= 2:
            yield _One(parts[1][:2], parts[0], path)


def _ck(folder: Path) -> _Found:
    for path in sorted((folder / "Emotion").glob("*/*/*_emotion.txt")):
        try:
            word = _CK[int(float(path.read_text("ascii").split()[0]))]
        except (ValueError, IndexError, UnicodeDecodeError) as exc:
            raise FormatError(f"{path} holds no number of an expression, 0 to 7.") from exc
        person, sequence = path.parts[-3], path.parts[-2]
        place = folder / "cohn-kanade-images" / person / sequence
        for picture in (_pictures(place) if place.is_dir() else [])[-_PEAKS:]:
            yield _One(word, person, picture)


def _test_of(folder: Path) -> Path:
    """The folder ``test`` where the expressions' folders are one further in, as on Kaggle."""
    inside = [path for path in folder.iterdir() if path.is_dir()]
    if not any(expression_of(path.name) for path in inside):
        return next((path for path in inside if path.name.lower() == "test"), folder)
    return folder


def _rows(path: Path, usage: str | None = None) -> _Found:
    """Rows of a table of pixels, of one split or of all."""
    for number, row in _table(path):
        if usage in (None, (row.get("Usage") or "").strip()):
            try:
                word = _FER[int(row["emotion"])]
            except (KeyError, ValueError, IndexError) as exc:
                raise FormatError(f"{path.name}, line {number}: this is no row of it.") from exc
            yield _One(word, "", _pixels(row), str(number))


def _ferplus(folder: Path) -> _Found:
    """Pictures of FER2013's split PublicTest with what most of ten people called them."""
    pictures, votes = folder / "fer2013.csv", folder / "fer2013new.csv"
    for path in (pictures, votes):
        if not path.is_file():
            raise FormatError(f"{folder} holds no {path.name}: FER+ needs both tables.")
    both = zip(_table(pictures), _table(votes), strict=True)
    try:
        for (number, row), (_, cast) in both:
            if (cast.get("Usage") or "").strip() != "PublicTest":
                continue
            try:
                counts = [int(cast[name]) for name in _VOTES]
            except (KeyError, ValueError, TypeError) as exc:
                raise FormatError(f"{votes.name}, line {number}: there are no ten votes.") from exc
            word = _VOTES[int(np.argmax(counts))]
            tie = counts.count(max(counts)) > 1
            yield _One("a tie" if tie else word, "", _pixels(row), str(number))
    except ValueError as exc:
        raise FormatError(
            f"{votes.name} has another number of rows than {pictures.name}: take both whole."
        ) from exc


def _table(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a table with their line, its head without spaces."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            mark = separator_of(stream.readline())
            stream.seek(0)
            reader = csv.DictReader(stream, delimiter=mark)
            reader.fieldnames = [name.strip() for name in reader.fieldnames or ()]
            yield from enumerate(reader, 2)
    except OSError as exc:
        raise FormatError(f"{path} cannot be read: {exc.strerror or 'damaged'}.") from exc
    except (UnicodeDecodeError, csv.Error) as exc:
        raise FormatError(f"{path} cannot be read: it is no table of pixels.") from exc


def _pixels(row: Mapping[str, str]) -> np.ndarray | None:
    """A picture of a row; None if there is none."""
    try:
        return np.array(row["pixels"].split(), np.uint8).reshape(_FER_SIDE, _FER_SIDE)
    except (KeyError, ValueError, AttributeError, OverflowError):
        return None


def _grey(path: Path) -> np.ndarray | None:
    """A picture; None if it cannot be read."""
    try:
        if picture_size(path) is None:
            return None
        held = np.frombuffer(path.read_bytes(), np.uint8)
        picture = cv2.imdecode(held, cv2.IMREAD_GRAYSCALE)
    except (OSError, FormatError, cv2.error):
        return None
    return None if picture is None else np.asarray(picture, np.uint8)
