"""What a face shows: blendshape scores, expressions, and what two people show each other."""

from mien.expression.blendshapes import NAMES, Blendshapes, LandmarkerScores
from mien.expression.emotion import EmotionClassifier
from mien.expression.selfnorm import SelfNorm

__all__ = ["NAMES", "Blendshapes", "EmotionClassifier", "LandmarkerScores", "SelfNorm"]
