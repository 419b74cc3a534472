"""Whether something of the originals is in a folder that is to be shared.

Nothing here trusts whoever wrote the folder. Files that do not belong there, names, paths,
checksums, sound and frames that were not changed are found by looking at what is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import av

from mien.outputs import checksum
from mien.progress import Progress
from mien.release.searching import search
from mien.release.unchanged import unchanged
from mien.release.words import names

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
        A data set as `mien.release.encounter.publish` makes it.
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
    held, unread = _held(folder, originals)
    found += held
    for name, original in originals.items():
        video = folder / "videos" / f"{name}.mp4"
        if not video.is_file():
            found.append(f"videos/{name}.mp4 is missing")
        elif video not in unread:
            wrong = _wrong_with(video, original, voice, progress)
            found += [f"videos/{name}.mp4 {what}" for what in wrong]
    return found


def _held(folder: Path, originals: Mapping[str, Path]) -> tuple[list[str], set[Path]]:
    """What of the originals is written in files, as `leaks`, and files that cannot be read."""
    words = [*names(originals.values()), *(checksum(path) for path in originals.values())]
    found: list[str] = []
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
    return found, unread


def _wrong_with(
    video: Path, original: Path, voice: str, progress: Progress | None
) -> Iterable[str]:
    """What a video shows of its original, as `leaks` without the name."""
    if not (tracks := _tracks(video)):
        yield "cannot be read"
        return
    if checksum(video) == checksum(original):
        yield "is the original"
        return
    if tracks.count("audio") and voice != "keep":
        yield "has sound"
    if tracks.count("video") != 1 or set(tracks) - {"video", "audio"}:
        yield "has tracks besides its picture and sound"
    if same := unchanged(original, video, progress=progress):
        plural = "s" if len(same) > 1 else ""
        yield (
            f"shows {len(same)} frame{plural} of the original unchanged, the first at "
            f"{same[0]:.2f} s"
        )


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
