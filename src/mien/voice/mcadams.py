"""A voice made another one: its formants are moved, its timing, pitch and loudness stay.

In each short frame the resonances of the vocal tract are the poles of a linear prediction, and what
excites them is what it leaves over. The angle of each pole is raised to a power, which moves
formants together or apart as no throat does, and the excitation is played through the result
[1]_. Pauses, pitch, its movement and tremor lie in the excitation and stay as they are.

References
----------
.. [1] Patino, Tomashenko, Todisco, Nautsch & Evans, Speaker anonymisation using the McAdams
   coefficient, Interspeech 2021 (alpha .8, frames of 20 ms every 10 ms, order 20 at 16 kHz);
   McAdams, Spectral fusion, spectral parsing and the formation of auditory images, 1984.
"""

from __future__ import annotations

import numpy as np
import scipy  # loads its parts when they are used: most clips keep their voices

ALPHA = 0.8
"""Power to which angles are raised."""
_HOP_S = 0.015
_LEAST_HZ = 14000  # at which a voice is changed, if it was recorded with as much
_SIDE = 24  # samples of that rate on either side of a filter between the rates
_FIXED_HZ = 16000 / (2 * np.pi)  # that stays where it is: one radian at the paper's sampling rate
_WHITE = 1e-5  # of the energy, added so that a band without sound makes no resonance
_BLUR_HZ = 80.0  # by which the spectrum is smoothed before it is predicted
_LOWEST_HZ = 300.0  # below it lies the pitch, and no pole is moved
_SILENT = 1e-12  # mean square under which a frame is left as it is
_RINGS = 2  # half windows for which a frame dies away
_HIGHEST = 0.97  # of half the sampling rate, beyond which no pole is moved


