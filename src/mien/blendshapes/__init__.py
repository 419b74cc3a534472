"""Blendshape scores: how far a face smiles, squints or opens its jaw; their names and files."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Called(ModuleType):
    """The room itself, which is called like the function that most people want of it."""

    def __call__(self, *args: Any, **settings: Any) -> Any:
        """What `mien.blendshapes.of_clip.score_clip` gives; loaded when it is first called."""
        return import_module("mien.blendshapes.of_clip").score_clip(*args, **settings)


sys.modules[__name__].__class__ = _Called
