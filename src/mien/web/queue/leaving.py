"""Clips that go for good, with every file and every job that is about them alone."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress

from mien.web.queue.folders import Folders
from mien.web.queue.store import Store
from mien.web.queue.tables import Clip, Kind

REMOVED_AFTER_S = 60.0
"""How long clips that are removed can still be brought back."""
WITH_IT = (Kind.COVER, Kind.EVALUATE, Kind.PEOPLE, Kind.TRY)
"""Kinds of jobs that are about one clip and go with it."""
WITH_ORIGINAL = tuple(kind for kind in Kind if kind.reads_original)
"""Kinds of jobs that show a clip's original and go with it."""


def remove_clip(folders: Folders, store: Store, clip: Clip) -> bool:
    """Remove a clip that is over; False, and nothing is changed, if it is worked on.

    Raises
    ------
    OSError
        If its original cannot be removed.
    """
    about = store.jobs.of_clip(clip.id, *WITH_IT)
    if not store.clips.remove(clip.id):
        return False
    folders.forget_clip(clip)
    for job in about:
        if store.jobs.remove(job.id):
            folders.forget(job)
    store.scrub()
    return True


def remove_original(folders: Folders, store: Store, clip: Clip) -> None:
    """Remove whatever shows a clip's original.

    Raises
    ------
    OSError
        If something of it stays.
    """
    folders.forget_original(clip)
    for job in store.jobs.of_clip(clip.id, *WITH_ORIGINAL):
        if store.jobs.remove(job.id):
            folders.forget(job)
    store.clips.original_deleted(clip.id)


def go_on(folders: Folders, store: Store) -> Iterator[str]:
    """Remove what a server that was killed had begun to, as far as the list says; ids of clips
    whose original goes now. Only while no worker runs."""
    clips = store.clips.listing()
    for clip in clips:
        if not clip.original and _shows_original(folders, store, clip):
            with suppress(OSError):  # the server has to start, and the next one tries again
                remove_original(folders, store, clip)
                folders.forget_portrait(clip)
                yield clip.id
    there = {clip.id for clip in clips}
    for job in store.jobs.listing(None, *WITH_IT):
        if there.isdisjoint(job.clips) and store.jobs.remove(job.id):
            folders.forget(job)


def _shows_original(folders: Folders, store: Store, clip: Clip) -> bool:
    files = [folders.original(clip), folders.portrait(clip), *folders.comparisons(clip)]
    return any(map(os.path.lexists, files)) or bool(store.jobs.of_clip(clip.id, *WITH_ORIGINAL))
