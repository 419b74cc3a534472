"""What a result says about itself: the label in the file, and the manifest beside it."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from mien.errors import OutputError
from mien.outputs import hidden, publish

LABEL = "Synthetic: the faces in this video were replaced by mien and show nobody."
LABEL_LEFT = (
    "Synthetic: faces in this video were replaced by mien and show nobody; others were left."
)


def versions() -> dict[str, str]:
    """Versions of mien and of what shapes its results."""
    names = ("mien", "mediapipe", "av", "dlib-bin", "opencv-contrib-python-headless", "numpy")
    return {name: version(name) for name in names}


def sha256(path: Path) -> str:
    """Checksum of a file, hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class Aside:
    """A small file written beside its place, so that naming it is all that is left to do.

    Parameters
    ----------
    path : Path
        Its place.
    text : str
        Its content.

    Raises
    ------
    OutputError
        If it cannot be written.
    """

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._part = hidden(path)
        try:
            self._part.write_text(text)
        except OSError as exc:
            self._part.unlink(missing_ok=True)
            raise OutputError(f"{path} cannot be written: {exc.strerror or exc}.") from exc

    def __enter__(self) -> Aside:
        return self

    def __exit__(self, *error: Any) -> None:
        self._part.unlink(missing_ok=True)

    def commit(self) -> None:
        """Give the file its name."""
        publish(self._part, self._path, overwrite=True)


def manifest(
    *,
    left: bool,
    settings: dict[str, Any],
    source: dict[str, Any],
    output: dict[str, Any],
    people: list[dict[str, Any]],
    linkable: dict[str, Any],
    ledger: dict[str, Any],
    privacy: list[dict[str, Any]],
    residual: dict[str, Any],
) -> dict[str, Any]:
    """Everything that is needed to judge a result later; no file names, no paths.

    Parameters
    ----------
    left : bool
        Whether somebody's face was left as it is.
    settings, source, output, people, linkable, ledger, privacy, residual
        The parts, ready for JSON.
    """
    return {
        "label": LABEL_LEFT if left else LABEL,
        "versions": versions(),
        "settings": settings,
        "input": source,
        "output": output,
        "people": people,
        "linkable": linkable,
        "ledger": ledger,
        "privacy": privacy,
        "residual_faces": residual,
    }
