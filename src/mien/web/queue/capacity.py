"""How much may wait: a queue without an end fills the disk and hides what people wait for.

Every kind of job has a bound of its own, so that no kind keeps another one out. The bounds are far
above a day of a busy clinic: folders of sixty videos can be dropped one after the other. What
follows a clip unasked, its measurement, is bounded by the clips and never refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mien.web.queue.tables import Kind

MOST: Mapping[Kind, int] = {
    Kind.DEIDENTIFY: 500,
    Kind.PEOPLE: 100,
    Kind.TRY: 100,
    Kind.COVER: 200,
    Kind.EVALUATE: 500,
    Kind.ENCOUNTER: 100,
    Kind.RELEASE: 50,
}
"""Jobs of a kind that are not over, those that are worked on included."""
_CALLED = {
    Kind.DEIDENTIFY: "clips",
    Kind.PEOPLE: "looks for people",
    Kind.TRY: "pictures of one moment",
    Kind.COVER: "clips that are to be covered",
    Kind.EVALUATE: "measurements",
    Kind.ENCOUNTER: "encounters",
    Kind.RELEASE: "releases",
}


@dataclass(frozen=True)
class Capacity:
    """What is refused because there is too much of it."""

    jobs: Mapping[Kind, int] = field(default_factory=lambda: MOST)
    """Jobs of a kind that are not over, those that are worked on included."""
    projects: int = 1000
    """Projects, those that are empty included."""


class QueueFull(Exception):
    """No more jobs of a kind are taken for now."""

    def __init__(self, kind: Kind, most: int) -> None:
        super().__init__(
            f"{most} {_CALLED[kind]} are in the queue, and there is no room for more: wait until "
            "some are done, or cancel some, then try again."
        )
