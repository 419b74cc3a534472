"""Engines: each replaces a face through the same small contract; importing this loads none."""

from mien.engines.base import Engine, Fitted, Rendering
from mien.engines.registry import ENGINES, Kind, offered, register, traits_of
from mien.engines.traits import Traits
from mien.engines.weights import Weights

__all__ = [
    "ENGINES",
    "Engine",
    "Fitted",
    "Kind",
    "Rendering",
    "Traits",
    "Weights",
    "offered",
    "register",
    "traits_of",
]
