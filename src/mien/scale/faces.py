"""Which face each subject of a plan was given: the plan's memory, read from what is done.

A subject's first clip chooses; it alone is worked on until its face is known, and the subject's
other clips are given that face. Subjects are kept apart as long as the bank has faces: one that
somebody else has is given only when every face is given as often.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field


@dataclass
class Faces:
    """Who has which face."""

    bank: Collection[str]
    """Ids of all surrogates."""
    given: dict[str, str] = field(default_factory=dict)
    """Surrogate by subject."""

    def learn(self, subject: str, face: str) -> None:
        """Note what a subject was given; the first face stays."""
        self.given.setdefault(subject, face)

    def shared(self) -> dict[str, int]:
        """Faces that several subjects have, and how many."""
        return {face: n for face, n in Counter(self.given.values()).items() if n > 1}

    def avoided(self, place: int, places: int, looks: Mapping[str, object]) -> tuple[str, ...]:
        """Faces that a new subject is not given.

        Parameters
        ----------
        place, places : int
            Which of how many subjects whose face is being chosen at the same time, from 0: each is
            left other faces, so that no two choose the same one.
        looks : mapping
            What each surrogate looks like, by its id: every place is left some of every looks.

        Returns
        -------
        ids : tuple of str
        """
        times = Counter(self.given.values())
        fewest = min((times[face] for face in self.bank), default=0)
        free = {face for face in self.bank if times[face] == fewest}
        mine: set[str] = set()
        seen: Counter[object] = Counter()
        for face in sorted(self.bank, key=lambda one: (str(looks.get(one)), one)):
            if seen[looks.get(face)] % places == place:
                mine.add(face)
            seen[looks.get(face)] += 1
        return tuple(sorted(set(self.bank) - ((free & mine) or free)))
