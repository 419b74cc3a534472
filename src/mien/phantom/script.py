"""What a phantom does: the settings of one synthetic clip."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from mien.errors import ParameterError
from mien.surrogates import bank


@dataclass(frozen=True)
class Tremor:
    """A steady oscillation of the jaw and lower lip."""

    hertz: float = 5.0
    """Frequency, Hz."""
    amplitude: float = 0.02
    """Half of the lower lip's vertical peak-to-peak movement, outer-eye distances."""
    start_s: float = 0.0
    """When it begins, seconds."""
    end_s: float | None = None
    """When it ends, seconds; None for the end of the clip."""

    def __post_init__(self) -> None:
        within("tremor.hertz", self.hertz, 0.1, 30)
        within("tremor.amplitude", self.amplitude, 0, 0.15)
        window("tremor", self.start_s, math.inf if self.end_s is None else self.end_s)


@dataclass(frozen=True)
class Hand:
    """The patient's hand over the patient's face."""

    start_s: float = 0.0
    """When it has come, seconds."""
    end_s: float = 1e3
    """When it begins to leave, seconds."""
    over: str = "cheek"
    """Where the knuckles lie: ``"mouth"``, ``"cheek"`` or ``"eye"``."""
    side: str = "left"
    """Of the picture that it comes from: the patient's own ``"left"`` or ``"right"``."""
    spread: float = 0.6
    """How far the fingers are parted, 0 to 1."""
    tone: float = 1.0
    """How bright it is, by the brightness of the patient's cheeks."""

    def __post_init__(self) -> None:
        window("hand", self.start_s, self.end_s)
        if self.over not in ("mouth", "cheek", "eye"):
            raise ParameterError(f'A hand lies over "mouth", "cheek" or "eye", not {self.over!r}.')
        if self.side not in ("left", "right"):
            raise ParameterError(f'The side of a hand is "left" or "right", not {self.side!r}.')
        within("hand.spread", self.spread, 0, 1)
        within("hand.tone", self.tone, 0.3, 1.7)


