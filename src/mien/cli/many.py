"""Commands that do the same with each of many clips, and go on after one that fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import typer

from mien.cli.failure import go_on_after, tell
from mien.cli.inputs import gather
from mien.cli.jobs import made
from mien.cli.places import keep_input
from mien.errors import ParameterError
from mien.outputs import check_free


@dataclass(frozen=True)
class Many:
    """Clips, and the file that each becomes."""

    clips: list[Path]
    """In order."""
    outputs: list[Path | None]
    """Of each; None where nothing is written."""
    folder: Path | None
    """The folder of all outputs; None where one has a name of its own, or nothing is written."""
    one: bool
    """Whether a single clip was named: what fails then ends the command."""

    @classmethod
    def of(
        cls,
        inputs: list[Path],
        out: Path | None,
        overwrite: bool,
        kind: str,
        endings: Sequence[str],
        ending: str,
    ) -> Self:
        """Name every file, and refuse what is in the way before any work.

        Parameters
        ----------
        inputs : list of Path
            Clips and folders.
        out : Path or None
            A file for one clip, a folder for many.
        overwrite : bool
            Whether older files are replaced.
        kind, endings
            What is written, and endings that its name may have, as for `mien.outputs.check_free`.
        ending : str
            What follows the stem of a clip in the name of its file in a folder.

        Raises
        ------
        ParameterError
            If two files would have one name, or a folder holds no clip.
        OutputError
            If something is in the way.
        """
        found = gather(inputs, out)
        for remark in found.remarks:
            tell(remark)
        one = len(found.clips) == 1 and not found.folders
        if out is None:
            return cls(found.clips, [None] * len(found.clips), None, one)
        if one and not out.is_dir():
            check_free(out, overwrite, kind=kind, endings=tuple(endings))
            keep_input(out, found.clips[0])
            return cls(found.clips, [out], None, one)
        if not out.is_dir() and (out.exists() or out.suffix.lower() in endings):
            raise ParameterError(f"{out} is not a folder: many clips need a folder as --out.")
        outputs = [out / f"{place}{ending}" for place in found.places]
        taken: dict[str, Path] = {}
        for clip, path in zip(found.clips, outputs, strict=True):
            first = taken.setdefault(str(path).casefold(), clip)
            if first is not clip:
                raise ParameterError(
                    f"{first} and {clip} would both be written to {path}: rename one of them."
                )
            if path.parent.is_dir():  # a folder that is made is free
                check_free(path, overwrite)
                keep_input(path, clip)
        return cls(found.clips, list(outputs), out, one)

    def finish(self, entries: Sequence[dict[str, Any]]) -> None:
        """End with the status of the first clip that failed, having said how many did."""
        failed = [entry["status"] for entry in entries if "error" in entry]
        if failed:
            tell(f"{len(failed)} of {len(entries)} clips failed.")
            raise typer.Exit(failed[0])


def each(many: Many, do: Callable[[Path, Path | None], dict[str, Any]]) -> list[dict[str, Any]]:
    """What `do` says of every clip, for ``--json``; of one that fails its status and error."""
    entries = []
    with made(many.folder, filter(None, many.outputs)):
        for clip, output in zip(many.clips, many.outputs, strict=True):
            try:
                entries.append(do(clip, output))
            except Exception as error:
                if many.one:
                    raise
                sentence, status = go_on_after(error)
                tell(f"{clip}: {sentence}" if clip.name not in sentence else sentence)
                entries.append({"input": str(clip), "status": status, "error": sentence})
    return entries
