"""Reading manifests: one way for files of every version, and for what is passed on of them.

What a manifest does not say, because an older version wrote it or because it is told to nobody, is
empty here. What it says is of the kind that it should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from mien.errors import FormatError
from mien.intake.words import read_json

_OBJECTS = ("settings", "input", "output", "linkable", "ledger", "residual_faces", "versions")
_LISTS = ("people", "privacy")
_SPAN = ("from_s", "to_s")
WHAT = "the manifest of a result"


@dataclass(frozen=True)
class StoredPerson:
    """One person, and what became of them, as far as it is said."""

    number: int
    """From 0, the most present first."""
    role: str | None
    """What was asked for: `replace`, `cover` or `leave`."""
    surrogate: Mapping[str, Any]
    """The card of the face that was given; empty if none was."""

    @property
    def face(self) -> str | None:
        """The id of that face."""
        return self.surrogate.get("id")


@dataclass(frozen=True, eq=False)
class StoredManifest:
    """What a manifest says."""

    content: dict[str, Any] = field(repr=False)
    """All of it as it was written, with what this version does not know."""
    label: str | None
    """What the file itself says, too."""
    versions: Mapping[str, str]
    """Of mien and of what shaped the result."""
    settings: Mapping[str, Any]
    """How the clip was de-identified: see `mien.pipeline.manifest.Chosen`."""
    input: Mapping[str, Any]
    """What was: see `mien.pipeline.manifest.Original`."""
    output: Mapping[str, Any]
    """What came of it: see `mien.pipeline.manifest.Output`."""
    linkable: Mapping[str, Any]
    """By what it can be linked: see `mien.pipeline.manifest.Linkable`."""
    people: tuple[StoredPerson, ...]
    """Everybody."""
    counts: Mapping[str, int]
    """Frames by what happened to them."""
    ranges: tuple[Mapping[str, Any], ...]
    """Runs of frames to which the same happened."""
    audits: tuple[Mapping[str, Any], ...]
    """The recogniser's verdict on each person."""
    leftover: int | None
    """Faces of the original that detectors found in the result; None where it is not said."""

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """A manifest from what JSON holds.

        Raises
        ------
        FormatError
            If this is no manifest.
        """
        try:
            parts = {key: _object(content.get(key)) for key in _OBJECTS}
            lists = {key: [_object(one) for one in content.get(key) or ()] for key in _LISTS}
            ledger = parts["ledger"]
            ranges = tuple(_object(one) for one in ledger.get("ranges") or ())
            counts = _object(ledger.get("counts"))
            spans = [one[key] for one in ranges for key in _SPAN if key in one]
            numbers = [*counts.values(), *spans]
            if not all(isinstance(number, int | float) for number in numbers):
                raise TypeError("frames and seconds are numbers")
            people = tuple(
                StoredPerson(one.get("person", 0), one.get("role"), _object(one.get("surrogate")))
                for one in lists["people"]
            )
        except (AttributeError, KeyError, TypeError) as exc:
            raise FormatError("This is no manifest of mien: make the result again.") from exc
        return cls(
            content=content,
            label=content.get("label"),
            versions=parts["versions"],
            settings=parts["settings"],
            input=parts["input"],
            output=parts["output"],
            linkable=parts["linkable"],
            people=people,
            counts=counts,
            ranges=ranges,
            audits=tuple(lists["privacy"]),
            leftover=parts["residual_faces"].get("found"),
        )

    @classmethod
    def read(cls, path: Path) -> Self:
        """The manifest in a file.

        Raises
        ------
        OSError
            If there is no such file, or it cannot be read.
        FormatError
            If it holds something else.
        """
        try:
            return cls.from_json(read_json(path, WHAT))
        except FormatError as exc:
            if str(path) in str(exc):
                raise
            raise FormatError(f"{path} is no manifest of mien: make the result again.") from exc

    @property
    def engine(self) -> str:
        """What was done to the faces: the name of an engine."""
        return str(self.settings.get("engine", "unknown"))

    @property
    def subject(self) -> str | None:
        """The code of the patient in a study."""
        code = self.linkable.get("subject")
        return None if code is None else str(code)

    @property
    def left(self) -> set[int]:
        """People whose faces were left on purpose."""
        return {person.number for person in self.people if person.role == "leave"}

    @property
    def faces(self) -> list[str]:
        """Surrogates that are shown, by id, one for each person who has one."""
        return [person.face for person in self.people if person.face is not None]

    @property
    def timed(self) -> bool:
        """Whether it says when the frames of every range are shown."""
        return all(key in one for one in self.ranges for key in _SPAN)

    @property
    def seconds(self) -> float:
        """From the first frame to the last, of one that is timed."""
        ranges = self.ranges
        return float(ranges[-1]["to_s"]) - float(ranges[0]["from_s"]) if ranges else 0.0

    def has(self, role: str) -> bool:
        """Whether it shows somebody who was given that part."""
        return any(person.role == role for person in self.people)

    def describes(self, checksum: str) -> bool:
        """Whether it was written of the file with this checksum."""
        return bool(self.output.get("sha256") == checksum)


def _object(content: Any) -> dict[str, Any]:
    """An object of JSON; an empty one where nothing is said."""
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise TypeError("an object is expected")
    return content
