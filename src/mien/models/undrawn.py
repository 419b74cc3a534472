"""MediaPipe without its drawing.

Importing MediaPipe imports what it draws landmarks with, and that imports Matplotlib: two thirds of
the time that the import takes, in every process that looks for a face, for something that mien
never calls.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from threading import Lock
from types import ModuleType
from typing import Any

_DRAWING = {f"mediapipe.python.solutions.drawing_{part}" for part in ("styles", "utils")}
_lock = Lock()


class _Later(MetaPathFinder):
    """Finds the modules that draw, and leaves running them until somebody uses them."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(fullname, path, target) if fullname in _DRAWING else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


def mediapipe() -> Any:
    """The library, imported when first asked for.

    Its drawing is imported once somebody uses it, so that other code in the process finds all of
    MediaPipe there.
    """
    with _lock:  # threads of one process open models at the same time
        if "mediapipe" not in sys.modules:
            later = _Later()
            sys.meta_path.insert(0, later)
            try:
                import mediapipe
            finally:
                sys.meta_path.remove(later)
        import mediapipe
    return mediapipe
