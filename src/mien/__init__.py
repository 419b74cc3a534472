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
    from mien.blendshapes.of_clip import ScoredClip, score_clip
    from mien.blendshapes.recording import Recording
    from mien.encounter.result import Encounter
    from mien.errors import MienError
    from mien.evidence.engines_compared import Comparison, compare
    from mien.evidence.evaluate import Evidence, evaluate
    from mien.evidence.metrics import Metrics
    from mien.phantom import Script, Truth, render_phantom
    from mien.pipeline.deidentify import Result, deidentify
    from mien.pipeline.foresee import Foreseen, foresee
    from mien.pipeline.ledger import Ledger
    from mien.pipeline.settings import Settings
    from mien.pipeline.who import People, people
    from mien.privacy.audit import Verdict
    from mien.privacy.clips import audit_clips
    from mien.privacy.clips import audit_clips as audit
    from mien.privacy.linkage.attacked import Linkage, linkage
    from mien.tracking.selection import Selection
    from mien.video import Frame, Reader, Writer

__version__ = version("mien")
__all__ = [
    "Comparison",
    "Encounter",
    "Evidence",
    "Foreseen",
    "Frame",
    "Ledger",
    "Linkage",
    "Metrics",
    "MienError",
    "People",
    "Reader",
    "Recording",
    "Result",
    "ScoredClip",
    "Script",
    "Selection",
    "Settings",
    "Truth",
    "Verdict",
    "Writer",
    "audit",
    "audit_clips",
    "blendshapes",
    "compare",
    "deidentify",
    "encounter",
    "evaluate",
    "foresee",
    "linkage",
    "people",
    "render_phantom",
    "score_clip",
]
_PLACES = {
    "Comparison": "evidence.engines_compared",
    "Encounter": "encounter.result",
    "Evidence": "evidence.evaluate",
    "Foreseen": "pipeline.foresee",
    "Frame": "video",
    "Ledger": "pipeline.ledger",
    "Linkage": "privacy.linkage.attacked",
    "Metrics": "evidence.metrics",
    "MienError": "errors",
    "People": "pipeline.who",
    "Reader": "video",
    "Recording": "blendshapes.recording",
    "Result": "pipeline.deidentify",
    "ScoredClip": "blendshapes.of_clip",
    "Script": "phantom",
    "Selection": "tracking.selection",
    "Settings": "pipeline.settings",
    "Truth": "phantom",
    "Verdict": "privacy.audit",
    "Writer": "video",
    "audit": "privacy.clips",
    "audit_clips": "privacy.clips",
    "compare": "evidence.engines_compared",
    "deidentify": "pipeline.deidentify",
    "evaluate": "evidence.evaluate",
    "foresee": "pipeline.foresee",
    "linkage": "privacy.linkage.attacked",
    "people": "pipeline.who",
    "render_phantom": "phantom",
    "score_clip": "blendshapes.of_clip",
}
_ROOMS = ("blendshapes", "encounter")
"""Rooms that are called like the function that most people want of them."""
_NAMES = {"audit": "audit_clips"}
"""What a name is called in its room, where that is another."""


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        return getattr(import_module(f"mien.{_PLACES[name]}"), _NAMES.get(name, name))
    if name in _ROOMS:
        return import_module(f"mien.{name}")
    raise AttributeError(f"module 'mien' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
