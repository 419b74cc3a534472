"""What the doctor and the patient see of the patient, and why it is covered.

Nothing gets here but what the de-identifying process gave out. While anything speaks against
showing even that, the doctor is sent covered pictures. The patient sees themselves as others do.
"""

from __future__ import annotations

from collections import Counter

from mien.live.calls.tracks import PictureTrack
from mien.live.calls.wire import Planes, halved
from mien.live.doubt import Doubt

_SMALL = 480  # pixels: pictures that are wider are sent back to the patient at half the size


class Curtain:
    """Gives pictures to those who watch.

    Parameters
    ----------
    late_s : float
        Seconds without a picture after which a covered one is sent.
    """

    def __init__(self, late_s: float) -> None:
        self.doctor: PictureTrack | None = None
        """What the doctor is sent; None where nobody is there."""
        self.patient: PictureTrack | None = None
        """What the patient is sent of themselves."""
        self.covered: Counter[str] = Counter()
        """Pictures that came and were covered, by the name of the doubt."""
        self.shown = 0
        """Pictures with another face that the doctor was given."""
        self._late_s = late_s
        self._reasons: dict[Doubt, None] = dict.fromkeys([Doubt.WAITING, Doubt.AWAY])
        self._last: Doubt | None = Doubt.CALIBRATING
        self._number = 0

    @property
    def doubt(self) -> Doubt | None:
        """Why the doctor sees a covered picture; None where they do not."""
        return next(iter(self._reasons), None) or self._last

    @property
    def own(self) -> Doubt | None:
        """Why the patient sees a covered picture of themselves."""
        return self._last

    def open_to_doctor(self) -> PictureTrack:
        """A new track for a doctor, who may come late: it begins covered."""
        self.doctor = PictureTrack(self._late_s, self.doubt or Doubt.LATE)
        return self.doctor

    def open_to_patient(self) -> PictureTrack:
        """A new track for the patient."""
        self.patient = PictureTrack(self._late_s, Doubt.CALIBRATING)
        return self.patient

    def close(self, doubt: Doubt) -> None:
        """Cover from now on for a reason, until it is no more."""
        self._reasons[doubt] = None
        if self.doctor is not None:
            self.doctor.cover(self.doubt)

    def open(self, doubt: Doubt) -> None:
        """A reason is no more; others may be."""
        self._reasons.pop(doubt, None)
        if self.doctor is not None and self._reasons:
            self.doctor.cover(self.doubt)

    def lose(self, doubt: Doubt) -> None:
        """Nothing comes any more: cover for everybody."""
        self._last = doubt
        for track in (self.doctor, self.patient):
            if track is not None:
                track.cover(doubt)

    def take(self, picture: Planes) -> None:
        """A picture that may be shown, covered or with another face."""
        self._last = picture.doubt
        self._number += 1
        rows = picture.rows()
        doubt = self.doubt
        if doubt is not None:
            self.covered[doubt.value] += 1
        if self.doctor is not None:
            if doubt is None:
                self.shown += 1
                self.doctor.show(rows)
            else:
                self.doctor.cover(doubt)
        if self.patient is not None:
            if picture.doubt is not None:
                self.patient.cover(picture.doubt)
            elif self._number % 2:  # a smaller one half as often: it costs both computers less
                self.patient.show(halved(rows) if picture.width >= _SMALL else rows)
