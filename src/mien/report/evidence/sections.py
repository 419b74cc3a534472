"""The report's measures in words: what each means, its figures, its notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mien.evidence.evaluate import Evidence
from mien.fidelity import resting
from mien.fidelity.profile import look_up
from mien.report.evidence.figures import RESTING_WORDS

UNKNOWN = "not measurable"


@dataclass(frozen=True)
class Table:
    """A table, ready to be printed."""

    caption: str
    """What it holds."""
    header: tuple[str, ...]
    """Names of the columns."""
    rows: tuple[tuple[str, ...], ...]
    """Cells; the first of a row names it."""


@dataclass(frozen=True)
class Section:
    """One measure."""

    key: str
    """Its key in the metrics."""
    title: str
    """Its heading."""
    meaning: str
    """What it means, in one plain sentence."""
    tables: tuple[Table, ...] = ()
    """Its figures."""
    drawings: tuple[str, ...] = ()
    """Names of the figures that belong to it."""
    notes: tuple[str, ...] = ()
    """What limits it, a sentence each."""
    citation: str = ""
    """Where it comes from."""


_AGREEMENT = ("figure", "result", "95 % interval", "ceiling", "of the ceiling")
_SIDES = ("figure", "original", "result", "difference", "ceiling", "95 % interval")

_R = (
    ("r_x, sideways", "r_x"),
    ("r_y, up and down", "r_y"),
    ("r_CCA, both together", "r_cca"),
)
_BODY = (
    ("mean similarity (OKS)", "oks_mean"),
    ("mean similarity without the face's keypoints", "oks_without_face"),
    ("share of frames over .95", "share_over_95"),
    ("share of frames over .995", "share_over_995"),
    ("AP at .50", "ap_50"),
    ("AP at .50 to .95", "ap_50_95"),
    ("share of frames with a body", "found"),
)


def sections(evidence: Evidence) -> list[Section]:
    """All measures, in the order of the page; those that were not asked are left out."""
    makers = {
        "dynamics": _dynamics,
        "blink": _blink,
        "tremor": _tremor,
        "resting": _resting,
        "body": _body,
        "pulse": _pulse,
        "expression": _expression,
        "continuity": _continuity,
        "privacy": _privacy,
    }
    found = []
    for key, maker in makers.items():
        content = evidence.metrics.get(key)
        if content is not None:
            found.append(maker(content))
    return found


def number(value: Any, digits: int = 3) -> str:
    """A figure as printed: three digits after the point, fewer of large ones."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or not isinstance(value, int | float):
        return UNKNOWN
    if isinstance(value, int):
        return f"{value}"
    size = abs(value)
    if 0 < size < 0.5 * 10**-digits:
        text = f"{value:.2g}"
    elif size >= 1000:
        text = f"{value:.0f}"
    elif size >= 100:
        text = f"{value:.{min(digits, 1)}f}"
    else:
        text = f"{value:.{digits}f}"
    return text.replace("-", "\N{MINUS SIGN}")


def share(value: Any) -> str:
    """A share as per cent."""
    if not isinstance(value, int | float):
        return "\N{EN DASH}"
    return f"{100 * value:.1f} %".replace("-", "\N{MINUS SIGN}")


def between(ends: Any) -> str:
    """An interval as printed."""
    if not ends or any(end is None for end in ends):
        return "\N{EN DASH}"
    return f"{number(ends[0])} to {number(ends[1])}"


def _row(
    content: dict[str, Any], label: str, key: str, interval: str | None = None
) -> tuple[str, ...]:
    """A line of an agreement: value, interval, ceiling and their ratio."""
    ceiling = look_up(content.get("ceiling"), key)
    return (
        label,
        number(look_up(content, key)),
        between((content.get("interval") or {}).get(interval or key)),
        number(ceiling) if ceiling is not None else "\N{EN DASH}",
        share((content.get("ratio") or {}).get(key)),
    )


def _sides(
    content: dict[str, Any], label: str, original: str, other: str, interval: str | None = None
) -> tuple[str, ...]:
    """A line with both clips: original, result, their difference, and the ceiling's result."""
    one, two = look_up(content, original), look_up(content, other)
    known = isinstance(one, int | float) and isinstance(two, int | float)
    ceiling = look_up(content.get("ceiling"), other)
    return (
        label,
        number(one),
        number(two),
        number(two - one) if known else UNKNOWN,  # type: ignore[operator]
        number(ceiling) if ceiling is not None else "\N{EN DASH}",
        between((content.get("interval") or {}).get(interval)) if interval else "\N{EN DASH}",
    )


