"""Phantoms: synthetic patients in clips that mien renders itself, with their truth beside them."""

from mien.phantom.degrade import (
    FAULTS,
    DampMouth,
    Delay,
    Droop,
    Fault,
    Freeze,
    Hold,
    NoBlinks,
    Smooth,
    fault_named,
)
from mien.phantom.render import Phantom, phantom, render_phantom
from mien.phantom.script import Hand, Script, Tremor
from mien.phantom.truth import PersonTruth, Truth

__all__ = [
    "FAULTS",
    "DampMouth",
    "Delay",
    "Droop",
    "Fault",
    "Freeze",
    "Hand",
    "Hold",
    "NoBlinks",
    "PersonTruth",
    "Phantom",
    "Script",
    "Smooth",
    "Tremor",
    "Truth",
    "fault_named",
    "phantom",
    "render_phantom",
]
