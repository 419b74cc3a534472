"""Comparing a clip with its result, frame by frame, and having moments of it covered by hand."""

from __future__ import annotations

import csv
import json
import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field
from starlette.responses import Response, StreamingResponse

from mien.pipeline.stored import StoredManifest
from mien.web.http.desk import Desk, WorkView
from mien.web.http.problems import Problem, documented
from mien.web.http.sending import Range, sent
from mien.web.http.viewing import view
from mien.web.queue.folders import COMPARE, FRAMES, MANIFEST, RESULT
from mien.web.queue.tables import Clip, Kind, Status

MOST_POINTS = 4000
"""Points that a curve is sent with at most."""
_CURVES = {"eye_right": "ear_right", "eye_left": "ear_left", "mouth": "lip_gap"}
_TICK = 1e-6  # seconds to which times are rounded

Seconds = Annotated[float, Field(ge=0, le=1e9, allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Times = Sequence[float]
Run = Annotated[str | None, Query(max_length=100)]


class LedgerView(BaseModel):
    """Frames one after another to which the same was done."""

    entry: Literal["rendered", "interpolated", "covered"]
    first_frame: int
    last_frame: int
    from_s: float
    """Time of the first of them, seconds."""
    to_s: float
    """Time of the last of them, seconds."""


class FramesView(BaseModel):
    """When each frame of a result is shown, and what was done to it."""

    run: str
    """Name of this state of the result: another one once moments were covered."""
    times: list[float]
    """Seconds in the result, one for each frame."""
    ledger: list[LedgerView]
    """From the first to the last frame, without gaps."""


class CurveView(BaseModel):
    """One measure over time in original and result."""

    name: Literal["eye_right", "eye_left", "mouth"]
    """Eye aspect ratio of an eye, or gap of the inner lips in outer-eye distances."""
    original: list[tuple[float, float | None]]
    """Seconds and value; None where no face was found."""
    result: list[tuple[float, float | None]]


class MomentView(BaseModel):
    """Something to look at."""

    frame: int
    time_s: float
    kind: str
    """`brows`, `eyes`, `mouth`, `jaw`, `lost` or `held`."""
    words: str
    """What differs, in one English sentence."""


class CurvesView(BaseModel):
    """What a measurement found over time."""

    work: str
    """The job that measured."""
    stale: bool
    """Whether moments were covered by hand since."""
    thinned: bool
    """Whether there are more frames than points; extremes are kept."""
    curves: list[CurveView]
    moments: list[MomentView]
    """The worst first."""


class RangeView(BaseModel):
    """Frames to be covered."""

    from_s: Seconds
    """Time of the first frame, seconds in the result."""
    to_s: Seconds
    """Time of the last frame, seconds in the result."""
    box: tuple[Share, Share, Share, Share] | None = None
    """Left, top, right and bottom as shares of width and height; the whole picture if None."""


class CoverView(BaseModel):
    """What shall be covered."""

    ranges: Annotated[list[RangeView], Field(min_length=1, max_length=500)]


def routes(desk: Desk) -> APIRouter:
    """Routes under /clips that the page Compare uses."""
    router = APIRouter(prefix="/clips/{clip}")

    def times_of(clip: Clip) -> list[float]:
        """Seconds in the result; a clip that began before zero begins at zero there."""
        found = [float(time) for time in _read(desk.file(clip, FRAMES))["times"]]
        late = max(0.0, -found[0]) if found else 0.0
        return [round(time + late, 6) for time in found]

    def watch(clip: str, name: str, run: str | None, wanted: str | None) -> Response:
        found = desk.done(clip)
        if run is not None and run != found.run:
            raise Problem(
                409, "replaced", "The result was made anew meanwhile: load the page again."
            )
        with _mendable():
            return view(desk.file(found, name), wanted)

    video = sent("video/mp4")

    @router.get("/compare", responses=video, response_class=StreamingResponse)
    def compare(clip: str, run: Run = None, range: Range = None) -> Response:
        """Original (left) and result (right) beside each other, to watch: SHOWS THE PATIENT.

        With `run`, only that state of the result: a player fetches pieces and must not mix them.
        """
        return watch(clip, COMPARE, run, range)

    @router.get("/watch", responses=video, response_class=StreamingResponse)
    def watch_result(clip: str, run: Run = None, range: Range = None) -> Response:
        """The result, to watch; download `/result` to keep it."""
        return watch(clip, RESULT, run, range)

    @router.get("/frames", responses=documented(404, 409))
    def frames(clip: str) -> FramesView:
        """When each frame of the result is shown, and what was done to it."""
        found = desk.done(clip)
        with _mendable():
            times = times_of(found)
            ranges = StoredManifest.read(desk.file(found, MANIFEST)).ranges
            ledger = []
            for each in ranges:
                first, last = int(each["first_frame"]), int(each["last_frame"])
                ledger.append(
                    LedgerView(
                        entry=each["entry"],
                        first_frame=first,
                        last_frame=last,
                        from_s=times[first],
                        to_s=times[last],
                    )
                )
            return FramesView(run=str(found.run), times=times, ledger=ledger)

    @router.get("/works", responses=documented(404))
    def works(clip: str) -> list[WorkView]:
        """Jobs that cover or measure a clip, in the order they came."""
        desk.clip(clip)
        return [
            desk.work_view(job) for job in desk.store.jobs.of_clip(clip, Kind.COVER, Kind.EVALUATE)
        ]

    @router.get("/curves", responses=documented(404, 409))
    def curves(clip: str, from_s: Seconds = 0.0, to_s: Seconds | None = None) -> CurvesView:
        """Opening of eyes and mouth over time, from the newest measurement that is done."""
        found = desk.done(clip)
        measured = [
            job
            for job in desk.store.jobs.of_clip(clip, Kind.EVALUATE)
            if job.status == Status.DONE and job.run is not None
        ]
        if not measured:
            raise Problem(404, "not_measured", "This clip was not measured yet: measure it first.")
        job = measured[-1]
        tables = desk.folders.run(job) / "report" / "tables"
        with _mendable():
            times = times_of(found)
            columns = _columns(tables / "frames.csv", (tables / "frames.csv").stat().st_mtime_ns)
            own = [
                times[int(frame)] if 0 <= frame < len(times) else times[0] + time
                for frame, time in zip(columns["frame"], columns["time_s"], strict=True)
            ]
            first = bisect_left(own, from_s)
            last = len(own) if to_s is None else bisect_right(own, to_s)
            shown = slice(max(0, first - 1), last + 1)  # lines reach the edges
            return CurvesView(
                work=job.id,
                stale=(job.found or {}).get("result_run") not in (None, found.run),
                thinned=len(own[shown]) > MOST_POINTS,
                curves=[
                    CurveView(
                        name=name,  # type: ignore[arg-type]
                        original=thin(own[shown], columns[f"{column}_original"][shown]),
                        result=thin(own[shown], columns[f"{column}_result"][shown]),
                    )
                    for name, column in _CURVES.items()
                ],
                moments=_moments(tables / "moments.csv", times),
            )

    @router.post("/cover", status_code=201, responses=documented(404, 409))
    def cover(clip: str, wanted: CoverView) -> WorkView:
        """Have moments of the result covered; what was there is removed for good."""
        found = desk.done(clip)
        if any(not Status(job.status).over for job in desk.store.jobs.of_clip(clip, Kind.COVER)):
            raise Problem(
                409,
                "being_covered",
                "Moments of this clip are being covered: wait until it is done.",
            )
        with _mendable():
            times = times_of(found)
        for each in wanted.ranges:
            _check(each, times)
        return desk.work_view(
            desk.order(Kind.COVER, [found], wanted.model_dump(mode="json"), found.called)
        )

    return router


def thin(times: Times, values: Times) -> list[tuple[float, float | None]]:
    """A curve with at most `MOST_POINTS` points.

    Of each stretch the highest and the lowest value are kept, and one gap if it has any.

    Parameters
    ----------
    times, values : sequence of float
        Seconds, and values or NaN where there is none; of the same length.
    """

    def point(k: int) -> tuple[float, float | None]:
        return times[k], None if math.isnan(values[k]) else values[k]

    count = len(times)
    if count <= MOST_POINTS:
        return [point(k) for k in range(count)]
    stretches = MOST_POINTS // 3
    kept = []
    for n in range(stretches):
        stretch = range(n * count // stretches, (n + 1) * count // stretches)
        known = [k for k in stretch if not math.isnan(values[k])]
        chosen = (
            {min(known, key=values.__getitem__), max(known, key=values.__getitem__)}
            if known
            else set()
        )
        if len(known) < len(stretch):
            chosen.add(next(k for k in stretch if math.isnan(values[k])))
        kept += [point(k) for k in sorted(chosen)]
    return kept


def _check(wanted: RangeView, times: Times) -> None:
    if wanted.from_s > wanted.to_s:
        raise Problem(422, "invalid_range", "A moment ends before it begins: mark it again.")
    within = bisect_left(times, wanted.from_s - _TICK), bisect_right(times, wanted.to_s + _TICK)
    if within[0] >= within[1]:
        raise Problem(422, "invalid_range", "A moment lies outside the clip: mark it again.")
    if wanted.box is not None:
        left, top, right, bottom = wanted.box
        if left >= right or top >= bottom:
            raise Problem(
                422, "invalid_box", "A rectangle has no area: draw it again, left to right."
            )


def _moments(path: Path, times: Times) -> list[MomentView]:
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [
            MomentView(
                frame=int(row["frame"]),
                time_s=times[int(row["frame"])],
                kind=row["kind"],
                words=row["words"],
            )
            for row in csv.DictReader(file)
            if 0 <= int(row["frame"]) < len(times)
        ]


@lru_cache(maxsize=2)
def _columns(path: Path, changed: int) -> dict[str, array[float]]:
    """Columns of a table of frames that a page draws; NaN where a cell is empty."""
    names = ["frame", "time_s"]
    names += [f"{column}_{side}" for column in _CURVES.values() for side in ("original", "result")]
    columns: dict[str, array[float]] = {name: array("d") for name in names}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            for name, column in columns.items():
                column.append(float(row[name]) if row[name] else math.nan)
    return columns


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@contextmanager
def _mendable() -> Iterator[None]:
    """Files that are missing or not as mien wrote them are the clip's trouble, not the server's."""
    try:
        yield
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise Problem(
            404, "file_gone", "A file of this result is missing: process the clip again."
        ) from error
