"""What pages are told of clips, and what can be chosen for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel

from mien.report.language import DEFAULT
from mien.web.http.desk import NOT_TOLD, Desk, ProgressView, progress_of
from mien.web.http.engines import TraitsView
from mien.web.queue.folders import COMPARE, PREVIEW
from mien.web.queue.tables import Clip, Job, Kind, Status

Match = Literal["none", "sex", "age", "tone"]
People = Literal["all", "main"]
Voice = Literal["keep", "change", "mute"]
Room = Literal["keep", "blur", "solid"]
Hands = Literal["keep", "cover"]
Withhold = Literal["never", "over 10%", "any"]
Audit = Literal["sample", "all"]
After = Literal["ask", "delete"]
Measure = Literal["no", "generic", "parkinson", "palsy"]
DRAWING = ("rendering", "rendering again")
"""Stages in which there is something of the result to see."""


class OptionsView(BaseModel):
    """What can be chosen."""

    engines: list[str]
    traits: dict[str, TraitsView]
    """Of the engines, by name."""
    matches: list[str]
    people: list[str]
    voices: list[str]
    surroundings: list[str]
    hands: list[str]
    withholds: list[str]
    """When nothing is given, by how much has to be covered."""
    audits: list[str]
    """About which frames recognisers are asked before a result is given."""
    measures: list[str]
    local: bool
    """Whether only the computer that runs the server can reach it."""
    largest_bytes: int
    """Size that an upload may have."""
    free_bytes: int
    """Free on the disk of the data folder."""
    batches: int = 0
    """Batches that the server was given to show."""


class WantedView(BaseModel):
    """How a clip is de-identified."""

    engine: str
    surrogate: str
    match: str
    """What the new face keeps alike."""
    people: str
    """Whose face is replaced; others are covered."""
    subject: str | None
    """Name of the patient in a study."""
    voice: str
    surroundings: str = "keep"
    """What becomes of the room behind people."""
    hands: str = "keep"
    """What becomes of hands over a face: shown, or the face is covered meanwhile."""
    withhold: str = "over 10%"
    """When nothing is given: how much may be covered as recognised or left."""
    audit: str = "sample"
    """About which frames recognisers are asked before the result is given."""
    leave: list[str] = []
    """Whose face stays as it is: numbers from 1, or places and times."""
    cover: list[str] = []
    """Whose face is covered: the same."""
    reason: str | None = None
    """Why somebody's face stays as it is."""
    consent: str | None = None
    """Who agreed to the use of the picture, where `surrogate` is `own`."""
    compare: bool
    """Whether a copy is kept in which the original is beside the result."""
    measure: str | None
    """Profile that the result is measured with when it is done."""
    language: str = DEFAULT
    """Of the report on that."""


class MissingView(BaseModel):
    """How much of a clip could not be read; only where that is much."""

    frames: int
    """Frames that gave no picture, or a damaged one."""
    of: int
    """Frames that the clip announces."""
    same_time: int = 0
    """Of those lost, frames that decode, but have the time of the frame before."""


class JudgeView(BaseModel):
    """What a recogniser that had no say makes of one person of a result."""

    person: int
    """Number from 0."""
    recogniser: str
    """Its name."""
    frames: int
    """Frames of the result that it saw."""
    share_under: float
    """Share of them in which it recognises the person, 0 to 1."""
    decided: bool = False
    """Whether frames are covered on its account: that it passes the rest is then no proof."""


class NoteView(BaseModel):
    """Something that was stored otherwise than the original has it."""

    kind: str
    """`interlaced`, `hdr`, `pixels`, `times`, `sound` or `damaged`."""
    words: str
    """A sentence."""


class MomentView(BaseModel):
    """Frames in a row that were covered so that the rest passes."""

    reason: Literal["recognised", "face left"]
    person: int | None
    """Number from 0; None for a face that was left."""
    by: list[str]
    """Recognisers that would know the person."""
    first_frame: int
    last_frame: int
    from_s: float
    to_s: float


class ConcededView(BaseModel):
    """What was covered so that the rest passes."""

    frames: int
    share: float
    """Of all frames, 0 to 1."""
    moments: list[MomentView]


class FoundView(BaseModel):
    """What became of a clip, in short."""

    frames: int
    ledger: dict[str, int]
    """Frames by what happened to them."""
    surrogates: list[str]
    """Faces that were given."""
    renderings: int
    """How often it was drawn until nothing failed."""
    missing: MissingView | None = None
    """None where the clip was read as good as whole."""
    conceded: ConcededView | None = None
    """None of results of earlier versions."""
    judges: list[JudgeView] = []
    """What recognisers that had no say make of the result."""
    notes: list[NoteView] = []
    """What was stored otherwise than the original has it."""


class ReaderView(BaseModel):
    """A job that is still to read a clip."""

    work: str
    kind: Kind
    running: bool
    """Whether it is being worked on; otherwise it waits."""


