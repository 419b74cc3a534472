"""A number and what it counts, in words, under the name it had in this room."""

from mien.counted import plural

__all__ = ["plural"]
