"""The figures that are measured: each one's key, name, unit, direction and ceiling, in one place.

Profiles, tables, pages, cohorts and cards read figures by what stands here, and a test measures a
clip and looks for every key. Importing this loads no numerical library.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Better = Literal["high", "low", "one", "zero"]

MEASURES = (
    *(
        "dynamics",
        "blink",
        "tremor",
        "resting",
        "body",
        "pulse",
        "expression",
        "looks",
        "continuity",
    ),
    "privacy",
)
"""The measures, in the order of the metrics."""


def look_up(content: Mapping[str, Any] | None, key: str) -> Any:
    """A value by its dotted key; None where there is none."""
    found: Any = content
    for part in key.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found


@dataclass(frozen=True)
class Figure:
    """One figure of the metrics."""

    key: str
    """Dotted key; its first word is the measure."""
    name: str
    """What it is, as the report of one clip prints it."""
    better: Better
    """Which is better: ``"high"``, ``"low"``, ``"one"`` (as near to 1 as can be) or ``"zero"``."""
    unit: str = ""
    """As printed; empty for shares, correlations and counts."""
    title: str = ""
    """Heading of its column in tables of several results; empty where they leave it out."""
    when: str | None = None
    """One of `CONDITIONS`, which has to hold for the figure to mean something in such tables."""
    ceiling: str | None = ""
    """Dotted key of the same figure of the original encoded again; None where there is none, by
    default the key with ``ceiling`` put after the measure."""
    optional: bool = False
    """Whether the metrics of a clip may lack it altogether."""

    def __post_init__(self) -> None:
        if self.ceiling == "":
            object.__setattr__(self, "ceiling", f"{self.measure}.ceiling.{self.within}")

    @property
    def measure(self) -> str:
        """The measure that it belongs to, one of `MEASURES`."""
        return self.key.partition(".")[0]

    @property
    def within(self) -> str:
        """Its dotted key within the measure."""
        return self.key.partition(".")[2]

    @property
    def source(self) -> str:
        """Dotted key of where the measure comes from."""
        return f"{self.measure}.citation"

    def badness(self, value: float) -> float:
        """Smaller is better."""
        return {"high": -value, "low": value, "one": abs(value - 1), "zero": abs(value)}[
            self.better
        ]


@dataclass(frozen=True)
class Sides:
    """A figure that the original and the result have each."""

    original: str
    """Dotted key of the original's."""
    other: str
    """Dotted key of the result's."""
    name: str
    """What it is, as the report of one clip prints it."""
    unit: str = ""
    """As printed; empty for counts and shares of counts."""

    @property
    def measure(self) -> str:
        """The measure that it belongs to, one of `MEASURES`."""
        return self.original.partition(".")[0]


RESTING = {
    "mouth_corner": "corners of the mouth, right - left",
    "brow": "brows, right - left",
    "lid": "lids, right - left",
    "lid_right": "lids apart, right",
    "lid_left": "lids apart, left",
    "upper_lid_right": "upper lid, right",
    "upper_lid_left": "upper lid, left",
    "aperture_right": "opening / width, right eye",
    "aperture_left": "opening / width, left eye",
    "lips_parted": "lips apart",
}
"""The features of a face at rest, in words."""
_REGIONS = ("brows", "eyes", "nose", "mouth", "jaw")
"""The regions of a face whose main movement is followed."""
_SITES = ("lip", "jaw")
_R = {"r_x": "r_x, sideways", "r_y": "r_y, up and down", "r_cca": "r_CCA, both together"}
_EYE, _OUTER = "eye aspect ratio", "outer-eye distances"
_ERROR = "error of the eye aspect ratio"
_BEST, _OWN = "at the best threshold", "by the clip's own threshold"


def _unit(feature: str) -> str:
    """Of a feature of the face at rest."""
    return "" if feature.startswith("aperture") else "% of face width"