def _dynamics(content: dict[str, Any]) -> Section:
    second = content.get("second_opinion", {})
    tracker = second.get("tracker", "MediaPipe")
    rows = [_row(content, label, key) for label, key in _R]
    rows += [
        _row(content, f"{label}, head's movement removed", f"pose_removed.{key}")
        for label, key in _R
    ]
    opinion = [_row(content, label, f"second_opinion.{key}") for label, key in _R]
    regions = tuple(
        (
            name,
            number(region["gain"]),
            number(look_up(content, f"ceiling.regions.{name}.gain")),
            number(region["lag_ms"], 0) if region["lag_ms"] is not None else UNKNOWN,
            number(region["r"]),
            number(region["extent"], 4),
        )
        for name, region in (content.get("regions") or {}).items()
    )
    notes = [
        f"Compared in {content['frames']} frames, {share(content.get('coverage'))} of those in "
        f"which the original's face is found. Tracker: {content.get('tracker', 'dlib')}; it "
        "does not drive the rendering."
    ]
    if content["r_x"] is None:
        notes.append("Not measurable: both faces have to be found in at least 10 frames, and move.")
    notes.append(
        "A gain below 1 is a damped movement, a positive lag one that comes late. A region that "
        "hardly moves in the original (small extent) says little."
    )
    return Section(
        "dynamics",
        "Movement of the face",
        "Whether the parts of the face move towards and away from each other as they did: 1 means "
        "alike, 0 means unrelated.",
        (
            Table("Mean correlation over the 1,275 pairs of 51 landmarks", _AGREEMENT, tuple(rows)),
            Table(f"Second opinion, not independent: {tracker}", _AGREEMENT, tuple(opinion)),
            Table(
                "Main movement of each region, the head's removed",
                ("region", "gain", "ceiling's gain", "lag (ms)", "r", "extent in the original"),
                regions,
            ),
        ),
        ("dynamics", "gains"),
        tuple(notes),
        content.get("citation", ""),
    )


def _blink(content: dict[str, Any]) -> Section:
    rows = [
        _row(content, "f1 at the best threshold", "f1"),
        _row(content, "precision at the best threshold", "precision"),
        _row(content, "recall at the best threshold", "recall"),
        _row(content, "f1 by the clip's own threshold", "own_f1"),
        _row(content, "precision by the clip's own threshold", "own_precision"),
        _row(content, "recall by the clip's own threshold", "own_recall"),
        _row(content, "error of the eye aspect ratio, right", "ear_error_right"),
        _row(content, "error of the eye aspect ratio, left", "ear_error_left"),
        _row(content, "the same within blinks, right", "ear_error_in_blinks_right"),
        _row(content, "the same within blinks, left", "ear_error_in_blinks_left"),
        _row(content, "error of completeness", "completeness_error"),
        _row(content, "error of duration (s)", "duration_error_s"),
    ]
    both = [
        _sides(content, label, f"{key}_original", f"{key}_other")
        for label, key in (
            ("blinks", "count"),
            ("blinks, right eye alone", "count_right"),
            ("blinks, left eye alone", "count_left"),
            ("blinks per minute", "rate"),
            ("open level, right eye", "open_right"),
            ("open level, left eye", "open_left"),
            ("open level, right - left", "open_difference"),
            ("completeness", "completeness"),
            ("completeness, right - left", "completeness_difference"),
            ("duration (s)", "duration_s"),
        )
    ]
    notes = []
    if content.get("threshold") is not None:
        notes.append(
            f"Best threshold: an eye aspect ratio of {content['threshold']:.2f}, with "
            f"{content['tp']} of {content['n_original']} blinks of the original found in the "
            f"result and {content['n_other']} there in all. It is chosen on this clip "
            "and flatters; the count by each clip's own threshold needs no choice."
        )
    else:
        notes.append("No blink was found in either clip at any threshold.")
    if (content.get("count_original") or 0) < 4:
        notes.append("Fewer than four blinks: shares of so few say little.")
    second = content.get("second_opinion") or {}
    if second.get("count_original") is not None:
        notes.append(
            f"Second opinion, MediaPipe alone: {second['count_original']} blinks in the original, "
            f"{second['count_other']} in the result, f1 {number(second.get('own_f1'))}."
        )
    return Section(
        "blink",
        "Blinks",
        "Whether each blink of the original is still there, at its time, as deep and on "
        "both sides.",
        (
            Table("Agreement; of errors less is better", _AGREEMENT, tuple(rows)),
            Table("Both clips, by each one's own threshold", _SIDES, tuple(both)),
        ),
        ("blinks",),
        tuple(notes),
        content.get("citation", ""),
    )


