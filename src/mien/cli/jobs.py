"""Which clips are de-identified into which files, decided before anything starts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from mien.errors import OutputError, ParameterError
from mien.video import clips


@dataclass(frozen=True)
class Job:
    """One input and the files it becomes."""

    source: Path
    """The clip; only read."""
    output: Path
    """The result."""
    side_by_side: Path | None
    """Original and result beside each other; None if that is not wanted."""

    @property
    def outputs(self) -> list[Path]:
        """Everything that is written."""
        files = [self.output, self.output.with_suffix(".json")]
        return files if self.side_by_side is None else [*files, self.side_by_side]


def plan(inputs: list[Path], out: Path, side_by_side: bool) -> list[Job]:
    """Name every file.

    Raises
    ------
    ParameterError
        If two files would have one name, or `out` is neither a clip's name nor a folder.
    OutputError
        If the folder does not exist, or a file is an input.
    """
    jobs = [
        Job(
            source,
            output,
            output.with_name(f"{output.stem}{clips.SIDE_BY_SIDE}.mp4") if side_by_side else None,
        )
        for source, output in zip(inputs, _outputs(inputs, out), strict=True)
    ]
    _check_apart(jobs, inputs)
    return jobs


def _outputs(inputs: list[Path], out: Path) -> list[Path]:
    """The result of each input."""
    if len(inputs) == 1 and out.suffix.lower() in clips.WRITTEN and not out.is_dir():
        return [out]
    if out.is_dir():
        return [out / f"{source.stem}.mp4" for source in inputs]
    if out.exists() or out.suffix.lower() in clips.WRITTEN:
        raise ParameterError(
            f"{out} is not a folder: several inputs need an existing folder as --out."
            if len(inputs) > 1
            else f"{out} would be written as MP4: give --out a name that ends in .mp4."
        )
    raise OutputError(
        f"The folder {out} does not exist: create it first, or give --out a name that ends in .mp4."
    )


def _check_apart(jobs: list[Job], inputs: list[Path]) -> None:
    """Refuse to write one file twice, or over an input."""
    taken: dict[str, Path] = {}
    for job in jobs:
        for path in job.outputs:
            # some file systems take A.mp4 and a.mp4 for one file
            first = taken.setdefault(str(path).casefold(), job.source)
            if first is not job.source:
                raise ParameterError(
                    f"{first} and {job.source} would both be written to {path}: rename one or "
                    "de-identify them into different folders."
                )
            for source in inputs:
                if path.exists() and source.exists() and path.samefile(source):
                    raise OutputError(
                        f"{path} is an input, and inputs are never overwritten: choose another "
                        "place with --out."
                    )
