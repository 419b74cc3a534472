"""From what was found in a picture to what may be shown of it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock, Thread
from time import perf_counter
from typing import TypeVar

import numpy as np

from mien.engines.laying import composite
from mien.errors import PrivacyError
from mien.live.audit import Audit, Outgoing
from mien.live.covered import covered
from mien.live.doubt import Doubt
from mien.live.errors import Errors
from mien.live.gate import Gate, Verdict
from mien.live.guise import Guise, Wardrobe, nearest
from mien.live.learning import Learned, Learning
from mien.live.settings import LiveSettings
from mien.live.shot import Shot
from mien.recognition.recogniser import Recogniser, distances

T = TypeVar("T")

_ROUND = 4  # looks of the detectors, each of another kind, that have to find nothing
_TOLERATED = 30  # pictures in which a new face was nearly recognised before it is given up


class Drawing:
    """Gives one person another face, or covers it.

    Parameters
    ----------
    settings : LiveSettings
        What the user wants.
    steers, judges : tuple of Recogniser
        Who choose the face, and who only look; the last of those who choose looks at every picture.
    waits : bool
        Whether the pictures wait while a face is chosen.
    errors : Errors, optional
        Where what fails is counted.
    """

    def __init__(
        self,
        settings: LiveSettings,
        steers: tuple[Recogniser, ...],
        judges: tuple[Recogniser, ...],
        waits: bool,
        errors: Errors | None = None,
    ) -> None:
        self.errors = Errors() if errors is None else errors
        self.gate = Gate(settings.settle)
        self.audit = Audit(steers + judges, settings.check_s, self.alarm, self.errors)
        self.guise: Guise | None = None
        """What the person wears; None until it is chosen."""
        self.failure: PrivacyError | None = None
        """Why none could be chosen."""
        self._quick = steers[-1]
        self._learning = Learning(settings.calibrate_s, steers + judges, self._quick)
        self._wardrobe = Wardrobe(settings, steers, judges)
        self._learned: Learned | None = None
        self._waits = waits
        self._choosing: Thread | None = None
        self._lock = Lock()
        self._alarm: Doubt | None = None
        self._left_until = 0
        self._nearly = 0
        self._known: tuple[int, Guise] | None = None  # who was the person in the picture before

    @property
    def choosing(self) -> bool:
        """Whether a face is being chosen while pictures come, all of which are covered."""
        return self.guise is None and self._choosing is not None and not self._waits

    def learn(self, learned: Learned) -> None:
        """Choose a face from what an earlier recording shows, before the first picture."""
        self._learned = learned
        self.guise = self._wardrobe.choose(learned)

    def alarm(self, doubt: Doubt, guise: Guise | None = None) -> None:
        """Cover from the next picture on; called from any thread.

        Parameters
        ----------
        doubt : Doubt
            Why.
        guise : Guise, optional
            The face that it is about; one that is worn no more is no matter.
        """
        with self._lock:
            if guise is not None and guise is not self.guise:
                return
            self._alarm = doubt
            if doubt is Doubt.RECOGNISED:
                self.guise = None
            if doubt is Doubt.LEFT:
                self._left_until = self.audit.looks + 1 + _ROUND

    def draw(self, shot: Shot) -> None:
        """Say what may be shown of a picture, in `Shot.result`; of errors nothing is shown."""
        result = None
        try:
            doubt, result = self._decide(shot)
        except Exception as exc:
            self.errors.add("draw", exc)
            doubt = Doubt.ERROR
        verdict = self.gate.judge(doubt)
        if verdict is Verdict.SHOW and result is not None:
            shot.result, shot.doubt = result, None
        elif verdict is Verdict.DROP:
            shot.result, shot.doubt = None, doubt
        else:
            shot.doubt = self.gate.reason or Doubt.ERROR
            shot.result = covered(shot.image.shape, shot.doubt)

    def close(self) -> None:
        """Wait for whoever still looks."""
        self.audit.close()
        if self._choosing is not None:
            self._choosing.join(timeout=2)

    def _decide(self, shot: Shot) -> tuple[Doubt | None, np.ndarray | None]:
        """What speaks against a picture, and what it would look like."""
        with self._lock:
            alarm, self._alarm = self._alarm, None
            guise = self.guise
        if self.audit.broken:
            return Doubt.ERROR, None
        if shot.doubt is not None or shot.landmarks is None:
            return shot.doubt or Doubt.NO_FACE, None
        face = shot.landmarks
        if guise is None:
            return alarm or self._get_ready(shot, face), None
        if self._timed(shot, "who", lambda: self._somebody_else(shot, guise)):
            return Doubt.ANOTHER, None
        points = self._timed(shot, "refine", lambda: guise.points(shot.image, face))
        rendering = self._timed(shot, "render", lambda: guise.engine.render(shot.image, points))
        if rendering.covered:
            return Doubt.ERROR, None
        result = shot.image.copy()
        self._timed(shot, "lay", lambda: composite(result, rendering))
        moved = rendering.face(points)
        near = self._timed(shot, "look", lambda: nearest(result, moved, guise, (self._quick,)))
        if near < 1:
            self._nearly += 1
            if self._nearly >= _TOLERATED:
                self._nearly = 0
                self.alarm(Doubt.RECOGNISED, guise)
            return Doubt.RECOGNISED, None
        self.audit.offer(
            shot.time, lambda: Outgoing(shot.image, result.copy(), points, moved, guise)
        )
        if self.audit.looks < self._left_until:
            return Doubt.LEFT, None
        return alarm, result

    def _somebody_else(self, shot: Shot, guise: Guise) -> bool:
        """Whether the face is not that of the person who was learned.

        One that is followed without a cut from the picture before, in which it was theirs, is
        theirs while it is shown: every second picture is looked at.
        """
        known, self._known = self._known, None
        if self.gate.open and known is not None and known[0] == shot.run and known[1] is guise:
            return False
        who = self._quick
        chips = [who.chip(shot.image, shot.landmarks)]  # type: ignore[arg-type]
        apart = distances(who.describe_all(chips), guise.galleries[who.name]).min()
        other = bool(apart > who.threshold)
        if not other:
            self._known = shot.run, guise
        return other

    def _get_ready(self, shot: Shot, landmarks: np.ndarray) -> Doubt:
        """Learn from a picture, and have a face chosen once that is enough."""
        if self._learned is None:
            self._learning.add(shot.image, landmarks, shot.time)
            if not self._learning.done:
                return Doubt.CALIBRATING
            self._learned = self._learning.learned
        if self.failure is not None:
            return Doubt.RECOGNISED
        if self._choosing is None:
            self._choosing = Thread(target=self._choose, name="mien-live-choice", daemon=True)
            self._choosing.start()
        if self._waits:
            self._choosing.join()
        return Doubt.CHOOSING

    def _choose(self) -> None:
        assert self._learned is not None
        try:
            guise = self._wardrobe.choose(self._learned)
        except PrivacyError as exc:
            self.failure = exc
        except Exception as exc:
            self.failure = PrivacyError(
                f"The face stays covered: no other could be chosen ({type(exc).__name__}: {exc})."
            )
        else:
            with self._lock:
                self.guise = guise
        finally:
            self._choosing = None

    def _timed(self, shot: Shot, name: str, work: Callable[[], T]) -> T:
        began = perf_counter()
        try:
            return work()
        finally:
            shot.spent[name] = perf_counter() - began
