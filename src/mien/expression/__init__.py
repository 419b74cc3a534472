"""What a face expresses: blendshape scores, and the formats they are kept in."""

from mien.expression.blendshapes import NAMES, Blendshapes, LandmarkerScores

__all__ = ["NAMES", "Blendshapes", "LandmarkerScores"]
