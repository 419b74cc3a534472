"""Engines: each replaces a face through the same small contract."""

from mien.engines.base import Engine, Rendering, Sample

__all__ = ["Engine", "Rendering", "Sample"]
