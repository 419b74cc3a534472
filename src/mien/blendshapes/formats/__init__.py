"""Files of blendshape scores: reading, writing, and what is lost on the way; one file a layout."""

from mien.blendshapes.formats.categories import from_categories
from mien.blendshapes.formats.registry import LAYOUTS, check_output, read, write

__all__ = ["LAYOUTS", "check_output", "from_categories", "read", "write"]
