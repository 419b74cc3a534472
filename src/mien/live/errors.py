"""What failed in a session while the face was covered for it: counted, and named."""

from __future__ import annotations

from collections import Counter
from threading import Lock
from typing import Any

_MOST = 20  # kinds that are told apart; one that says something new each time takes no more room
_WORDS = 200  # characters that are kept of what an error says


class Errors:
    """Counts errors by where they came and what they say; from any thread."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = Lock()

    def add(self, stage: str, error: BaseException) -> None:
        """Count one.

        Parameters
        ----------
        stage : str
            Where it came: `measure`, `draw` or `check`.
        error : BaseException
            What failed.
        """
        said = " ".join(f"{type(error).__name__}: {error}".split())[:_WORDS]
        with self._lock:
            full = len(self._counts) >= _MOST and (stage, said) not in self._counts
            self._counts[(stage, "others") if full else (stage, said)] += 1

    @property
    def total(self) -> int:
        """How many there were."""
        with self._lock:
            return sum(self._counts.values())

    def as_list(self) -> list[dict[str, Any]]:
        """For JSON, the most frequent first."""
        with self._lock:
            found = self._counts.most_common()
        return [{"stage": stage, "error": said, "times": n} for (stage, said), n in found]
