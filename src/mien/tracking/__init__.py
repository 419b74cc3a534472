"""Faces through time: where every landmark of every person is in every frame."""

from mien.tracking.landmarks import FaceMesh, Landmarker, open_backend
from mien.tracking.people import Tracker
from mien.tracking.registration import Registration
from mien.tracking.track import FaceTrack, Sample, State

__all__ = [
    "FaceMesh",
    "FaceTrack",
    "Landmarker",
    "Registration",
    "Sample",
    "State",
    "Tracker",
    "open_backend",
]
