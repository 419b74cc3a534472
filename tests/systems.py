"""Other systems than the one that the tests run on."""

from __future__ import annotations

import ctypes
from typing import Any

import pytest


def without_renameat2(patch: pytest.MonkeyPatch) -> None:
    """A system whose C library cannot be asked for Linux's renaming in one step, as Windows'."""
    load = ctypes.CDLL

    def refuse(name: Any, *words: Any, **settings: Any) -> Any:
        if name is None:
            raise TypeError("this system has no library without a name")
        return load(name, *words, **settings)

    patch.setattr(ctypes, "CDLL", refuse)