_DYNAMICS = (
    Figure("dynamics.r_x", _R["r_x"], "high", title="r_x"),
    Figure("dynamics.r_y", _R["r_y"], "high", title="r_y"),
    Figure("dynamics.r_cca", _R["r_cca"], "high", title="r_CCA"),
    *(
        Figure(f"dynamics.pose_removed.{key}", f"{name}, head's movement removed", "high")
        for key, name in _R.items()
    ),
    *(Figure(f"dynamics.second_opinion.{key}", name, "high") for key, name in _R.items()),
    *(
        Figure(
            f"dynamics.regions.{region}.gain",
            f"gain of the {region}",
            "one",
            title="gain of the mouth" if region == "mouth" else "",
        )
        for region in _REGIONS
    ),
    *(
        Figure(f"dynamics.regions.{region}.lag_ms", f"lag of the {region}", "zero", "ms")
        for region in _REGIONS
    ),
)
_BLINK = (
    Figure("blink.f1", f"f1 {_BEST}", "high"),
    *(Figure(f"blink.{key}", f"{key} {_BEST}", "high") for key in ("precision", "recall")),
    Figure("blink.own_f1", f"f1 {_OWN}", "high", title="blinks, f1"),
    *(Figure(f"blink.own_{key}", f"{key} {_OWN}", "high") for key in ("precision", "recall")),
    Figure("blink.ear_error_right", f"{_ERROR}, right", "low", _EYE, f"{_EYE}, error"),
    Figure("blink.ear_error_left", f"{_ERROR}, left", "low", _EYE),
    *(
        Figure(f"blink.ear_error_in_blinks_{eye}", f"the same within blinks, {eye}", "low", _EYE)
        for eye in ("right", "left")
    ),
    Figure("blink.completeness_error", "error of completeness", "low"),
    Figure("blink.duration_error_s", "error of duration (s)", "low", "s"),
    Figure("blink.second_opinion.completeness_ratio", "completeness, result / original", "one"),
)
_TREMOR = tuple(
    figure
    for site in _SITES
    for path, where in (
        (site, "in the picture"),
        (f"{site}.in_head", "relative to the head"),
    )
    for figure in (
        Figure(
            f"tremor.{path}.ratio",
            f"power from 4 to 6 Hz, result / original, {where}",
            "one",
            title="tremor of the lip, power ratio" if path == "lip" else "",
            when="tremor.present",
        ),
        Figure(f"tremor.{path}.amplitude_ratio", f"amplitude, result / original, {where}", "one"),
        Figure(f"tremor.{path}.coherence", f"coherence from 4 to 6 Hz, {where}", "high"),
        Figure(
            f"tremor.{path}.deviation",
            f"deviation of the spectrogram from 4 to 6 Hz, {where}",
            "zero",
        ),
        Figure(f"tremor.{path}.frequency_error", f"error of the frequency, {where}", "low", "Hz"),
    )
)
_RESTING = tuple(
    Figure(
        f"resting.{path}{key}.error",
        name,
        "low",
        _unit(key),
        title="mouth corners at rest, error" if path + key == "mouth_corner" else "",
    )
    for path in ("", "second_opinion.")
    for key, name in RESTING.items()
)
_BODY = (
    Figure("body.oks_mean", "mean similarity (OKS)", "high", title="body, OKS"),
    Figure(
        "body.oks_without_face", "mean similarity without the face's keypoints", "high"
    ),
    Figure(
        "body.share_over_95", "share of frames over .95", "high", title="body, share over .95"
    ),
    Figure("body.share_over_995", "share of frames over .995", "high"),
    Figure(
        "body.without_face_over_95",
        "share of frames over .95 without the face's keypoints",
        "high",
        title="body without the face, share over .95",
    ),
    Figure("body.ap_50", "AP at .50", "high"),
    Figure("body.ap_50_95", "AP at .50 to .95", "high"),
    Figure("body.with_neck.oks_mean", "mean similarity over 18 keypoints", "high"),
    Figure("body.with_neck.share_over_95", "share of frames over .95, 18 keypoints", "high"),
    Figure("body.with_neck.share_over_995", "share of frames over .995, 18 keypoints", "high"),
    Figure("body.with_neck.ap_50", "AP at .50, 18 keypoints", "high"),
    Figure("body.with_neck.ap_50_95", "AP at .50 to .95, 18 keypoints", "high"),
    Figure("body.found", "share of frames with a body", "high"),
    Figure("body.ratio.share_over_95", "share of frames over .95, of the ceiling's", "high",
           ceiling=None),
)  # fmt: skip
_PULSE = (
    Figure("pulse.kept", "share of clear windows with the same rate", "high", title="pulse kept"),
    *(
        Figure(
            f"pulse.difference.{way}",
            f"difference of rates, {way.upper()} (beats a minute)",
            "low",
            "1/min",
        )
        for way in ("pos", "chrom")
    ),
)
_EXPRESSION = (
    Figure("expression.r", "r, mean over the channels that move", "high", title="expression, r"),
    Figure("expression.difference", "mean difference of the scores", "low"),
    Figure("expression.labels.same", "share of frames with the same one", "high", optional=True),
    Figure("expression.labels.kappa", "Cohen's kappa", "high", optional=True),
)
_LOOKS = (
    Figure(
        "looks.seam", "change of the brightness step across the outline", "low", "%", title="seam"
    ),
    Figure("looks.grain", "fine detail of skin against the neck's, result / original", "one"),
    Figure("looks.flicker", "flicker of still skin, result less original", "zero", "grey levels"),
    Figure(
        "looks.as_sure",
        "share of frames in which the expression is read as surely",
        "high",
        optional=True,
    ),
)
_CONTINUITY = (
    Figure("continuity.missing", "frames of the original that the result lacks", "low"),
    Figure("continuity.missing_share", "share of the frames that the result lacks", "low"),
    Figure(
        "continuity.face_found",
        "frames with the original's face in which the result's is found",
        "high",
        title="face found",
    ),
    Figure(
        "continuity.held",
        "changes at which the result's face stands still",
        "low",
        title="face held",
    ),
)
_PRIVACY = (
    Figure(
        "privacy.share_recognised",
        "share of frames recognised",
        "low",
        title="frames recognised",
        ceiling=None,  # privacy.ceiling.share_recognised, which these tables do not print
    ),
    Figure("privacy.nearest", "smallest distance", "high", title="smallest distance"),
    Figure("privacy.mean", "mean distance", "high"),
    Figure(
        "privacy.margin",
        "smallest distance in thresholds, of the recogniser that comes nearest",
        "high",
        ceiling=None,
    ),
    Figure(
        "privacy.rank1",
        "share of frames first among others, of the recogniser that is right most often",
        "low",
        title="first among others",
        ceiling=None,
    ),
    Figure(
        "privacy.rank1_single",
        "the same with one original frame known",
        "low",
        ceiling=None,
    ),
    Figure("privacy.share_untouched", "share of frames left as they were", "low", ceiling=None),
    Figure("privacy.faces_unaccounted", "faces where nobody was tracked", "low", ceiling=None),
)
FIGURES = {
    figure.key: figure
    for figure in (
        *(
            *_DYNAMICS,
            *_BLINK,
            *_TREMOR,
            *_RESTING,
            *_BODY,
            *_PULSE,
            *_EXPRESSION,
            *_LOOKS,
            *_CONTINUITY,
        ),
        *_PRIVACY,
    )
}
"""Every figure of which more, less or 1 is better, by its key, in the order of tables."""

