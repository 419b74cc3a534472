"""What is taken for a clip in a folder, and which clips of two folders belong together."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from mien.errors import ParameterError

ENDINGS = frozenset(
    f".{ending}"
    for ending in (
        "3g2 3gp asf avi dv flv m2ts m4v mkv mov mp4 mpeg mpg mts mxf ogv ts vob webm wmv"
    ).split()
)
"""Endings of the names of clips, in small letters."""
WRITTEN = (".mp4", ".m4v")
"""Those of clips that mien writes."""
SIDE_BY_SIDE = ".side-by-side"
"""How the stem ends of a clip that shows the original beside the result."""


def is_clip(path: Path) -> bool:
    """Whether a file is taken for a clip: by its ending, if it is not hidden."""
    return path.suffix.lower() in ENDINGS and not path.name.startswith(".") and path.is_file()


def clips_in(folder: Path, *, deep: bool = False, without: Path | None = None) -> dict[str, Path]:
    """The clips of a folder by their names without ending, in order; none side by side.

    Where two clips differ in their endings alone, those that do not end in .mp4 keep theirs in
    their name, so that their results can lie beside each other.

    Parameters
    ----------
    folder : Path
        Where they lie.
    deep : bool
        Whether clips in folders within it count, named by their place, as in ``P07/visit``; hidden
        folders and links to folders do not.
    without : Path, optional
        A folder within it that is passed over.

    Raises
    ------
    ParameterError
        If it is no folder, or two clips have the same name nevertheless.
    """
    if not folder.is_dir():
        raise ParameterError(f"{folder} is not a folder: give one that holds the clips.")
    found: dict[str, Path] = {}
    for within in folders_below(folder, without) if deep else [folder]:
        place = within.relative_to(folder)
        for name, path in _named(within).items():
            found[(place / name).as_posix()] = path
    return found


def folders_below(folder: Path, without: Path | None = None) -> list[Path]:
    """A folder and all those within it, in order; no hidden ones, no links, none that cannot be
    read, and not `without`."""
    found = []
    for where, names, _ in os.walk(folder):
        path = Path(where)
        if path != folder and without is not None and _same(path, without):
            names.clear()
            continue
        names[:] = sorted(name for name in names if not name.startswith("."))
        found.append(path)
    return found


def _same(one: Path, other: Path) -> bool:
    return os.path.isdir(other) and one.samefile(other)  # no error if its name is too long


def _named(folder: Path) -> dict[str, Path]:
    """The clips that lie in a folder, by names of which each has one."""
    paths = [
        path
        for path in sorted(folder.iterdir())
        if is_clip(path) and not path.stem.endswith(SIDE_BY_SIDE)
    ]
    stems = Counter(path.stem for path in paths)
    found: dict[str, Path] = {}
    for path in paths:
        alone = stems[path.stem] == 1 or path.suffix.lower() == WRITTEN[0]
        name = path.stem if alone else path.name
        if name in found:
            raise ParameterError(
                f"{found[name].name} and {path.name} in {folder} would have one name without "
                "their endings: rename one of them."
            )
        found[name] = path
    return found


def pairs(original: Path, deidentified: Path) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Pair the clips of two folders by their places in them and their names without ending.

    Returns
    -------
    pairs : list of (Path, Path)
        Original and result, by name.
    alone : list of str
        Clips in one folder only, by their places in it.

    Raises
    ------
    ParameterError
        If one of the two is no folder, two clips of a folder share a name, or nothing pairs.
    """
    for one, other in ((original, deidentified), (deidentified, original)):
        if not one.is_dir():
            raise ParameterError(
                f"{other} is a folder and {one} is not: name two clips, or two folders."
            )
    ours = clips_in(original, deep=True, without=deidentified)
    theirs = clips_in(deidentified, deep=True, without=original)
    both = sorted(ours.keys() & theirs.keys())
    if not both:
        raise ParameterError(
            f"No clip in {deidentified} has the name of one in {original}: call each result as its "
            "original is called."
        )
    alone = sorted(
        [ours[name].relative_to(original).as_posix() for name in ours.keys() - theirs.keys()]
        + [
            theirs[name].relative_to(deidentified).as_posix()
            for name in theirs.keys() - ours.keys()
        ]
    )
    return [(ours[name], theirs[name]) for name in both], alone
