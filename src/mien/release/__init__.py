"""Releasing results: the last checks, and one archive that can be passed on."""

from mien.release.checks.base import Check, failed
from mien.release.packing import Options, Released, Source, Withheld, release

__all__ = ["Check", "Options", "Released", "Source", "Withheld", "failed", "release"]
