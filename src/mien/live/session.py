"""A session: a camera, three stages with a queue of one between them, and whoever watches.

Nothing is shown late: each stage takes the newest picture and drops those before it. Whoever
watches sees a covered picture whenever none came in time, whatever the stages are doing, and when
one of them ends by an error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from threading import Event, Thread
from time import monotonic, perf_counter, process_time
from typing import Any

from mien.errors import EngineError, MienError, NoFaceError
from mien.live.covered import covered
from mien.live.doubt import Doubt
from mien.live.drawing import Drawing
from mien.live.errors import Errors
from mien.live.following import Follower
from mien.live.latest import Closed, Latest
from mien.live.learning import Learned, Learning
from mien.live.settings import LiveSettings
from mien.live.shot import Shot
from mien.live.sinks import Sink
from mien.live.sources import Source
from mien.live.tally import Counts
from mien.models.landmarker import Backend, open_backend
from mien.recognition.recogniser import Recogniser
from mien.recognition.registry import ALSO_STEER, STEERS, recogniser

_USUAL = LiveSettings()
_WHILE_CHOOSING = 4  # pictures of which one is measured: the choice needs the processor


class Session:
    """De-identifies a camera until it ends.

    Parameters
    ----------
    source : Source
        Gives pictures.
    sinks : sequence of Sink
        Take what may be shown.
    settings : LiveSettings
        What the user wants.
    as_fast : bool
        Whether the source waits for the stages, so that no picture is dropped: for clips and tests.
    backend : Backend, optional
        Measures landmarks, and is closed by whoever opened it; MediaPipe's face mesh by default.
    """

    def __init__(
        self,
        source: Source,
        sinks: Sequence[Sink] = (),
        settings: LiveSettings = _USUAL,
        *,
        as_fast: bool = False,
        backend: Backend | None = None,
    ) -> None:
        self.settings = settings
        self.counts = Counts()
        self._source, self._sinks = source, tuple(sinks)
        self._as_fast = as_fast
        self._backend = backend or open_backend(None)
        self._own_backend = backend is None
        self._steers = tuple(recogniser(name) for name in (STEERS, *ALSO_STEER))
        self._judges = tuple(recogniser(name) for name in settings.judges)
        self.errors = Errors()
        self.drawing = Drawing(settings, self._steers, self._judges, as_fast, self.errors)
        self._follower = Follower(self._backend)
        self._came: Latest[Shot] = Latest(as_fast)
        self._found: Latest[Shot] = Latest(as_fast)
        self._drawn: Latest[Shot] = Latest(as_fast)
        self._unmeasured = 0
        self._stop = Event()
        self._shown: tuple[int, Fraction, float, tuple[int, ...]] | None = None

    def learn_from(self, source: Source) -> None:
        """Learn the person from an earlier recording, so that nothing has to be covered for it.

        Raises
        ------
        NoFaceError
            If it does not show one face for long enough.
        PrivacyError
            If every face that was tried is recognised.
        """
        self.drawing.learn(
            learn(source, self.settings.calibrate_s, self._steers + self._judges, self._backend)
        )

    def stop(self) -> None:
        """End it; from any thread, or from a signal."""
        self._stop.set()
        self._came.close()

    def run(self, seconds: float | None = None, told: Callable[[str], None] | None = None) -> None:
        """Run until the camera ends.

        Parameters
        ----------
        seconds : float, optional
            End after so many seconds of the camera.
        told : callable, optional
            Given a sentence whenever what is shown changes.

        Raises
        ------
        MienError
            What ended the camera or a stage; what was shown until then was given to the sinks.
        """
        stages = [
            Thread(target=self._read, args=(seconds,), name="mien-live-camera", daemon=True),
            self._stage(self._came, self._found, self._measure, "measure"),
            self._stage(self._found, self._drawn, self.drawing.draw, "draw"),
        ]
        for stage in stages:
            stage.start()
        try:
            self._watch(told)
        except Closed:
            pass
        except BaseException as exc:
            self._fill(Doubt.ERROR)
            if isinstance(exc, MienError | KeyboardInterrupt):
                raise
            raise EngineError(
                f"The session ended, and the last picture is covered: {type(exc).__name__}: {exc}."
            ) from exc
        finally:
            self.stop()
            for queue in (self._found, self._drawn):
                queue.close()
            for stage in stages[1:]:
                stage.join(timeout=10)
            self.counts.dropped = self.counts.came - self.counts.shown - self._covered_own()

    def close(self) -> None:
        """Free everything; after `run`, or in its place."""
        self.drawing.close()
        self._follower.close()
        if self._own_backend:
            self._backend.close()

    def as_dict(self) -> dict[str, Any]:
        """What happened, for JSON."""
        audit, guise = self.drawing.audit, self.drawing.guise
        return {
            **self.counts.as_dict(),
            "surrogate": None if guise is None else guise.surrogate,
            "checks": {
                "looks": audit.looks,
                "found": dict(sorted(audit.found.items())),
                "nearest": None if not audit.looks else round(audit.nearest, 3),
            },
            "errors": self.errors.as_list(),
            "failure": None if self.drawing.failure is None else str(self.drawing.failure),
        }

    def _read(self, seconds: float | None) -> None:
        """Take pictures of the camera."""
        failure: BaseException | None = None
        try:
            for shot in self._source:
                if self._stop.is_set() or (seconds is not None and shot.time >= seconds):
                    break
                if self.counts.began is None:
                    self.counts.began = monotonic()
                    self.counts.processor_s = process_time(), 0.0
                self._came.put(shot)
                self.counts.came += 1
        except Closed:
            pass
        except BaseException as exc:
            failure = exc
        self._came.close(failure)

    def _stage(
        self, before: Latest[Shot], after: Latest[Shot], work: Callable[[Shot], None], name: str
    ) -> Thread:
        """A thread that works on the newest picture."""

        def run() -> None:
            failure: BaseException | None = None
            try:
                while True:
                    shot = before.get()
                    assert shot is not None
                    began = perf_counter()
                    work(shot)
                    shot.spent[name] = perf_counter() - began
                    after.put(shot)
            except Closed:
                pass
            except BaseException as exc:
                failure = exc
            before.close()
            after.close(failure)

        return Thread(target=run, name=f"mien-live-{name}", daemon=True)

    def _measure(self, shot: Shot) -> None:
        if self.drawing.choosing:  # all is covered meanwhile
            self._unmeasured += 1
            if self._unmeasured % _WHILE_CHOOSING:
                shot.doubt = Doubt.CHOOSING
                return
        try:
            seen = self._follower.see(shot.image, shown=self.drawing.gate.open)
        except Exception as exc:
            self.errors.add("measure", exc)
            shot.landmarks, shot.doubt = None, Doubt.ERROR
        else:
            shot.landmarks, shot.doubt, shot.run = seen.landmarks, seen.doubt, seen.run

    def _watch(self, told: Callable[[str], None] | None) -> None:
        """Give the sinks what comes, and covered pictures where nothing comes."""
        said: Doubt | str | None = "nothing"
        while True:
            wait = None if self._as_fast else self.settings.late_s
            shot = self._drawn.get(wait)
            if shot is None:
                self._fill(Doubt.LATE)
                self.drawing.alarm(Doubt.LATE)
                continue
            self.counts.spend(shot)
            if shot.result is None:
                continue
            age = monotonic() - shot.came
            if not self._as_fast and age > self.settings.late_s and shot.doubt is None:
                shot.doubt = Doubt.LATE
                shot.result = covered(shot.image.shape, shot.doubt)
                self.drawing.alarm(Doubt.LATE)
            if not self._give(shot):
                continue
            if shot.doubt is None:
                self.counts.shown += 1
                self.counts.latency.add(monotonic() - shot.came)
                if self.counts.first_shown_s is None:
                    self.counts.first_shown_s = round(shot.time, 3)
            else:
                self.counts.covered[shot.doubt.value] += 1
            if told is not None and shot.doubt is not said:
                said = shot.doubt
                told("shown with another face" if said is None else f"covered: {said.words}")

    def _give(self, shot: Shot) -> bool:
        """Give the sinks a picture; whether it was not too late for that."""
        assert shot.result is not None
        if self._shown is not None and shot.pts <= self._shown[0]:
            return False
        began = perf_counter()
        for sink in self._sinks:
            sink.show(shot.result, shot.pts, shot.time_base, shot.doubt)
        shot.spent["out"] = perf_counter() - began
        self._shown = shot.pts, shot.time_base, shot.came, shot.image.shape
        self.counts.ended = monotonic()
        self.counts.processor_s = self.counts.processor_s[0], process_time()
        return True

    def _fill(self, doubt: Doubt) -> None:
        """Give the sinks a covered picture in place of one that did not come."""
        if self._shown is None:
            return
        pts, time_base, came, shape = self._shown
        pts += max(1, round((monotonic() - came) / time_base))
        picture = covered(shape, doubt)
        for sink in self._sinks:
            sink.show(picture, pts, time_base, doubt)
        self._shown = pts, time_base, monotonic(), shape
        self.counts.filled += 1

    def _covered_own(self) -> int:
        return sum(self.counts.covered.values())


def learn(
    source: Source, seconds: float, recognisers: tuple[Recogniser, ...], backend: Backend
) -> Learned:
    """Learn a person from a recording.

    Parameters
    ----------
    source : Source
        The recording.
    seconds : float
        Of one face that are wanted.
    recognisers : tuple of Recogniser
        Who will look.
    backend : Backend
        Measures landmarks.

    Raises
    ------
    NoFaceError
        If it does not show one face for so long.
    """
    learning, follower = Learning(seconds, recognisers, recognisers[0]), Follower(backend)
    try:
        for shot in source:
            seen = follower.see(shot.image)
            if seen.landmarks is not None and seen.doubt is None:
                learning.add(shot.image, seen.landmarks, shot.time)
            if learning.done:
                return learning.learned
    finally:
        follower.close()
    raise NoFaceError(
        f"The earlier recording does not show one face for {seconds:g} s: use a longer one, or "
        "leave it out."
    )