class Changer:
    """Changes a voice as it comes; what comes out is as long as what went in.

    Voices of higher sampling rates are changed at 14 to 28 kHz: a prediction fine enough for more
    would take harmonics for resonances. What lies above is left out.

    Parameters
    ----------
    rate : int
        Samples a second.
    channels : int
        Each is changed by itself.
    alpha : float
        Power to which the angles of poles are raised; 1 changes nothing.
    """

    def __init__(self, rate: int, channels: int, alpha: float = ALPHA) -> None:
        self._every = max(1, rate // _LEAST_HZ)
        self._inner = _Inner(rate / self._every, channels, alpha)
        width = _SIDE * self._every
        self._low = (
            scipy.signal.firwin(2 * width + 1, 0.9 / self._every) if self._every > 1 else np.ones(1)
        )
        self._down = np.zeros((channels, len(self._low) - 1))
        self._up = np.zeros((channels, len(self._low) - 1))
        self._late = len(self._low) - 1  # samples by which both filters delay, to be left out
        self._taken = self._given = 0

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Take samples [shape=(channels, n), -1 to 1] and give those that are done."""
        first = -self._taken % self._every
        self._taken += samples.shape[1]
        if not samples.shape[1]:
            return samples
        low, self._down = scipy.signal.lfilter(self._low, [1.0], samples, zi=self._down)
        changed = self._inner.push(low[:, first :: self._every])
        wide = np.zeros((len(changed), changed.shape[1] * self._every))
        wide[:, :: self._every] = self._every * changed
        if wide.shape[1]:
            wide, self._up = scipy.signal.lfilter(self._low, [1.0], wide, zi=self._up)
        late = min(self._late, wide.shape[1])
        self._late -= late
        self._given += wide.shape[1] - late
        return np.asarray(wide[:, late:].clip(-1, 1))

    def flush(self) -> np.ndarray:
        """Give the rest: as many samples are out then as went in."""
        short = self._taken - self._given
        more = short + self._late + 3 * self._inner.hop * self._every
        return self.push(np.zeros((len(self._down), more)))[:, :short]


class _Inner:
    """Changes a voice at a rate that fits the prediction, later by half a window."""

    def __init__(self, rate: float, channels: int, alpha: float) -> None:
        self._rate, self._alpha = rate, alpha
        self.hop = max(1, round(_HOP_S * rate))
        self._order = min(4 + round(rate / 1000), self.hop)
        taper = _BLUR_HZ * 2 * np.pi * np.arange(self._order + 1) / rate
        self._taper = np.exp(-0.5 * taper**2)
        self._window = 0.5 - 0.5 * np.cos(np.pi * np.arange(2 * self.hop) / self.hop)
        # half a window of silence stands before the first sample, and is not given out; before it
        # lies what a prediction of its first sample needs
        self._waiting = np.zeros((channels, self._order + self.hop))
        self._tail = np.zeros((channels, (1 + _RINGS) * self.hop))
        self._dropped = False

    def push(self, samples: np.ndarray) -> np.ndarray:
        """Take samples [shape=(channels, n)] and give those that are done."""
        self._waiting = np.concatenate([self._waiting, samples], axis=1)
        done = []
        while self._waiting.shape[1] >= self._order + 2 * self.hop:
            frame = self._waiting[:, : self._order + 2 * self.hop]
            changed = np.stack([self._change(channel) for channel in frame])
            changed[:, : self._tail.shape[1]] += self._tail
            whole, self._tail = changed[:, : self.hop], changed[:, self.hop :]
            self._waiting = self._waiting[:, self.hop :]
            if self._dropped:
                done.append(whole)
            self._dropped = True
        if not done:
            return np.zeros((len(self._waiting), 0))
        return np.concatenate(done, axis=1)

    def _change(self, context: np.ndarray) -> np.ndarray:
        """One windowed frame with its poles moved, as loud as before, and how it dies away."""
        frame = context[self._order :] * self._window
        out = np.zeros(len(frame) + _RINGS * self.hop)
        energy = float(frame @ frame)
        if energy < _SILENT * len(frame):
            out[: len(frame)] = frame
            return out
        spectrum = np.abs(np.fft.rfft(frame, 2 * len(frame))) ** 2
        lags = np.fft.irfft(spectrum)[: self._order + 1]
        lags *= self._taper  # else harmonics pass for resonances, and would be moved
        lags[0] *= 1 + _WHITE
        try:
            before = np.concatenate([[1.0], -scipy.linalg.solve_toeplitz(lags[:-1], lags[1:])])
        except scipy.linalg.LinAlgError:
            return out  # silence, not the voice as it was
        out[: len(frame)] = (
            self._window * scipy.signal.lfilter(before, [1.0], context)[self._order :]
        )
        changed = scipy.signal.lfilter([1.0], moved(before, self._rate, self._alpha), out)
        sum_of_squares = float(changed @ changed)
        if not np.isfinite(sum_of_squares) or sum_of_squares <= 0:
            return np.zeros_like(out)
        return np.asarray(changed * np.sqrt(energy / sum_of_squares))


def moved(prediction: np.ndarray, rate: float, alpha: float) -> np.ndarray:
    """A prediction filter with its resonances moved.

    Parameters
    ----------
    prediction : np.ndarray [shape=(order + 1,)]
        Coefficients, the first of them 1.
    rate : float
        Samples a second.
    alpha : float
        Power to which the angles of its zeros are raised, in units of 2,546 Hz: those are the
        radians of the paper, whose sampling rate is 16 kHz, at any rate.
    """
    zeros = np.roots(prediction)
    radius = np.minimum(np.abs(zeros), 0.999)
    hertz = np.abs(np.angle(zeros)) * rate / (2 * np.pi)
    pair = np.abs(zeros.imag) > 1e-9
    highest = _HIGHEST * rate / 2
    inside = pair & (hertz > _LOWEST_HZ) & (hertz < highest)
    to = hertz.copy()
    to[inside] = np.clip(_FIXED_HZ * (hertz[inside] / _FIXED_HZ) ** alpha, _LOWEST_HZ, highest)
    angle = np.sign(np.angle(zeros)) * 2 * np.pi * to / rate
    return np.asarray(np.poly(np.where(pair, radius * np.exp(1j * angle), zeros)).real)
