"""What is taken for a clip in a folder, and which clips of two folders belong together."""

from __future__ import annotations

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


def clips_in(folder: Path) -> dict[str, Path]:
    """The clips of a folder by the stems of their names, in order; none side by side.

    Raises
    ------
    ParameterError
        If it is no folder, or two clips have the same stem.
    """
    if not folder.is_dir():
        raise ParameterError(f"{folder} is not a folder: give one that holds the clips.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if not is_clip(path) or path.stem.endswith(SIDE_BY_SIDE):
            continue
        if path.stem in found:
            raise ParameterError(
                f"{found[path.stem].name} and {path.name} in {folder} have the same stem: "
                "rename one of them."
            )
        found[path.stem] = path
    return found


def pairs(original: Path, deidentified: Path) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Pair the clips of two folders by their names without ending.

    Returns
    -------
    pairs : list of (Path, Path)
        Original and result, by name.
    alone : list of str
        Names in one folder only.

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
    ours, theirs = clips_in(original), clips_in(deidentified)
    both = sorted(ours.keys() & theirs.keys())
    if not both:
        raise ParameterError(
            f"No clip in {deidentified} has the name of one in {original}: call each result as its "
            "original is called."
        )
    alone = sorted(
        [ours[name].name for name in ours.keys() - theirs.keys()]
        + [theirs[name].name for name in theirs.keys() - ours.keys()]
    )
    return [(ours[name], theirs[name]) for name in both], alone
