"""What is there where a result is to go: a finished one, the rest of one, or something else.

A result counts as finished only if its manifest describes the very file beside it, was written of
the same original, and names the same settings. Everything else is said, and never taken for it.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import av

from mien.errors import FormatError
from mien.outputs import checksum
from mien.pipeline.deidentify import chosen
from mien.pipeline.manifest import LABELS
from mien.pipeline.settings import Settings
from mien.pipeline.stored import StoredManifest
from mien.recognition.registry import RECOGNISERS

_BUILT_IN = "face mesh"
_BY = re.compile(r"(?i)mediapipe (?:\d[\w.]* )?")  # before a model's name; once with a version


class Standing(Enum):
    """How far the result at a place is."""

    NOTHING = "nothing"
    """Nothing has its name, or its manifest's."""
    UNFINISHED = "unfinished"
    """What is there was left by mien and lacks a part: it may be replaced."""
    DONE = "done"
    """The result of this original with these settings, whole and unchanged."""
    OTHER = "other"
    """A result, but of another original or with other settings, or changed since; or a file that
    mien did not make."""


@dataclass(frozen=True)
class Existing:
    """What stands where a result is to go."""

    standing: Standing
    """How far it is."""
    words: str = ""
    """What is wrong with it, as the end of a sentence that begins with its name; empty where
    nothing is."""
    manifest: StoredManifest | None = None
    """What the manifest says, of one that can be read."""


def existing(
    source: Path, output: Path, settings: Settings, side_by_side: Path | None = None
) -> Existing:
    """Look at the place of a result.

    Parameters
    ----------
    source : Path
        The original.
    output : Path
        Where its result goes.
    settings : Settings
        How it is to be made. What a manifest does not hold (which bank or picture of the user's,
        how many frames were asked about) cannot be compared.
    side_by_side : Path, optional
        The clip for checking that is wanted too.

    Returns
    -------
    existing : Existing

    Raises
    ------
    OSError
        If the original, or what is there, cannot be read.
    """
    aside = output.with_suffix(".json")
    if not os.path.lexists(output) and not os.path.lexists(aside):
        return Existing(Standing.NOTHING)
    if os.path.lexists(output) and not output.is_file():
        return Existing(Standing.OTHER, "is no file")
    try:
        manifest = StoredManifest.read(aside)
    except (OSError, FormatError):
        return _without_manifest(output, aside)
    if not output.exists():
        return Existing(Standing.UNFINISHED, "is missing, though its manifest is there", manifest)
    if not manifest.describes(checksum(output)):
        words = "is not the file that its manifest describes: it was changed since"
        return Existing(Standing.OTHER, words, manifest)
    if manifest.input.get("sha256") != checksum(source):
        words = "was made of another original, or of an earlier state of this one"
        return Existing(Standing.OTHER, words, manifest)
    other = differences(settings, manifest)
    if other:
        return Existing(
            Standing.OTHER, f"was made with other settings ({'; '.join(other)})", manifest
        )
    if side_by_side is not None and not side_by_side.exists():
        words = "has no side-by-side clip yet"
        return Existing(Standing.UNFINISHED, words, manifest)
    return Existing(Standing.DONE, manifest=manifest)


def differences(settings: Settings, manifest: StoredManifest) -> list[str]:
    """Settings that a result was made with and that are others now, each ``name was, now is``."""
    wanted: dict[str, Any] = chosen(settings, "").to_json()
    wanted["subject"] = settings.subject
    stored = dict(manifest.settings) | {"subject": manifest.subject}
    wanted["landmarks"] = _model(settings.landmarker or os.environ.get("MIEN_LANDMARKER"))
    if "landmarks" in stored:
        stored["landmarks"] = _BY.sub("", str(stored["landmarks"]))
    judges = [one for one in manifest.content.get("judges", ()) if not one.get("steered")]
    names = [getattr(RECOGNISERS.get(name), "name", None) for name in settings.judges]
    if judges and None not in names:  # a network of the user's is known by another name
        wanted["judges"] = sorted(str(name) for name in names)
        stored["judges"] = sorted({str(one.get("recogniser")) for one in judges})
    wanted["signed"] = settings.signer is not None
    stored["signed"] = bool(manifest.output.get("signed", False))
    return [
        f"{key} {_shown(stored[key])}, now {_shown(value)}"
        for key, value in wanted.items()
        if key in stored and stored[key] != value
    ]


def _without_manifest(output: Path, aside: Path) -> Existing:
    """What is there is no result as it should be: is it the rest of one, or somebody's?"""
    if not output.exists():
        return Existing(Standing.OTHER, f"cannot be written beside {aside.name}, which is not its")
    if not os.path.lexists(aside) and labelled(output):
        return Existing(Standing.UNFINISHED, "has no manifest: it was never finished")
    return Existing(Standing.OTHER, "was not made by mien, or its manifest was changed")


def labelled(path: Path) -> bool:
    """Whether a clip says of itself that it is a result of mien."""
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            return container.metadata.get("comment") in LABELS
    except (av.FFmpegError, OSError):
        return False


def _model(landmarker: str | None) -> str:
    return _BUILT_IN if landmarker is None else Path(landmarker).name


def _shown(value: Any) -> str:
    """A setting as people read it."""
    if value is None or value == []:
        return "none"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
