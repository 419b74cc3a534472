"""`mien deidentify --dry-run`: what would be done, in a table; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from mien.cli.bars import Bars
from mien.cli.failure import go_on_after, tell
from mien.cli.jobs import Job
from mien.cli.runs import Again, look
from mien.cli.told import shortened
from mien.counted import plural
from mien.outputs import check_free
from mien.shortfall import STATUS
from mien.shown import aligned

if TYPE_CHECKING:
    from mien.pipeline.foresee import Foreseen
    from mien.pipeline.settings import Settings

_ROLES = {"replace": "a new face", "cover": "covered", "leave": "LEFT AS THEY ARE"}


def foresee_all(
    jobs: Sequence[Job], settings: Settings, again: Again, quiet: bool
) -> list[dict[str, Any]]:
    """Look at every clip, say what would be done, and return it for ``--json``."""
    from mien.pipeline.foresee import foresee

    entries = []
    rows: list[tuple[str, ...]] = [("clip", "frames", "person", "at", "becomes", "takes")]
    for job in jobs:
        try:
            found = look(job, settings, again)
            if found is not None and not found.words:
                entries.append(_entry(job, None) | {"skipped": True})
                rows.append((shortened(job.name), "", "", "", "was there", ""))
                continue
            if job.output.parent.is_dir():  # a folder that is made is free
                for path in job.outputs:
                    check_free(path, settings.overwrite or found is not None)
            with Bars(job.name) as progress:
                foreseen = foresee(job.source, settings, progress=progress)
        except Exception as error:
            sentence, status = go_on_after(error)
            tell(sentence)
            entries.append(_entry(job, None) | {"status": status, "error": sentence})
            rows.append((shortened(job.name), "", "", "", "FAILS", ""))
            continue
        entries.append(_entry(job, foreseen))
        rows += _rows(job, foreseen)
    if not quiet:
        _print(rows, entries)
    return entries


def _rows(job: Job, foreseen: Foreseen) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for number, one in enumerate(foreseen.people):
        becomes = _ROLES[one.role]
        if one.face is not None:
            becomes = f"{one.face}{' (drawn anew)' if foreseen.drawn else ''}"
        first = number == 0
        rows.append(
            (
                shortened(job.name) if first else "",
                str(foreseen.frames) if first else "",
                f"{one.person} ({one.frames} frames)",
                one.at,
                becomes,
                f"about {duration(foreseen.takes_s)}" if first else "",
            )
        )
    return rows


def _print(rows: list[tuple[str, ...]], entries: list[dict[str, Any]]) -> None:
    print("\n".join(aligned(rows, left=(0, 2, 3, 4))))
    wholes = [entry["takes_s"] for entry in entries if entry["takes_s"] is not None]
    if any(entry["drawn"] for entry in entries):
        print(
            "Faces that are drawn anew are others in the next run: give --subject or --surrogate "
            "to have them stay."
        )
    print(
        f"Nothing was written. {len(wholes)} of {plural(len(entries), 'clip')} would take about "
        f"{duration(sum(wholes))} on this machine as busy as it is now, more for what has to be "
        "rendered again."
    )


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 90 else f"{minutes / 60:.1f} h"


def _entry(job: Job, foreseen: Foreseen | None) -> dict[str, Any]:
    missing = foreseen is not None and foreseen.missing.much
    return {
        "status": STATUS if missing else 0,
        "error": None,
        "skipped": False,
        "clip": job.name,
        "input": str(job.source),
        "output": str(job.output),
        "frames": foreseen and foreseen.frames,
        "seconds": foreseen and foreseen.seconds,
        "people": foreseen and [asdict(one) for one in foreseen.people],
        "drawn": bool(foreseen and foreseen.drawn),
        "took_s": foreseen and foreseen.took_s,
        "takes_s": foreseen and foreseen.takes_s,
    }
