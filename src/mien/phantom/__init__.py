"""Phantoms: synthetic patients in clips that mien renders itself, with their truth beside them."""

from mien.phantom.render import Phantom, phantom, render_phantom
from mien.phantom.script import Script, Tremor
from mien.phantom.truth import PersonTruth, Truth

__all__ = [
    "PersonTruth",
    "Phantom",
    "Script",
    "Tremor",
    "Truth",
    "phantom",
    "render_phantom",
]
