"""Whether something of the originals is in a folder that is to be shared.

Nothing here trusts whoever wrote the folder. Files that do not belong there, names, paths,
checksums, sound and frames that were not changed are found by looking at what is written.
"""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from mien.outputs import checksum
from mien.release.searching import search
from mien.video import Frame, Reader
from mien.workers import ahead

FILES: tuple[str, ...] = (
    "timeline.parquet",
    "timeline.csv",
    "moments.parquet",
    "tables.json",
    "schema.json",
    "manifest.json",
    "DATA_CARD.md",
    ".mien-files",
)
"""What a data set holds besides its videos."""
VIDEOS: tuple[str, ...] = ("doctor", "patient", "both")
"""Names that a video of a data set may have."""

SAME = 10.0
"""Grey levels: a frame no part of which differs by more is the original's frame, encoded again. On
three real clips encoding at a constant rate factor of 28 made 2.8 to 6.1; the mesh engine made 19
or more in every frame of seven."""
_ACROSS = 192  # pixels of the width in which frames are compared
_PART = 4  # pixels of the side of a part
COMMON = frozenset(
    """
    both clip clips data dataset desktop doctor documents downloads encounter encounters face home
    main media mien mnt opt original originals out output parquet patient private project projects
    raw recording recordings report root schema session share shared study temp test tests tmp user
    users var video videos volumes work
    """.split()
)
"""Names of folders and files that say nothing, and are words of every data set."""

Progress = Callable[[str, int, int | None], None]


def leaks(
    folder: Path,
    originals: Mapping[str, Path],
    *,
    voice: str = "mute",
    progress: Progress | None = None,
) -> list[str]:
    """What is in a folder and must not be; a sentence's end each, empty if nothing is.

    Parameters
    ----------
    folder : Path
        A data set as `dataset.publish` makes it.
    originals : mapping
        The recordings by the names that their videos have in the folder.
    voice : {"mute", "keep"}
        Whether there may be sound.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Raises
    ------
    VideoError
        If an original cannot be read.
    """
    found = [f"{name} does not belong into it" for name in strangers(folder, originals)]
    words = [*names(originals.values()), *(checksum(path) for path in originals.values())]
    unread = set()
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).as_posix()
        if path.is_symlink() or path.is_dir():
            continue
        # what is no file, as a pipe, is not opened: it might never answer
        searched = search(path, words) if path.is_file() else None
        if searched is not None:
            found += [
                f"{inside} holds {_kind(word, originals)} of an original" for word in searched.words
            ]
        if searched is None or not searched.read:
            unread.add(path)
            found.append(f"{inside} cannot be read, so nothing is known of what it holds")
    for name, original in originals.items():
        video = folder / "videos" / f"{name}.mp4"
        inside = f"videos/{name}.mp4"
        if not video.is_file():
            found.append(f"{inside} is missing")
            continue
        if video in unread:
            continue
        if not (tracks := _tracks(video)):
            found.append(f"{inside} cannot be read")
            continue
        if checksum(video) == checksum(original):
            found.append(f"{inside} is the original")
            continue
        if tracks.count("audio") and voice != "keep":
            found.append(f"{inside} has sound")
        if tracks.count("video") != 1 or set(tracks) - {"video", "audio"}:
            found.append(f"{inside} has tracks besides its picture and sound")
        same = unchanged(original, video, progress=progress)
        if same:
            plural = "s" if len(same) > 1 else ""
            found.append(
                f"{inside} shows {len(same)} frame{plural} of the original unchanged, the first at "
                f"{same[0]:.2f} s"
            )
    return found


def strangers(folder: Path, videos: Iterable[str]) -> list[str]:
    """What is in a folder and is no file of a data set, by its path there.

    Parameters
    ----------
    folder : Path
        Need not exist.
    videos : iterable of str
        Names of its videos, without their ending.
    """
    expected = {*FILES, *(f"videos/{name}.mp4" for name in videos)}
    inside = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or not path.is_dir() or (path.name != "videos" and _is_bare(path))
    }
    return [name for name, path in inside.items() if name not in expected or path.is_symlink()]


def _is_bare(folder: Path) -> bool:
    """Whether nothing is seen in a folder, which then is known by its own name only."""
    try:
        return not any(folder.iterdir())
    except OSError:
        return True


def unchanged(original: Path, video: Path, *, progress: Progress | None = None) -> list[float]:
    """Times at which a video shows the original's frame, in no part different, seconds.

    Each frame is compared with the two originals that are nearest in time. Frames are made small
    and grey, and differences are averaged over small parts: an encoder's noise disappears, another
    face does not.

    Raises
    ------
    VideoError
        If a video cannot be read.
    """
    found: list[float] = []
    with ExitStack() as stack:
        theirs = _opened(stack, original)
        before: tuple[float, np.ndarray] | None = None
        after = _next(theirs, None)
        with Reader(video) as reader:
            total = reader.info.frame_estimate
        for frame in _opened(stack, video):
            small = _small(frame.image, after or before)
            while after is not None and after[0] < frame.time:
                before, after = after, _next(theirs, after)
            near = [one for one in (before, after) if one is not None]
            if any(_apart(small, picture) < SAME for _, picture in near):
                found.append(frame.time)
            if progress is not None:
                progress("comparing with the original", frame.index + 1, total)
    return found


def names(paths: Any) -> list[str]:
    """What could give recordings away: their names, folders and paths, and the user's name."""
    found: dict[str, None] = {}
    for path in paths:
        for whole in (path.absolute(), path.resolve()):  # a link and what it leads to
            found[str(whole)] = None
            if whole.stem.lower() not in VIDEOS:
                found[whole.name] = None
            for part in (whole.stem, *whole.parent.parts):
                if len(part) > 2 and part.lower() not in COMMON:
                    found[part] = None
    with suppress(OSError, KeyError, ImportError):  # no name is known to some systems
        if len(user := getpass.getuser()) > 2 and user.lower() not in COMMON:
            found[user] = None
    return list(found)


def _kind(word: str, originals: Mapping[str, Path]) -> str:
    """What was found, without saying it."""
    if any(checksum(path) == word for path in originals.values()):
        return "the checksum"
    if "/" in word or "\\" in word:
        return "the path"
    if any(word in (path.name, path.stem) for path in originals.values()):
        return "the name"
    return "the folder's or user's name"


def _tracks(path: Path) -> list[str]:
    try:
        with av.open(str(path)) as container:
            return [stream.type for stream in container.streams]
    except (av.FFmpegError, OSError):
        return []


def _opened(stack: ExitStack, path: Path) -> Iterator[Frame]:
    return stack.enter_context(closing(ahead(stack.enter_context(Reader(path)))))


def _next(
    frames: Iterator[Frame], last: tuple[float, np.ndarray] | None
) -> tuple[float, np.ndarray] | None:
    frame = next(frames, None)
    return None if frame is None else (frame.time, _small(frame.image, last))


def _small(image: np.ndarray, like: tuple[float, np.ndarray] | None) -> np.ndarray:
    """A frame, small and grey, of the size of another one."""
    if like is not None:
        size = like[1].shape[1], like[1].shape[0]
    else:
        height, width = image.shape[:2]
        across = min(_ACROSS, width)
        size = across, max(round(height * across / width), _PART)
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    return cv2.resize(grey, size, interpolation=cv2.INTER_AREA).astype(np.float32)


def _apart(one: np.ndarray, other: np.ndarray) -> float:
    """Largest mean difference of a part, grey levels."""
    return float(cv2.blur(np.abs(one - other), (_PART, _PART)).max())
