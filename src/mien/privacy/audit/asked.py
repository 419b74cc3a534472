"""Who is asked about a result, and what each of them knows of other people."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from mien.errors import FormatError
from mien.models.landmarker import Backend
from mien.pipeline.stored import StoredManifest
from mien.recognition import distractors, registry
from mien.recognition.parts import PARTS
from mien.recognition.recogniser import Recogniser
from mien.surrogates.bank import Bank
from mien.surrogates.portrait import likeness

EVERYBODY = (registry.STEERS, *registry.ALSO_STEER, *registry.JUDGES)
"""Who is asked unless somebody else is named."""


@dataclass(frozen=True, eq=False)
class Asked:
    """A recogniser that judges, and among whom it has to pick a person."""

    recogniser: Recogniser
    """Describes faces."""
    others: np.ndarray | None = None
    """Its descriptors of other people, see `distractors`, shape (n, size)."""
    parts: Mapping[str, np.ndarray] = field(default_factory=dict)
    """The same of parts of their pictures, by `mien.recognition.parts.PARTS`."""
    given: Mapping[int, np.ndarray] = field(default_factory=dict)
    """Descriptors of the faces that people were given, by the person's number, where known."""


def ask(
    names: Sequence[str],
    backend: Backend,
    *,
    gallery: str | os.PathLike[str] | None = None,
    result: Path | None = None,
) -> list[Asked]:
    """Recognisers by name, with other people to tell a person from.

    Parameters
    ----------
    names : sequence of str
        In `mien.recognition.registry.RECOGNISERS`, or paths of ONNX files.
    backend : Backend
        Finds landmarks in the pictures of `gallery`.
    gallery : path, optional
        Folder with a picture of each of some other people; by default the portraits that mien knows
        by numbers.
    result : Path, optional
        A result of mien's: if its manifest lies beside it, the faces that people were given are
        compared as well. Nothing else is taken from it.

    Raises
    ------
    ParameterError
        If there is no recogniser of a name, or nothing in the folder.
    """
    for name in names:
        registry.check_name(name)
    faces = {} if result is None else _faces_given(result.with_suffix(".json"))
    asked = []
    for one in map(registry.recogniser, dict.fromkeys(names)):
        kinds = (None, *PARTS)
        if gallery is None:
            found = [distractors.shipped(one.name, kind) for kind in kinds]
        else:
            found = [*distractors.from_folder(os.fspath(gallery), one, backend, parts=kinds)]
        whole, *parts = found
        asked.append(
            Asked(
                one,
                whole,
                {k: v for k, v in zip(PARTS, parts, strict=True) if v is not None},
                {person: one.describe(*face) for person, face in faces.items()},
            )
        )
    return asked


def _faces_given(manifest: Path) -> dict[int, tuple[np.ndarray, np.ndarray]]:
    """Picture and landmarks of the shipped face that each person was given, before it was moved
    away from them; empty where that is not known."""
    try:
        people = StoredManifest.read(manifest).people
    except (OSError, FormatError):
        return {}
    bank = Bank.open()
    return {
        one.number: likeness(bank.load(one.face))
        for one in people
        if one.face is not None and one.face in bank.cards
    }
