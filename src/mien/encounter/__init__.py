"""The encounter of a doctor and a patient: who shows what, when, and in answer to what."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any


class _Called(ModuleType):
    """The room itself, which is called like the function that most people want of it."""

    def __call__(self, *args: Any, **settings: Any) -> Any:
        """What `mien.encounter.analysis.analyse` gives; loaded when it is first called."""
        return import_module("mien.encounter.analysis").analyse(*args, **settings)


sys.modules[__name__].__class__ = _Called
