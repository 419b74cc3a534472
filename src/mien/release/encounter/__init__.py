"""An encounter as a data set that can be shared."""

from mien.release.encounter.dataset import Published, publish
from mien.release.encounter.options import Options

__all__ = ["Options", "Published", "publish"]
