"""Phantoms that tests share."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from mien.phantom import Script, Truth, render_phantom


@dataclass(frozen=True)
class Clip:
    """A phantom in a folder of its own."""

    path: Path
    """The clip; tests copy it and leave it alone."""
    truth: Truth
    """What is true of its frames."""

    def copy(self, folder: Path, name: str = "clip.mp4") -> Path:
        """A copy that a test may do anything with."""
        return Path(shutil.copy(self.path, folder / name))


def film(folder: Path, script: Script) -> Clip:
    """Render a phantom."""
    return Clip(folder / "clip.mp4", render_phantom(script, folder / "clip.mp4"))
