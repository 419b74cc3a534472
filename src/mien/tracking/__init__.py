"""Faces through time: where every landmark of every person is in every frame."""

from mien.tracking.meshes import Meshes
from mien.tracking.registration import Registration
from mien.tracking.track import FaceTrack, Sample, State
from mien.tracking.tracker import Tracker

__all__ = ["FaceTrack", "Meshes", "Registration", "Sample", "State", "Tracker"]
