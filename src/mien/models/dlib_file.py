"""Reading dlib's files of weights, which only dlib itself can run."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from mien.errors import EngineError


def weights(name: str) -> Path:
    """A file of the face_recognition_models package, which is found but never imported.

    Raises
    ------
    EngineError
        If it is not there.
    """
    spec = find_spec("face_recognition_models")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "models" / name
        if path.is_file():
            return path
    raise EngineError(f"The model {name} is missing: install face_recognition_models.")


def tensors(path: Path, counts: list[int]) -> list[np.ndarray]:
    """The parameters in a file of dlib's, from the picture to the answer.

    A tensor is written as its version (2), four dimensions and little-endian floats; an integer as
    its length in bytes and the bytes. What lies between two tensors is skipped.

    Parameters
    ----------
    path : Path
        The file.
    counts : list of int
        How many numbers each tensor has to have.

    Returns
    -------
    found : list of np.ndarray [shape=(count,), dtype=float32]

    Raises
    ------
    EngineError
        If the file holds other tensors.
    """
    data = path.read_bytes()

    def integer(at: int) -> tuple[int, int]:
        length = data[at]
        if not 0 < length <= 4:
            raise ValueError
        return int.from_bytes(data[at + 1 : at + 1 + length], "little"), at + 1 + length

    found: list[np.ndarray] = []
    place = 0
    while (place := data.find(b"\x01\x02", place)) >= 0:
        try:
            at, count = place + 2, 1
            for axis in range(4):
                length, at = integer(at)
                if axis > 1 and length != 1:
                    raise ValueError
                count *= length
            if count < min(counts) or at + 4 * count > len(data):
                raise ValueError
        except (ValueError, IndexError):
            place += 1
            continue
        found.append(np.frombuffer(data, "<f4", count, at))
        place = at + 4 * count
    if [len(values) for values in found] != counts:
        raise EngineError(f"The model {path.name} is damaged: reinstall face_recognition_models.")
    return found
