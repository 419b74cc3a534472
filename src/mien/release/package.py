"""What a release is made of, before it is packed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mien.release.subject import Subject


@dataclass(frozen=True)
class Package:
    """Clips and texts that are to be passed on together."""

    clips: Sequence[Subject]
    """In their order."""
    documents: Mapping[str, Any]
    """JSON documents of the release, by name."""
    typed: Mapping[str, str]
    """What somebody wrote for the card, by what it is."""
    words: Collection[str]
    """Of the clips' names: looked for everywhere."""
    elsewhere: Collection[str]
    """Of folders and of the user, who may sign the card: not looked for in `typed`."""
