"""A clip on its way into a release, and reading what lies beside it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.engines import Traits, traits_of
from mien.errors import FormatError, ParameterError
from mien.intake import words as intake
from mien.outputs import checksum
from mien.pipeline.stored import WHAT, StoredManifest
from mien.release.checks.base import Check, Verdict


@dataclass(frozen=True)
class Subject:
    """A clip on its way into a release."""

    number: int
    """From 1."""
    result: Path
    """As it was made."""
    packed: Path
    """As it is passed on: the same, or a copy without sound."""
    manifest: StoredManifest
    """As it was made."""
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
        return self.manifest.left

    @property
    def method(self) -> str:
        """What was done to its faces."""
        return self.manifest.engine

    @property
    def traits(self) -> Traits:
        """What that does to a face."""
        return traits_of(self.method)

    @property
    def code(self) -> str | None:
        """What the person is called in the study; not passed on."""
        return self.manifest.subject

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


def read_manifest(path: Path) -> StoredManifest:
    """The manifest beside a result.

    Raises
    ------
    ParameterError
        If there is no such file.
    FormatError
        If it holds something else.
    """
    content = read_json(path, WHAT)
    try:
        manifest = StoredManifest.from_json(content)
        if not manifest.timed:
            raise FormatError("It does not say when its frames are shown.")
        return manifest
    except FormatError as exc:
        raise FormatError(f"{path} is no manifest of mien: make the result again.") from exc
