"""What was measured of one clip, as ``metrics.json`` holds it, and what of it may be told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mien.data_frame import data_frame
from mien.fidelity.figures import FIGURES, MEASURES, Figure, look_up

if TYPE_CHECKING:
    import pandas

VERSION = 1
"""Of the metrics; raised when a key changes its meaning."""
_TOLD = (
    *("measured", "frames", "frames_paired", "seconds", "width", "height", "people", "person"),
    *("ceiling_crf", "ceiling_crf_from", "software"),
)
"""What of `Metrics.about` may be told to others."""
_UNTOLD = ("citation", "notes")


@dataclass(frozen=True)
class Metrics:
    """The figures of one clip."""

    about: dict[str, Any] = field(default_factory=dict)
    """What was compared: checksums, frames, size, people, software."""
    measures: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    """What each of `mien.fidelity.figures.MEASURES` found, JSON-ready, by its name; None where it
    was not asked."""
    profile: dict[str, Any] = field(default_factory=dict)
    """What had to hold, and whether it does; empty where nothing was asked."""
    moments: list[dict[str, Any]] | None = None
    """Where result and original differ most; None where they are not kept here."""
    version: int | None = VERSION
    """Of the keys; None where the file does not say."""

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Metrics:
        """The figures of a ``metrics.json``; what has no place in one is left out."""

        def part(key: str) -> dict[str, Any]:
            return dict(found) if isinstance(found := content.get(key), Mapping) else {}

        moments, version = content.get("moments"), content.get("mien_evaluate")
        return cls(
            about=part("about"),
            measures={name: part(name) or None for name in MEASURES if name in content},
            profile=part("profile"),
            moments=list(moments) if isinstance(moments, list) else None,
            version=version if isinstance(version, int) else None,
        )

    def to_json(self) -> dict[str, Any]:
        """The content of a ``metrics.json``; parts that are not there are left out."""
        return {
            **({} if self.version is None else {"mien_evaluate": self.version}),
            **({"about": self.about} if self.about else {}),
            **self.measures,
            **({"profile": self.profile} if self.profile else {}),
            **({} if self.moments is None else {"moments": self.moments}),
        }

    def to_frame(self) -> pandas.DataFrame:
        """A row for each figure that was measured: its key, name, unit, value and ceiling.

        The ceiling is the same figure of the original encoded again; NaN where there is none.

        Raises
        ------
        ModuleNotFoundError
            If pandas is not installed.
        """
        known = [figure for figure in FIGURES.values() if self.value(figure) is not None]
        return data_frame(
            {
                "key": [figure.key for figure in known],
                "name": [figure.name for figure in known],
                "unit": [figure.unit for figure in known],
                "value": [self.value(figure) for figure in known],
                "ceiling": [_or_nan(self.of_ceiling(figure)) for figure in known],
            }
        )

    def value(self, figure: Figure) -> float | None:
        """A figure; None where it was not measured, or means nothing in this clip."""
        return self._number(figure, figure.key)

    def of_ceiling(self, figure: Figure) -> float | None:
        """The same figure of the original encoded again."""
        return None if figure.ceiling is None else self._number(figure, figure.ceiling)

    def _number(self, figure: Figure, key: str) -> float | None:
        if figure.when is not None and look_up(self.measures, figure.when) is not True:
            return None
        value = look_up(self.measures, key)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value)

    def unnamed(self, stem: str) -> Metrics:
        """The same without the result's name, if it holds the original's.

        Parameters
        ----------
        stem : str
            The original's name, without its ending.
        """
        name = str(self.about.get("deidentified") or "")
        if not stem or stem.lower() not in name.lower():
            return self
        return replace(self, about={**self.about, "deidentified": None})

    def unlinked(self) -> Metrics:
        """The same without the original's checksum, by which whoever has it could be sure that it
        is this one."""
        about = {key: value for key, value in self.about.items() if key != "original_sha256"}
        return replace(self, about=about)

    def public(self, clip: str) -> Metrics:
        """What may be told to others: no checksum of the original, no file's name, no words.

        Parameters
        ----------
        clip : str
            What the clip is called there.
        """
        about = {key: self.about[key] for key in _TOLD if key in self.about}
        return replace(
            self,
            about={"clip": clip, **about},
            measures=_without(self.measures),
            profile=_without(self.profile),
            moments=_without(self.moments),
        )


def _without(content: Any) -> Any:
    """The same without what is never told."""
    if isinstance(content, Mapping):
        return {key: _without(value) for key, value in content.items() if key not in _UNTOLD}
    if isinstance(content, list):
        return [_without(value) for value in content]
    return content


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
