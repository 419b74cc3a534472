"""How recognisable a face is: recognisers and the audit of a result."""

from mien.privacy.recognisers import Dlib

__all__ = ["Dlib"]