CONDITIONS = (
    *("blink.any", "blink.seen", "resting.known", "tremor.present"),
    *(f"tremor.{site}.{what}" for site in _SITES for what in ("present", "coherence_known")),
    *(f"dynamics.regions.{region}.clear" for region in _REGIONS),
)
"""Keys of the metrics that are true, false or None: whether a figure means something."""


def _pair(key: str, name: str, unit: str = "") -> Sides:
    return Sides(f"{key}_original", f"{key}_other", name, unit)


_BLINK_SIDES = (
    _pair("blink.count", "blinks"),
    _pair("blink.count_right", "blinks, right eye alone"),
    _pair("blink.count_left", "blinks, left eye alone"),
    _pair("blink.rate", "blinks per minute", "1/min"),
    _pair("blink.open_right", "open level, right eye", "EAR"),
    _pair("blink.open_left", "open level, left eye", "EAR"),
    _pair("blink.open_difference", "open level, right - left", "EAR"),
    _pair("blink.completeness", "completeness", "share"),
    _pair("blink.completeness_difference", "completeness, right - left", "share"),
    _pair("blink.duration_s", "duration (s)", "s"),
)
_TREMOR_SIDES = tuple(
    _pair(f"tremor.{site}.{key}", name, unit)
    for site in _SITES
    for key, name, unit in (
        ("peak_hz", "highest peak from 3 to 12 Hz (Hz)", "Hz"),
        ("band_peak_hz", "highest peak from 4 to 6 Hz (Hz)", "Hz"),
        ("amplitude", f"amplitude from 4 to 6 Hz ({_OUTER})", _OUTER),
    )
)
_RESTING_SIDES = tuple(
    Sides(f"resting.{path}{key}.original", f"resting.{path}{key}.other", name, _unit(key))
    for path in ("", "second_opinion.")
    for key, name in RESTING.items()
)
_PULSE_SIDES = tuple(
    Sides(f"pulse.original.{key}", f"pulse.other.{key}", name, unit)
    for key, name, unit in (
        ("heart_rate", "heart rate (beats a minute)", "1/min"),
        ("snr.pos", "signal-to-noise ratio, POS (dB)", "dB"),
        ("snr.chrom", "signal-to-noise ratio, CHROM (dB)", "dB"),
        ("share_clear", "share of windows with a clear pulse", ""),
    )
)
SIDES = {
    sides.original: sides
    for sides in (*_BLINK_SIDES, *_TREMOR_SIDES, *_RESTING_SIDES, *_PULSE_SIDES)
}
"""What original and result have each, by the original's key, in the order of tables."""
