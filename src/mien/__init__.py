"""mien changes who a face is in a clinical video and keeps what it does.

>>> import mien
>>> mien.deidentify("patient.mp4", "out.mp4")  # doctest: +SKIP

Importing this package loads no model and opens no device. What is offered here is described on one
page, ``docs/python.md``.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mien.blendshapes.of_clip import score_clip
    from mien.blendshapes.recording import Recording
    from mien.errors import MienError
    from mien.evidence.evaluate import Evidence, evaluate
    from mien.evidence.metrics import Metrics
    from mien.phantom import Script, Truth, render_phantom
    from mien.pipeline.deidentify import Result, deidentify
    from mien.pipeline.ledger import Ledger
    from mien.pipeline.settings import Settings
    from mien.privacy.audit import Verdict
    from mien.privacy.clips import audit_clips
    from mien.tracking.selection import Selection
    from mien.video import Frame, Reader, Writer

__version__ = version("mien")
__all__ = [
    "Evidence",
    "Frame",
    "Ledger",
    "Metrics",
    "MienError",
    "Reader",
    "Recording",
    "Result",
    "Script",
    "Selection",
    "Settings",
    "Truth",
    "Verdict",
    "Writer",
    "audit_clips",
    "deidentify",
    "evaluate",
    "render_phantom",
    "score_clip",
]
_PLACES = {
    "Evidence": "evidence.evaluate",
    "Frame": "video",
    "Ledger": "pipeline.ledger",
    "Metrics": "evidence.metrics",
    "MienError": "errors",
    "Reader": "video",
    "Recording": "blendshapes.recording",
    "Result": "pipeline.deidentify",
    "Script": "phantom",
    "Selection": "tracking.selection",
    "Settings": "pipeline.settings",
    "Truth": "phantom",
    "Verdict": "privacy.audit",
    "Writer": "video",
    "audit_clips": "privacy.clips",
    "deidentify": "pipeline.deidentify",
    "evaluate": "evidence.evaluate",
    "render_phantom": "phantom",
    "score_clip": "blendshapes.of_clip",
}


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"mien.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'mien' has no attribute {name!r}")
