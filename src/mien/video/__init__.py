"""Reading and writing clips: exact timestamps in, exact timestamps out.

Importing this package loads no decoder: who only asks what is a clip does not wait for one.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mien.video.coded import probe
    from mien.video.frame import Frame, Loss, Note, VideoInfo
    from mien.video.reader import Reader
    from mien.video.reencode import Quality, quality_of, reencoded
    from mien.video.writer import Writer

__all__ = [
    "Frame",
    "Loss",
    "Note",
    "Quality",
    "Reader",
    "VideoInfo",
    "Writer",
    "probe",
    "quality_of",
    "reencoded",
]
_PLACES = {
    "Frame": "frame",
    "Loss": "frame",
    "Note": "frame",
    "Quality": "reencode",
    "Reader": "reader",
    "VideoInfo": "frame",
    "Writer": "writer",
    "probe": "coded",
    "quality_of": "reencode",
    "reencoded": "reencode",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"mien.video.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'mien.video' has no attribute {name!r}")
