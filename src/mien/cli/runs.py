"""De-identifying one clip of a plan, so that the next can follow whatever comes of it."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mien.cli.bars import Bars
from mien.cli.failure import go_on_after, tell
from mien.cli.jobs import Job
from mien.cli.told import conceded, judges, summary, voices
from mien.errors import OutputError
from mien.shortfall import STATUS

if TYPE_CHECKING:
    from mien.pipeline.deidentify import Result
    from mien.pipeline.existing import Existing
    from mien.pipeline.settings import Settings


@dataclass(frozen=True)
class Again:
    """What becomes of results that are there already."""

    skip: bool
    """Whether those that are done are left out, and those that are unfinished made anew."""
    overwrite: bool
    """Whether everything else may be replaced."""


def run(job: Job, settings: Settings, again: Again, quiet: bool) -> dict[str, Any]:
    """De-identify one clip and report on it; a failure is an entry too."""
    from mien.pipeline.deidentify import deidentify

    try:
        if not again.skip and not again.overwrite and _is_there(job):
            return _untouched(job)
        found = look(job, settings, again)
        if found is not None and found.manifest is not None and not found.words:
            return _skipped(job, found, quiet)
        if found is not None:
            settings = replace(settings, overwrite=True)
        with Bars(job.name) as progress:
            result = deidentify(
                job.source,
                job.output,
                settings,
                side_by_side=job.side_by_side,
                progress=progress,
            )
    except Exception as error:
        sentence, status = go_on_after(error)
        tell(sentence)
        return entry(job, status, sentence)
    missing = result.missing
    if not quiet:
        if missing.much:
            print(missing.sentence(str(job.source)))
        print(summary(result))
        notes = [note["words"] for note in result.told.input.notes]
        for line in (*conceded(result), *voices(result), *judges(result), *notes):
            print(line)
        if job.side_by_side is not None:
            print(f"{job.side_by_side} shows the patient: keep it where the original is.")
        sys.stdout.flush()
    return entry(job, STATUS if missing.much else 0, None, result)


def _is_there(job: Job) -> bool:
    """Whether something has the name of a result, so that nothing need be looked at."""
    return job.output.is_file() and job.source.is_file() and not job.output.samefile(job.source)


def _untouched(job: Job) -> dict[str, Any]:
    """A place that is taken where nothing was said of results that are there: no failure."""
    sentence = (
        f"{job.output} already exists and was not touched: add --skip-existing to leave out what "
        "is done, --overwrite to make it anew, or choose another name."
    )
    return entry(job, OutputError.exit_status, sentence) | {"there": True}


def look(job: Job, settings: Settings, again: Again) -> Existing | None:
    """What is there of a result that need not be made, or may be replaced; None if nothing is.

    Of one that is done the words are empty.

    Raises
    ------
    OutputError
        If it is something else, and may not be replaced.
    """
    if not again.skip:
        return None
    from mien.pipeline.existing import Standing, existing

    try:
        found = existing(job.source, job.output, settings, job.side_by_side)
    except OSError:
        return None  # whoever makes the result says what is wrong with the original
    if found.standing == Standing.NOTHING:
        return None
    if found.standing == Standing.DONE:
        return found
    if found.standing == Standing.OTHER and not again.overwrite:
        raise OutputError(
            f"{job.output} {found.words}: add --overwrite to make it anew, or choose another "
            "folder."
        )
    tell(f"{job.output} {found.words}, and is made anew.")
    return found


def _skipped(job: Job, found: Existing, quiet: bool) -> dict[str, Any]:
    """A result that is there already."""
    from mien.pipeline.manifest import versions

    manifest = found.manifest
    assert manifest is not None
    version = manifest.versions.get("mien")
    older = f" (by mien {version})" if version != versions()["mien"] else ""
    if not quiet:
        print(f"{job.output}: was there already{older}", flush=True)
    missing = manifest.input.get("missing") or {}
    content = manifest.content
    return entry(job, STATUS if missing.get("much") else 0, None) | {
        "skipped": True,
        "there": True,
        "output": str(job.output),
        "manifest": str(job.output.with_suffix(".json")),
        "side_by_side": None if job.side_by_side is None else str(job.side_by_side),
        "counts": dict(manifest.counts),
        "missing": missing or None,
        "surrogate": manifest.faces,
        "privacy": list(manifest.audits),
        "judges": content.get("judges"),
        "covered_to_deliver": content.get("covered_to_deliver"),
    }


def entry(job: Job, status: int, error: str | None, result: Result | None = None) -> dict[str, Any]:
    """One result for `--json`."""
    return {
        "status": status,
        "error": error,
        "skipped": False,
        "there": False,
        "clip": job.name,
        "input": str(job.source),
        "output": str(result.output) if result else None,
        "manifest": str(result.manifest) if result else None,
        "side_by_side": str(job.side_by_side) if result and job.side_by_side else None,
        "counts": result.ledger.counts() if result else None,
        "missing": result.missing.as_dict() if result else None,
        "surrogate": result.surrogates if result else None,
        "privacy": [found.as_dict() for found in result.audits] if result else None,
        "judges": result.told.judges if result else None,
        "covered_to_deliver": result.told.covered_to_deliver.to_json() if result else None,
    }
