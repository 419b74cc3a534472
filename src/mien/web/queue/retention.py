"""How long originals and results are kept: what is older goes, unless it is worked on."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from mien.web.queue.folders import Folders
from mien.web.queue.leaving import WITH_ORIGINAL
from mien.web.queue.store import Store
from mien.web.queue.tables import Clip, Kind, Status

DAY_S = 86_400.0
_BETWEEN_S = 60.0  # two looks at what is old
_MADE_OF_SEVERAL = (Kind.ENCOUNTER, Kind.RELEASE)


@dataclass(frozen=True)
class Retention:
    """How long is kept what."""

    originals_days: float | None = None
    """Days after an original came; None for ever."""
    results_days: float | None = None
    """Days after the last that was made of a clip was done; None for ever."""

    def original_until(self, clip: Clip) -> float | None:
        """When a clip's original goes, seconds since 1970; None if it stays or is gone."""
        if self.originals_days is None or not clip.original:
            return None
        return came(clip) + DAY_S * self.originals_days

    def result_until(self, clip: Clip) -> float | None:
        """When a clip that is done goes at the earliest, seconds since 1970; None if it stays."""
        finished = clip.job.finished
        if self.results_days is None or clip.run is None or finished is None:
            return None
        return finished + DAY_S * self.results_days


def came(clip: Clip) -> float:
    """When a clip's original came, whatever was made of it since."""
    return clip.created if clip.came is None else clip.came


class Keeper:
    """Removes what is older than it may be.

    Parameters
    ----------
    folders, store
        Where files lie, and the list of them.
    retention : Retention
        How long is kept what.
    note : callable
        Is told what went, its id, and why.
    """

    def __init__(
        self,
        folders: Folders,
        store: Store,
        retention: Retention,
        note: Callable[[str, str, str], None],
    ) -> None:
        self._folders, self._store, self._note = folders, store, note
        self._retention = retention
        self._looked: float | None = None

    def step(self) -> None:
        """Remove what is due; looks once a minute, however often it is called."""
        now = self._store.clock()
        if self._looked is not None and 0 <= now - self._looked < _BETWEEN_S:
            return
        self._looked = now
        if (days := self._retention.originals_days) is not None:
            for clip in self._store.clips.originals_before(now - DAY_S * days):
                self._forget_original(clip, f"kept for {days:g} days")
        if (days := self._retention.results_days) is not None:
            self._forget_results(now - DAY_S * days, f"kept for {days:g} days")

    def _forget_original(self, clip: Clip, why: str) -> None:
        clips, jobs = self._store.clips, self._store.jobs
        if not clips.let_go(clip.id):  # somebody works on it, or it is gone
            return
        try:
            self._folders.forget_original(clip)
            self._folders.forget_portrait(clip)
        except OSError:  # the next look tries again
            clips.original_stays(clip.id)
            return
        for job in jobs.of_clip(clip.id, *WITH_ORIGINAL):
            if jobs.remove(job.id):
                self._folders.forget(job)
        self._note("original removed", clip.id, why)

    def _forget_results(self, before: float, why: str) -> None:
        for clip in self._store.clips.expire(before):  # whoever removes clips does the rest
            self._note("clip removed", clip, why)
        jobs = self._store.jobs
        for job in jobs.listing(None, *_MADE_OF_SEVERAL):
            over = Status(job.status).over and job.finished is not None and job.finished < before
            if over and jobs.remove(job.id):
                with suppress(OSError):
                    self._folders.forget(job)
                self._note("work removed", job.id, why)
