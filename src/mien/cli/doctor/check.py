"""One thing that was looked at."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["ok", "missing", "broken", "unknown"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    part: str
    """What it belongs to: `machine`, `packages`, `models`, `extras`, `disk`, `camera` or
    `browser`."""
    name: str
    """What was looked at."""
    state: State
    """`ok`; `missing`, and some commands need it; `broken`, and de-identifying needs it; `unknown`,
    where it was not looked at."""
    words: str
    """What was found."""
    advice: str = ""
    """What to do; empty where there is nothing to do."""

    def to_json(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)