class ClipView(ProgressView):
    """One clip, and how far its de-identification is."""

    project_id: str
    wanted: WantedView
    found: FoundView | None
    """None until it is done."""
    after: str
    """What happens to the original when all is done."""
    size: int
    """Bytes of the original."""
    width: int | None
    """Pixels; None of a clip that was found again without its result."""
    height: int | None
    frames: int | None
    seconds: float | None
    original: bool
    """Whether the original is still stored."""
    preview: bool
    """Whether a frame of the result can be shown; of one that is being drawn, the last one."""
    compare: bool
    """Whether original and result can be seen beside each other."""
    file: str
    """What its file was called; `name` is the pseudonym and visit, if there are any."""
    subject: str | None
    """Whom it shows, by a pseudonym."""
    visit: str | None
    note: str | None
    """What somebody wrote about it."""
    family: str | None
    """The same of all clips that were made of one original without uploading it again."""
    alike: list[str]
    """Ids of other clips of the project that came with the same content."""
    uncover: bool
    """Whether its last cover can be undone."""
    leaves: float | None
    """Seconds until it is removed for good; None of a clip that stays."""
    original_until: float | None
    """When its original is removed, seconds since 1970; None if it stays."""
    result_until: float | None
    """When all of it is removed at the earliest, seconds since 1970; None if it stays."""
    readers: list[ReaderView]
    """Jobs that are still to read it; until they are over, neither it nor its original can go."""


class DeletedView(BaseModel):
    """What was deleted."""

    deleted: int
    """Number of originals."""
    kept: int
    """Originals that stay: something is still to be done with them, or they cannot be deleted."""


class Views:
    """Says what clips are, many at a time or one.

    Parameters
    ----------
    desk : Desk
        Where they are kept.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk, self._now = desk, desk.store.clock

    def one(self, clip: Clip) -> ClipView:
        """One clip."""
        store = self._desk.store
        same = [] if clip.digest is None else store.clips.alike(clip.digest, clip.project_id)
        found = _readers(store.jobs.of_clip(clip.id))
        return self._view(clip, found.get(clip.id, []), same)

    def all(self, clips: Sequence[Clip], project: str) -> list[ClipView]:
        """Clips of a project, all of those that are shown."""
        # what was measured is long: it is read only while something is still to be done
        found = _readers(self._desk.store.jobs.readers(project))
        same = defaultdict(list)
        for clip in clips:
            if clip.digest is not None:
                same[clip.digest].append(clip)
        return [
            self._view(clip, found.get(clip.id, []), same[clip.digest] if clip.digest else [])
            for clip in clips
        ]

    def _view(self, clip: Clip, readers: list[ReaderView], same: Iterable[Clip]) -> ClipView:
        job, folders = clip.job, self._desk.folders
        drawn = job if job.status == Status.RUNNING and job.stage in DRAWING else clip
        columns = {column.key: getattr(clip, column.key) for column in Clip.__table__.columns}
        names = self._desk.names(clip.project_id)
        return ClipView.model_validate(
            {
                **progress_of(job),
                **columns,
                "found": _told(clip.found),
                "name": self._desk.called(clip),
                "file": clip.name,
                "preview": drawn.run is not None and (folders.run(drawn) / PREVIEW).is_file(),
                "compare": clip.run is not None and (folders.run(clip) / COMPARE).is_file(),
                "alike": [one.id for one in same if one.id != clip.id],
                "uncover": clip.before is not None and _in_place(clip),
                "leaves": None if clip.leaves is None else max(0.0, clip.leaves - self._now()),
                "original_until": self._desk.serving.retention.original_until(clip),
                "result_until": self._desk.serving.retention.result_until(clip),
                "readers": readers,
                **({} if names else self._of_results(clip)),
            }
        )

    def _of_results(self, clip: Clip) -> dict[str, Any]:
        """What those are told otherwise who may see results only."""
        done = clip.run is not None and (self._desk.folders.run(clip) / PREVIEW).is_file()
        return {
            "file": self._desk.called(clip),
            "note": None,
            "error": clip.job.error and NOT_TOLD,
            "wanted": {**clip.job.wanted, "reason": None, "consent": None},
            "preview": done and clip.job.status != Status.RUNNING,
            "compare": False,
            "uncover": False,
        }


def _in_place(clip: Clip) -> bool:
    return (clip.before or {}).get("run") != clip.run


def _told(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What was found, with who of the judges decided that frames are covered."""
    if found is None or not found.get("judges"):
        return None if found is None else dict(found)
    covered = {
        (moment["person"], name)
        for moment in (found.get("conceded") or {}).get("moments", [])
        if moment["reason"] == "recognised"
        for name in moment["by"]
    }
    judges = [
        {**judge, "decided": (judge["person"], judge["recogniser"]) in covered}
        for judge in found["judges"]
    ]
    return {**found, "judges": judges}


def _readers(works: Iterable[Job]) -> dict[str, list[ReaderView]]:
    """What is still to read clips, by clip."""
    found: dict[str, list[ReaderView]] = defaultdict(list)
    for work in works:
        if not Status(work.status).over:
            running = work.status == Status.RUNNING
            for clip in work.clips:
                found[clip].append(ReaderView(work=work.id, kind=Kind(work.kind), running=running))
    return found
