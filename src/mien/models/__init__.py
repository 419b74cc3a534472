"""Other people's networks that find faces, each wrapped once, under one contract."""

from mien.models.sighting import FaceDetector, Sighting

__all__ = ["FaceDetector", "Sighting"]
