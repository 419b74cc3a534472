"""What the commands of `mien train` share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import ParameterError
from mien.outputs import complete

if TYPE_CHECKING:
    from mien.cli.bars import Bars
    from mien.training.course import Course
    from mien.training.faces import Faces

ENDINGS = (".pt", ".pth", ".tar")
"""Of the names of checkpoints."""


def check_device(device: str) -> None:
    """Refuse a device that is not there before anything takes long."""
    import torch

    try:
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as exc:
        raise ParameterError(f"There is no device {device!r} here: choose cpu.") from exc


def faces_of(
    clips: Path | None, phantoms: int, side: int, frames: int, seed: int, progress: Bars
) -> Faces:
    """Cut faces out of clips, or draw synthetic people."""
    from mien.training.faces import of_folder, of_phantoms

    if clips is not None:
        return of_folder(clips, side, frames, progress)
    return of_phantoms(phantoms, side, frames, seed, progress)


def draw(training: Course, sheet: Path) -> None:
    """Write a picture of samples."""
    import cv2

    _, data = cv2.imencode(".png", training.sheet()[..., ::-1])
    with complete(sheet) as part:
        part.write_bytes(data.tobytes())
