"""Engines: each replaces a face through the same small contract."""

from collections.abc import Callable

from mien.engines.base import Engine, Rendering
from mien.engines.mesh.engine import Mesh, Person
from mien.engines.obscure import Blur, Mask, Pixelate

OBSCURING: dict[str, Callable[[], Engine]] = {"mask": Mask, "blur": Blur, "pixelate": Pixelate}
ENGINES = ("mesh", *OBSCURING)

__all__ = [
    "ENGINES",
    "OBSCURING",
    "Blur",
    "Engine",
    "Mask",
    "Mesh",
    "Person",
    "Pixelate",
    "Rendering",
]
