"""mien changes who a face is in a clinical video and keeps what it does.

>>> import mien
>>> mien.deidentify("patient.mp4", "out.mp4")  # doctest: +SKIP

Importing this package loads no model and opens no device.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mien.pipeline.deidentify import Result, Settings, deidentify

__version__ = version("mien")
__all__ = ["Result", "Settings", "deidentify"]


def __getattr__(name: str) -> Any:
    if name in __all__:
        from mien.pipeline import deidentify as pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module 'mien' has no attribute {name!r}")
