"""Faces through time: where every landmark of every person is in every frame."""

from mien.tracking.landmarks import FaceMesh, Landmarker, open_backend
from mien.tracking.people import Tracker
from mien.tracking.track import FaceTrack, State

__all__ = ["FaceMesh", "FaceTrack", "Landmarker", "State", "Tracker", "open_backend"]