def _tremor(content: dict[str, Any]) -> Section:
    tables = []
    for site, name in (("lip", "lower lip"), ("jaw", "jaw")):
        if not isinstance(content.get(site), dict):
            continue
        rows = []
        for label, path in (("in the picture", site), ("relative to the head", f"{site}.in_head")):
            rows += [
                _row(content, f"power from 4 to 6 Hz, result / original, {label}", f"{path}.ratio"),
                _row(content, f"amplitude, result / original, {label}", f"{path}.amplitude_ratio"),
                _row(content, f"coherence from 4 to 6 Hz, {label}", f"{path}.coherence"),
            ]
        tables.append(Table(f"Vertical movement, {name}", _AGREEMENT, tuple(rows)))
        tables.append(
            Table(
                f"Both clips, {name}, in the picture",
                _SIDES,
                (
                    _sides(content, "highest peak from 3 to 12 Hz (Hz)", f"{site}.peak_hz_original",
                           f"{site}.peak_hz_other"),
                    _sides(content, "highest peak from 4 to 6 Hz (Hz)",
                           f"{site}.band_peak_hz_original", f"{site}.band_peak_hz_other"),
                    _sides(content, "amplitude from 4 to 6 Hz (outer-eye distances)",
                           f"{site}.amplitude_original", f"{site}.amplitude_other"),
                ),
            )
        )  # fmt: skip
    present = content.get("present")
    notes = [
        {
            True: "The original shows a tremor of lip or jaw between 4 and 6 Hz.",
            False: "The original shows no tremor of lip or jaw: the ratios compare noise and the "
            "movements of speech.",
            None: "Not measurable: both faces have to be seen for 2 s on end, at 13 frames per "
            "second or more.",
        }[present],
        "Power falls and rises with the distance of the face's points from one another; a ratio of "
        "1 means a tremor as strong as it was.",
    ]
    return Section(
        "tremor",
        "Tremor of lip and jaw",
        "Whether lower lip and jaw tremble as strongly, at the same frequency and at the same time "
        "as they did.",
        tuple(tables),
        ("spectrograms", "spectra"),
        tuple(notes),
        content.get("citation", ""),
    )


def _resting(content: dict[str, Any]) -> Section:
    def rows(path: str, intervals: bool) -> tuple[tuple[str, ...], ...]:
        return tuple(
            _sides(
                content,
                RESTING_WORDS.get(name, name),
                f"{path}{name}.original",
                f"{path}{name}.other",
                name if intervals else None,
            )
            for name in resting.MEASURES
        )

    frames = content.get("frames") or 0
    notes = (
        f"Read in {frames} frames ({number(content.get('seconds'), 1)} s) in which the original's "
        "face rests. The interval is that of the mean difference.",
        "A replaced face has its own height of lids and lips; differences of the two sides are "
        "what a palsy shows."
        if frames
        else "Not measurable: the original's face never rests long enough.",
    )
    return Section(
        "resting",
        "The face at rest",
        "Whether drooping corners of the mouth, brows and lids and parted lips at rest are as they "
        "were.",
        (
            Table("By dlib, in per cent of the face's width", _SIDES, rows("", True)),
            Table(
                "Second opinion, not independent: MediaPipe", _SIDES, rows("second_opinion.", False)
            ),
        ),
        ("resting",),
        notes,
        content.get("citation", ""),
    )


def _body(content: dict[str, Any]) -> Section:
    distance = content.get("distance") or {}
    shown = tuple(
        (
            name.replace("_", " "),
            number(value, 1),
            number(look_up(content, f"ceiling.distance.{name}"), 1),
        )
        for name, value in distance.items()
        if value is not None
    )
    tables = [
        Table("Agreement of the keypoints", _AGREEMENT, tuple(_row(content, *row) for row in _BODY))
    ]
    if shown:
        header = ("keypoint", "mean distance (pixels)", "ceiling")
        tables.append(Table("Distance of each keypoint that is in view", header, shown))
    notes = [f"Compared in {content.get('frames', 0)} frames in which the original shows a body."]
    if content.get("oks_mean") is None:
        notes.append("Not measurable: the original shows no body to compare.")
    notes.append(
        "Of a talking head most keypoints lie in the face itself, which was exchanged: the line "
        "without the face's keypoints tells whether the body stands as it did."
    )
    return Section(
        "body",
        "Body",
        "Whether a pose estimator sees the body where it was: 1 means in the same place.",
        tuple(tables),
        ("body",),
        tuple(notes),
        content.get("citation", ""),
    )


def _pulse(content: dict[str, Any]) -> Section:
    rows = [
        _sides(content, "heart rate (beats a minute)", "original.heart_rate", "other.heart_rate"),
        _sides(content, "signal-to-noise ratio, POS (dB)", "original.snr.pos", "other.snr.pos"),
        _sides(content, "signal-to-noise ratio, CHROM (dB)", "original.snr.chrom",
               "other.snr.chrom"),
        _sides(content, "share of windows with a clear pulse", "original.share_clear",
               "other.share_clear"),
    ]  # fmt: skip
    agreement = [
        _row(content, "share of clear windows with the same rate", "kept"),
        _row(content, "difference of rates, POS (beats a minute)", "difference.pos"),
        _row(content, "difference of rates, CHROM (beats a minute)", "difference.chrom"),
    ]
    return Section(
        "pulse",
        "Pulse in the skin",
        "Whether the heart rate can still be read from the colour of the skin.",
        (
            Table("Agreement", _AGREEMENT, tuple(agreement)),
            Table("Both clips", _SIDES, tuple(rows)),
        ),
        ("pulse",),
        (content["note"],) if content.get("note") else (),
        content.get("citation", ""),
    )


