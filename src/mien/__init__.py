"""mien changes who a face is in a clinical video and keeps what it does.

>>> import mien
>>> mien.deidentify("patient.mp4", "out.mp4")  # doctest: +SKIP

Importing this package loads no model and opens no device.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mien.pipeline.deidentify import Result, deidentify
    from mien.pipeline.settings import Settings

__version__ = version("mien")
__all__ = ["Result", "Settings", "deidentify"]
_ROOMS = {"Result": "deidentify", "Settings": "settings", "deidentify": "deidentify"}


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return getattr(import_module(f"mien.pipeline.{_ROOMS[name]}"), name)
    raise AttributeError(f"module 'mien' has no attribute {name!r}")
