"""Files that are on no list: videos are listed again, whatever else there is is named.

The list of clips may be lost, or be an older copy than the files beside it. Originals and copies
for comparing show patients: nothing of that kind may lie on the disk without anybody seeing it, and
none of it is deleted unasked. What somebody has removed is known by its id and does not come back.

A clip that has a result is listed as done, with the settings that its manifest holds. Of one that
has only its original nothing is known but the video. Its name is lost in both cases.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mien.engines import offered
from mien.errors import FormatError
from mien.pipeline.stored import StoredManifest
from mien.web.queue import places
from mien.web.queue.folders import COMPARE, FRAMES, MANIFEST, RESULT, Folders
from mien.web.queue.places import JOB_ID, ORIGINALS, PORTRAITS, PROJECT_ID, PROJECTS, RUNS
from mien.web.queue.store import Store
from mien.web.queue.tables import Clip, Status

_CALLED = "Recovered"
_USUAL: dict[str, Any] = {
    **{"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all"},
    **{"subject": None, "voice": "mute", "compare": True, "measure": None},
    **{"surroundings": "keep", "hands": "keep", "withhold": "over 10%"},
}
_CHOICES: dict[str, tuple[str, ...]] = {
    "match": ("none", "sex", "age", "tone"),
    "people": ("all", "main"),
    "voice": ("keep", "change", "mute"),
    "surroundings": ("keep", "blur", "solid"),
    "hands": ("keep", "cover"),
    "withhold": ("never", "over 10%", "any"),
}


@dataclass(frozen=True)
class Recovery:
    """What was found that was on no list."""

    clips: int
    """Videos that are listed again."""
    unlisted: tuple[str, ...]
    """Places in the data folder, as ``projects/ID/runs/ID``, of what cannot be listed."""

    def sentences(self, data: Path) -> list[str]:
        """What whoever starts the server is told."""
        said = []
        if self.clips:
            said.append(
                f"{_videos(self.clips)} found in {data / PROJECTS} that the list of clips does not "
                f"have, and listed again as “{_CALLED} …”: look at each on the page De-identify, "
                "then keep or remove it."
            )
        if self.unlisted:
            more = len(self.unlisted) - 1
            others = f" and {more} more" if more else ""
            said.append(
                f"{data / self.unlisted[0]}{others} cannot be listed and may show patients: look "
                "into the folder, move away what you need, delete the rest, then start mien serve "
                "again."
            )
        return said


def recover(folders: Folders, store: Store) -> Recovery:
    """List clips again whose files lie in the data folder, and find what else is there.

    Only while no worker runs and nothing is uploaded.

    Parameters
    ----------
    folders, store
        Where files lie, and the list.
    """
    known, removed = {job.id: job for job in store.jobs.listing()}, store.removed()
    listed = store.clips.listing()
    projects = {project.id for project in store.projects.all()}
    for job in known.values():
        if job.project_id not in projects:  # else nobody would see it
            projects.add(store.projects.add(_CALLED, id=job.project_id).id)
    clips, unlisted = 0, []
    for entry in places.entries(folders.data / PROJECTS):
        if places.of_the_system(Path(entry.path)):
            continue
        if not PROJECT_ID.fullmatch(entry.name) or not entry.is_dir(follow_symlinks=False):
            unlisted.append(Path(entry.path))
            continue
        home = Path(entry.path)
        unlisted += folders.strange(entry.name)
        originals, runs = (_ids(home / name) for name in (ORIGINALS, RUNS))
        portraits = _ids(home / PORTRAITS) - known.keys() - removed - originals - runs
        unlisted += [home / PORTRAITS / id for id in sorted(portraits)]
        unknown = (originals | runs) - known.keys() - removed
        for id in sorted(unknown, key=lambda id: (_when(home, id), id)):
            run = newest(home / RUNS / id)
            if run is None and not places.is_real_file(home / ORIGINALS / id):
                unlisted.append(home / (RUNS if id in runs else ORIGINALS) / id)
                continue
            if entry.name not in projects:
                projects.add(store.projects.add(_CALLED, id=entry.name).id)
            clips += 1
            store.clips.recover(*_recovered(home, id, run, clips))
    for clip in listed:
        clips += _adopt(folders, store, clip)
    return Recovery(clips, tuple(path.relative_to(folders.data).as_posix() for path in unlisted))


def newest(runs: Path) -> Path | None:
    """The last result of a clip that has its manifest; None if there is none."""
    complete = [
        run
        for run in places.real_folders(runs)
        # under these names only once nothing failed
        if all(places.is_real_file(run / name) for name in (RESULT, MANIFEST)) and _manifest(run)
    ]
    return max(complete, key=lambda run: (run / MANIFEST).stat().st_mtime_ns, default=None)


def _adopt(folders: Folders, store: Store, clip: Clip) -> bool:
    """Let a listed clip have a result that nothing else can bring back."""
    done = clip.job.status == Status.DONE
    if done and clip.run is not None and folders.run(clip).is_dir():
        return False
    if not done and places.is_real_file(folders.original(clip)):
        return False  # it is made again
    run = newest(folders.runs(clip))
    manifest = None if run is None else _manifest(run)
    if run is None or manifest is None:
        return False
    store.clips.adopt(clip.id, run.name, _found(manifest))
    return True


def _recovered(home: Path, id: str, run: Path | None, number: int) -> tuple[Clip, dict[str, Any]]:
    """A clip as its files say, and how it was de-identified."""
    original = home / ORIGINALS / id
    manifest = None if run is None else _manifest(run)
    settings = {} if manifest is None else manifest.settings
    wanted = {
        name: value
        for name, choices in {"engine": offered(), **_CHOICES}.items()
        if (value := settings.get(name)) in tuple(choices)
    }
    found = None if manifest is None else _found(manifest)
    if found is not None and settings.get("surrogate") in found["surrogates"]:
        wanted["surrogate"] = settings["surrogate"]
    wanted["subject"] = None if manifest is None else manifest.subject
    times = [] if run is None else _read(run / FRAMES).get("times", [])
    source = {} if manifest is None else manifest.input
    when = _when(home, id)
    day = time.strftime("%Y-%m-%d", time.localtime(when))
    clip = Clip(
        id=id,
        project_id=home.name,
        name=f"{_CALLED} {number} ({day})",
        created=when,
        after="ask",
        size=original.stat().st_size if places.is_real_file(original) else 0,
        width=source.get("width"),
        height=source.get("height"),
        frames=None if found is None else found["frames"],
        seconds=float(times[-1]) if times else None,
        # what shows the patient can be deleted as long as it is there
        original=places.is_real_file(original)
        or (run is not None and places.is_real_file(run / COMPARE)),
        run=None if run is None else run.name,
        found=found,
    )
    return clip, {**_USUAL, **wanted}


def _found(manifest: StoredManifest) -> dict[str, Any]:
    """What a worker said of the result."""
    conceded = manifest.content.get("covered_to_deliver")
    return {
        "frames": manifest.output["frames"],
        "ledger": manifest.content["ledger"]["counts"],
        "surrogates": manifest.faces,
        "renderings": manifest.output["renderings"],
        **({"conceded": conceded} if conceded else {}),
    }


def _manifest(run: Path) -> StoredManifest | None:
    """The manifest of a result; None if it is not as mien wrote it."""
    try:
        manifest = StoredManifest.read(run / MANIFEST)
        _found(manifest)
        sizes = [manifest.input[name] for name in ("width", "height")]
        settings = manifest.content["settings"]
    except (OSError, FormatError, LookupError):
        return None
    fits = all(isinstance(size, int) for size in sizes) and isinstance(settings, dict)
    return manifest if fits else None


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _when(home: Path, id: str) -> float:
    """When a clip came, as far as its files say, seconds since 1970."""
    there = [place for name in (ORIGINALS, RUNS) if (place := home / name / id).exists()]
    return min(place.stat().st_mtime for place in there)


def _ids(folder: Path) -> set[str]:
    return {one.name for one in places.entries(folder) if JOB_ID.fullmatch(one.name)}


def _videos(count: int) -> str:
    return "1 video was" if count == 1 else f"{count} videos were"