def _expression(content: dict[str, Any]) -> Section:
    channels = content.get("r_by_channel") or {}
    worst = tuple(
        (name, number(channels.get(name)), number(look_up(content, f"ceiling.r_by_channel.{name}")))
        for name in content.get("worst") or ()
    )
    tables = [
        Table(
            "Agreement",
            _AGREEMENT,
            (
                _row(content, "r, mean over the channels that move", "r"),
                _row(content, "mean difference of the scores", "difference"),
            ),
        )
    ]
    labels = content.get("labels")
    if labels:
        tables.append(
            Table(
                f"Expression that the face resembles most, in {labels['frames']} frames",
                _AGREEMENT,
                (
                    _row(content, "share of frames with the same one", "labels.same"),
                    _row(content, "Cohen's kappa", "labels.kappa"),
                ),
            )
        )
    if worst:
        tables.append(Table("Channels that agree least", ("channel", "r", "ceiling"), worst))
    notes = [
        f"{content.get('channels', 0)} channels move in the original; compared in "
        f"{content.get('frames', 0)} frames."
    ]
    if content.get("note"):
        notes.append(content["note"])
    return Section(
        "expression",
        "Expression",
        "Whether smiles, frowns, squints and the like are scored as they were over time.",
        tuple(tables),
        ("expression",),
        tuple(notes),
        content.get("citation", ""),
    )


def _continuity(content: dict[str, Any]) -> Section:
    return Section(
        "continuity",
        "Every frame in its place",
        "Whether every frame is there, shows a face where the original does, and moves when the "
        "original moves.",
        (
            Table(
                "Shares",
                _AGREEMENT,
                (
                    _row(content, "frames of the original that the result lacks", "missing"),
                    _row(content, "frames with the original's face in which the result's is found",
                         "face_found"),
                    _row(content, "changes at which the result's face stands still", "held"),
                ),
            ),
        ),
        ("continuity",),
        (),
        content.get("citation", ""),
    )  # fmt: skip


def _privacy(content: dict[str, Any]) -> Section:
    tables = []
    ceiling = content.get("ceiling") or {}
    for person in content.get("people") or []:
        own = ceiling if len(content["people"]) == 1 else {}
        quantiles = person.get("quantiles") or {}
        rows = [
            ("frames compared", number(person["frames"]), number(own.get("frames"))),
            ("smallest distance", number(person["nearest"]), number(own.get("nearest"))),
            ("mean distance", number(person["mean"]), number(own.get("mean"))),
            *((f"{q} % of the frames lie below", number(v), UNKNOWN) for q, v in quantiles.items()),
            ("share of frames recognised", share(person["share_under"]),
             share(own.get("share_under"))),
            ("at most, with 95 % confidence", share(person.get("share_upper")), UNKNOWN),
            (f"share of frames in which the person is picked among {person.get('others', 0)} "
             "others", share(person.get("rank1")), UNKNOWN),
            ("share of frames left as they were", share(person.get("untouched")), UNKNOWN),
            ("share of frames in which the result shows a face", share(person.get("seen")),
             UNKNOWN),
        ]  # fmt: skip
        rows = [(a, b, "\N{EN DASH}" if c == UNKNOWN else c) for a, b, c in rows]
        tables.append(
            Table(
                f"Person {person['person'] + 1}, threshold {person['threshold']:g} "
                f"({person['recogniser']})",
                ("figure", "result", "original encoded again"),
                tuple(rows),
            )
        )
    residual = content.get("residual") or {}
    left = len(residual.get("found") or [])
    notes = [
        f"Other detectors looked at {residual.get('frames', 0)} frames, at four rotations, for "
        "faces where nobody was tracked and found "
        f"{'none' if not left else f'some in {left} of them'}.",
        *content.get("notes", []),
    ]
    if any((person.get("seen") or 0) < 0.995 for person in content.get("people") or []):
        notes.append(
            "In some compared frames the result shows no face: of a face that is hidden or blurred "
            "the recogniser says little."
        )
    return Section(
        "privacy",
        "Privacy",
        "How far the recogniser sees the result's face from the patient's: below the threshold it "
        "takes the two for one person.",
        tuple(tables),
        ("privacy",),
        tuple(notes),
        content.get("citation", ""),
    )