@dataclass(frozen=True)
class Script:
    """One clip of one or two synthetic people.

    The first person is the patient, to whom everything below applies; a second one blinks, moves
    the head, comes, goes and looks away, and does nothing else.
    """

    seconds: float = 10.0
    """Length, seconds."""
    fps: float = 30.0
    """Frames per second, on average where the frame rate varies."""
    width: int = 640
    """Width of the picture, pixels."""
    height: int = 480
    """Height of the picture, pixels."""
    face: str | tuple[str, ...] = ()
    """Surrogate that each person resembles (one is drawn for each not named); every face is mixed
    with another one, so that none of them is in the bank."""
    people: int = 1
    """1 or 2 people in the picture."""
    crossing: bool = False
    """Whether two people change places in the middle of the clip, the patient in front."""
    blinks: tuple[float, ...] | None = None
    """Times at which the eyes are shut, seconds; None to draw them at `blinks_per_minute`."""
    blinks_per_minute: float = 15.0
    """Mean rate of spontaneous blinks, 1/min; 0 for none."""
    speech: tuple[float, float] | None = None
    """Start and end of speech-like lip and jaw movement of 3 to 5 syllables a second, seconds."""
    smile: tuple[float, float] | None = None
    """Start of the onset and end of the offset of one smile, seconds."""
    tremor: Tremor | None = None
    """Tremor of the jaw and lower lip; None for none."""
    asymmetry: float = 0.0
    """Resting droop of one corner of the mouth and one eyelid, 0 (none) to 1 (severe)."""
    weak_side: str = "left"
    """The patient's own side that droops, ``"left"`` or ``"right"``."""
    hand: Hand | None = None
    """A hand that comes over the face; None for none."""
    head_motion: float = 0.3
    """Slow turning and shifting of the head: at 1 up to 20° of yaw, 8° of pitch, 6° of roll."""
    pulse_bpm: float | None = None
    """Heart rate seen in the colour of the skin, 1/min; None for none."""
    pulse_amplitude: float = 0.005
    """Half of the pulse's peak-to-peak change of green, share of its mean."""
    variable_frame_rate: bool = False
    """Whether frames are unevenly spaced, as a phone records them in changing light."""
    absent: tuple[tuple[float, float], ...] = ()
    """Spans in which the patient is out of the picture, each start and end in seconds."""
    turned: tuple[tuple[float, float], ...] = ()
    """Spans in which the patient looks away from the camera, each start and end in seconds."""
    turned_deg: float = 140.0
    """How far whoever looks away turns, degrees of yaw: by default the face is not seen."""
    other_absent: tuple[tuple[float, float], ...] = ()
    """Spans in which the second person is out of the picture: from 0 s for one who enters late."""
    other_turned: tuple[tuple[float, float], ...] = ()
    """Spans in which the second person looks away from the camera."""
    light: float = 0.0
    """Slow change of the lighting, share of its mean (peak)."""
    noise: float = 1.5
    """Standard deviation of the sensor noise, grey levels."""
    seed: int = 0
    """Number that decides everything drawn by chance: looks, blink times, paths of the head."""

    def __post_init__(self) -> None:
        within("seconds", self.seconds, 0, 3600)
        within("fps", self.fps, 1, 240)
        for name, pixels in (("width", self.width), ("height", self.height)):
            if not isinstance(pixels, int) or isinstance(pixels, bool):
                raise ParameterError(f"{name} must be a whole number of pixels, not {pixels!r}.")
            within(name, pixels, 64, 4096)
        if self.people not in (1, 2):
            raise ParameterError(f"people must be 1 or 2, not {self.people}.")
        if self.crossing and self.people != 2:
            raise ParameterError("crossing needs two people: set people to 2.")
        if len(self.faces) > self.people:
            raise ParameterError(
                f"face names {len(self.faces)} surrogates for {self.people} people: name fewer."
            )
        for name in self.faces:
            if name not in bank.cards():
                known = ", ".join(sorted(bank.cards()))
                raise ParameterError(f"face {name!r} is not in the bank: choose from {known}.")
        within("blinks_per_minute", self.blinks_per_minute, 0, 60)
        if self.blinks is not None:
            object.__setattr__(self, "blinks", tuple(sorted(self.blinks)))
            for time in self.blinks:
                within("blinks", time, 0, 3600)
        for name, span in (("speech", self.speech), ("smile", self.smile)):
            if span is not None:
                window(name, *span)
        for name in ("absent", "turned", "other_absent", "other_turned"):
            for span in getattr(self, name):
                window(name, *span)
        if self.people != 2 and (self.other_absent or self.other_turned):
            raise ParameterError("There is no second person to move: set people to 2.")
        within("turned_deg", self.turned_deg, 0, 180)
        within("asymmetry", self.asymmetry, 0, 1)
        if self.weak_side not in ("left", "right"):
            raise ParameterError(f'weak_side must be "left" or "right", not {self.weak_side!r}.')
        within("head_motion", self.head_motion, 0, 2)
        if self.pulse_bpm is not None:
            within("pulse_bpm", self.pulse_bpm, 30, 240)
        within("pulse_amplitude", self.pulse_amplitude, 0, 0.1)
        within("light", self.light, 0, 0.5)
        within("noise", self.noise, 0, 50)
        if not isinstance(self.seed, int) or self.seed < 0:
            raise ParameterError(f"seed must be a whole number from 0, not {self.seed!r}.")
        if round(self.seconds * self.fps) < 1:
            raise ParameterError(f"{self.seconds} s at {self.fps} frames per second hold no frame.")

    def chance(self, number: int, what: str) -> np.random.Generator:
        """What decides one thing about a person by chance, the same every time."""
        return np.random.default_rng([self.seed, number, *what.encode()])

    @property
    def faces(self) -> tuple[str, ...]:
        """The surrogates that `face` names."""
        return (self.face,) if isinstance(self.face, str) else tuple(self.face)

    @property
    def rate(self) -> Fraction:
        """Frames per second as the exact fraction that is meant: 29.97 is 30000/1001."""
        ntsc = Fraction(round(self.fps * 1.001) * 1000, 1001)
        return (
            ntsc if 0 < abs(ntsc - self.fps) < 2e-4 else Fraction(self.fps).limit_denominator(100)
        )


def within(name: str, value: float, low: float, high: float) -> None:
    """Refuse a setting outside its range, with a `ParameterError`."""
    try:
        fits = low <= value <= high and math.isfinite(value)
    except TypeError:
        fits = False
    if not fits:
        raise ParameterError(f"{name} must lie between {low:g} and {high:g}, not {value!r}.")


def window(name: str, start: float, end: float) -> None:
    """Refuse a span of time that begins before the clip or ends before it begins."""
    if not 0 <= start < end:
        raise ParameterError(
            f"{name} must start at 0 s or later and end after that: {start}, {end}."
        )
