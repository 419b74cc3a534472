"""A clip on its way into a release, and reading what lies beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.engines import Traits, traits_of
from mien.errors import FormatError, ParameterError
from mien.intake import words as intake
from mien.outputs import checksum
from mien.release.checks.base import Check, Verdict

_OBJECTS = ("settings", "input", "output", "linkable", "ledger", "residual_faces")
_SPAN = ("from_s", "to_s")


@dataclass(frozen=True)
class Subject:
    """A clip on its way into a release."""

    number: int
    """From 1."""
    result: Path
    """As it was made."""
    packed: Path
    """As it is passed on: the same, or a copy without sound."""
    record: dict[str, Any]
    """Its manifest, as it was made."""
    original: Path | None
    """None if it is not at hand."""
    metrics: dict[str, Any] | None
    """Content of its ``metrics.json``."""

    @property
    def name(self) -> str:
        """What it is called in the release, without an ending."""
        return f"clip-{self.number:03d}"

    @property
    def left(self) -> set[int]:
        """People whose faces were left on purpose."""
        people = self.record.get("people") or []
        return {person.get("person", 0) for person in people if person.get("role") == "leave"}

    @property
    def method(self) -> str:
        """What was done to its faces."""
        return str((self.record.get("settings") or {}).get("engine", "unknown"))

    @property
    def traits(self) -> Traits:
        """What that does to a face."""
        return traits_of(self.method)

    @property
    def code(self) -> str | None:
        """What the person is called in the study; not passed on."""
        code = (self.record.get("linkable") or {}).get("subject")
        return None if code is None else str(code)

    def check(self, name: str, verdict: Verdict, code: str, sentence: str, **values: Any) -> Check:
        """What a check of this clip says."""
        return Check(name, verdict, code, sentence, values, self.number)

    @property
    def measured(self) -> bool:
        """Whether the metrics were measured on this clip as it was made."""
        about = (self.metrics or {}).get("about") or {}
        theirs = about.get("deidentified_sha256") if isinstance(about, dict) else None
        return theirs is not None and theirs == checksum(self.result)


def read_json(path: Path, what: str) -> dict[str, Any]:
    """A JSON object.

    Raises
    ------
    ParameterError
        If there is no such file.
    FormatError
        If it holds something else.
    """
    try:
        content = intake.read_json(path, what)
    except OSError as exc:
        raise ParameterError(
            f"{path} cannot be read, but it is to hold {what}: give results of mien deidentify "
            "with the .json beside each."
        ) from exc
    except ValueError as exc:
        raise FormatError(f"{path} is not {what}: make the result again.") from exc
    if not isinstance(content, dict):
        raise FormatError(f"{path} is not {what}: make the result again.")
    return content


def read_manifest(path: Path) -> dict[str, Any]:
    """A result's manifest, its parts of the kind that they should be.

    Raises
    ------
    ParameterError
        If there is no such file.
    FormatError
        If it holds something else.
    """
    record = read_json(path, "the manifest of a result")
    ledger = record.get("ledger", {})
    objects = [record.get(key, {}) for key in _OBJECTS]
    lists = [record.get(key, []) for key in ("people", "privacy")]
    try:
        lists.append(ledger.get("ranges", []))
        counts = ledger.get("counts", {}).values()
        well = (
            all(isinstance(one, dict) for one in objects)
            and all(isinstance(entries, list) for entries in lists)
            and all(isinstance(one, dict) for entries in lists for one in entries)
            and all(isinstance(count, int) for count in counts)
            and all(isinstance(one[key], int | float) for one in lists[-1] for key in _SPAN)
            and all(isinstance(one.get("surrogate", {}), dict) for one in lists[0])
        )
    except (AttributeError, KeyError):
        well = False
    if not well:
        raise FormatError(f"{path} is no manifest of mien: make the result again.")
    return record
