"""Judge de-identified clips against their originals with dlib only.

    python benchmarks/judge.py ORIGINAL DEIDENTIFIED [ORIGINAL DEIDENTIFIED ...]
        [--json OUT] [--report PNG] [--no-ceiling] [--verbose] [--jobs N] [--subpixel]

The judge shares nothing with what it judges: it imports neither mien nor MediaPipe. Faces are
found with dlib's HOG detector, landmarks are dlib's 68 points, identity is dlib's 128-d
descriptor. The row "ceiling" under a clip is the same judgement of the original against its own
re-encode (libx264, crf 17): what the instrument itself loses. Much of that loss is dlib's rounding
of landmarks to whole pixels; --subpixel fits them on a fourfold enlarged face instead. The best
threshold of the blink F1 flatters short clips: read it with the number of blinks beside it.

Detections are cached by file hash in ~/.cache/mien-judge, which may be deleted at any time.

References
----------
.. [1] Kazemi & Sullivan, One millisecond face alignment, CVPR 2014 (landmarks).
.. [2] Soukupova & Cech, Real-time eye blink detection using facial landmarks, CVWW 2016 (EAR).
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import json
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import cv2
import dlib
import numpy as np

VERSION = 2  # of the cached results: raise it when detection or a measure changes
CACHE = Path.home() / ".cache" / "mien-judge"
DETECTION_HEIGHT = 720
DESCRIPTOR_STEP = 5
ZOOM = 4
MATCH_DISTANCE = 0.6
LEAK_LEVEL = 4.0
THRESHOLDS = np.round(np.arange(0.05, 0.301, 0.01), 2)
BLINK_SECONDS = (0.060, 0.700)
MISSED, FOUND, BORROWED = 0, 1, 2

GROUPS = {
    "brows": range(17, 27),
    "nose": range(27, 36),
    "eyes": range(36, 48),
    "mouth": range(48, 68),
}
FIRST, SECOND = (index + 17 for index in np.triu_indices(51, 1))
"""The 1,275 pairs of the 51 inner landmarks, as indices into the 68."""


@dataclass(frozen=True)
class Faces:
    """What dlib found in one clip."""

    times: np.ndarray
    """Presentation times, seconds, shape (n_frames,)."""
    status: np.ndarray
    """MISSED, FOUND, or BORROWED (box taken from the original), shape (n_frames,)."""
    boxes: np.ndarray
    """Left, top, right, bottom in pixels, NaN where MISSED, shape (n_frames, 4)."""
    landmarks: np.ndarray
    """Pixels, NaN where MISSED, shape (n_frames, 68, 2)."""
    descriptors: np.ndarray
    """Of every fifth frame that has landmarks, shape (n_sampled, 128)."""


# --- detection ------------------------------------------------------------------------------


@cache
def _models():
    spec = importlib.util.find_spec("face_recognition_models")  # importing needs pkg_resources
    if spec is None or not spec.submodule_search_locations:
        sys.exit("judge: pip install face_recognition_models (it carries dlib's weights)")
    folder = Path(next(iter(spec.submodule_search_locations))) / "models"
    return (
        dlib.get_frontal_face_detector(),
        dlib.shape_predictor(str(folder / "shape_predictor_68_face_landmarks.dat")),
        dlib.face_recognition_model_v1(str(folder / "dlib_face_recognition_resnet_model_v1.dat")),
    )


def decode(path):
    """Yield (seconds, PyAV frame) of the first video stream, in display order."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        for frame in container.decode(stream):
            yield float(frame.pts * frame.time_base), frame


def _search(grey, upsample):
    rectangles, scores, _ = _models()[0].run(grey, upsample, 0.0)
    boxes = [(r.left(), r.top(), r.right() + 1, r.bottom() + 1) for r in rectangles]
    return np.array(boxes, float).reshape(-1, 4), np.array(scores, float)


def _overlap(boxes, box):
    """Intersection over union of each box with one box."""
    low = np.maximum(boxes[:, :2], box[:2])
    high = np.minimum(boxes[:, 2:], box[2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=1)
    area = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    return shared / (area + np.prod(box[2:] - box[:2]) - shared)


def _nearest(boxes, near):
    overlaps = _overlap(boxes, near) if len(boxes) else np.zeros(0)
    return boxes[overlaps.argmax()] if overlaps.max(initial=0) > 0.2 else None


def find_face(grey, near):
    """Find the box of one face in a grey frame.

    Parameters
    ----------
    grey : np.ndarray [shape=(h, w), dtype=uint8]
    near : np.ndarray [shape=(4,)] or None
        Where the face is expected; without it the largest, surest face is taken.

    Returns
    -------
    box : np.ndarray [shape=(4,)] or None
    """
    boxes, scores = _search(grey, 0)
    if near is None:
        if not len(boxes):
            boxes, scores = _search(grey, 1)
        if not len(boxes):
            return None
        return boxes[(scores * (boxes[:, 2] - boxes[:, 0])).argmax()]
    box = _nearest(boxes, near)
    if box is not None:
        return box
    centre, half = (near[:2] + near[2:]) / 2, 0.9 * (near[2:] - near[:2])
    left, top = np.maximum(centre - half, 0).astype(int)
    right, bottom = np.maximum(centre + half, 1).astype(int)
    crop = np.ascontiguousarray(grey[top:bottom, left:right])
    if min(crop.shape) < 20:
        return None
    boxes, _ = _search(crop, 1)
    return _nearest(boxes + np.array([left, top, left, top], float), near)


def file_hash(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:24]


def fit_landmarks(rgb, box, subpixel):
    """Fit the 68 points in one box: dlib's own whole pixels, or quarter pixels.

    Returns
    -------
    points : np.ndarray [shape=(68, 2)]
    shape : dlib.full_object_detection
        The whole-pixel fit, for the recogniser.
    """
    predictor = _models()[1]
    left, top, right, bottom = (round(edge) for edge in box)
    shape = predictor(rgb, dlib.rectangle(left, top, right - 1, bottom - 1))
    if not subpixel:
        return np.array([(p.x, p.y) for p in shape.parts()], float), shape
    margin = round(0.4 * (right - left))
    x, y = max(left - margin, 0), max(top - margin, 0)
    face = rgb[y : bottom + margin, x : right + margin]
    face = cv2.resize(face, None, fx=ZOOM, fy=ZOOM, interpolation=cv2.INTER_LINEAR)
    edges = ((left - x) * ZOOM, (top - y) * ZOOM, (right - x) * ZOOM - 1, (bottom - y) * ZOOM - 1)
    fine = predictor(face, dlib.rectangle(*edges))
    # Pixel centres: the centre of enlarged pixel i lies at (i + 0.5) / ZOOM - 0.5.
    points = (np.array([(p.x, p.y) for p in fine.parts()]) + 0.5) / ZOOM - 0.5
    return points + np.array([x, y]), shape


def detect(path, original=None, subpixel=False):
    """Find the face of a clip in every frame, from the cache if it was judged before.

    Parameters
    ----------
    path : Path
    original : tuple (Path, Faces), optional
        The clip that `path` was made from: tells which face is meant, and lends its box where
        the detector misses.
    subpixel : bool
        Fit landmarks to a quarter of a pixel.

    Returns
    -------
    faces : Faces
    """
    key = file_hash(path) + (f"-{file_hash(original[0])}" if original else "")
    stored = CACHE / f"v{VERSION}-{key}{'-fine' * subpixel}.npz"
    if stored.exists():
        with np.load(stored) as arrays:
            return Faces(**arrays)
    recogniser = _models()[2]
    times, status, found, landmarks, descriptors = [], [], [], [], []
    last, gap = None, 0
    start = time.monotonic()
    for index, (seconds, frame) in enumerate(decode(path)):
        rgb = frame.to_ndarray(format="rgb24")
        scale = min(1.0, DETECTION_HEIGHT / rgb.shape[0])
        grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
        if scale < 1:
            grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        if original:
            near = _box_at(original[1], seconds)
        else:
            near = last if gap < 10 else None
        box = find_face(grey, None if near is None else near * scale)
        if box is not None:
            box, state = box / scale, FOUND
        elif original and near is not None:
            box, state = near, BORROWED
        else:
            box, state = np.full(4, np.nan), MISSED
        points = np.full((68, 2), np.nan)
        if state != MISSED:
            points, shape = fit_landmarks(rgb, box, subpixel)
            if index % DESCRIPTOR_STEP == 0:
                descriptors.append(np.array(recogniser.compute_face_descriptor(rgb, shape)))
            last, gap = box, 0
        else:
            gap += 1
        times.append(seconds)
        status.append(state)
        found.append(box)
        landmarks.append(points)
        if sys.stderr.isatty() and index % 10 == 0:
            rate = (index + 1) / (time.monotonic() - start)
            print(f"\r  {path.name}: frame {index}, {rate:.0f}/s ", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print("\r" + " " * 60 + "\r", end="", file=sys.stderr)
    faces = Faces(
        times=np.array(times),
        status=np.array(status, int),
        boxes=np.array(found).reshape(-1, 4),
        landmarks=np.array(landmarks).reshape(-1, 68, 2),
        descriptors=np.array(descriptors).reshape(-1, 128),
    )
    _store(stored, lambda file: np.savez_compressed(file, **vars(faces)))
    return faces


def _box_at(faces, seconds):
    index = int(np.abs(faces.times - seconds).argmin())
    return None if faces.status[index] == MISSED else faces.boxes[index]


def _store(path, write):
    """Write aside, then rename: two judges may run at once."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        write(file)
    os.replace(file.name, path)


# --- measures -------------------------------------------------------------------------------


def pair_times(a, b):
    """Pair frames of two clips by presentation time.

    Parameters
    ----------
    a, b : np.ndarray [shape=(n,)]
        Seconds, ascending.

    Returns
    -------
    pairs : np.ndarray [shape=(n_pairs, 2)]
        Indices into `a` and `b`; frames further apart than a quarter of a frame stay unpaired.
    """
    tolerance = 0.25 * float(np.median(np.diff(a))) if len(a) > 1 else 0.01
    pairs, i, j = [], 0, 0
    while i < len(a) and j < len(b):
        if abs(a[i] - b[j]) <= tolerance:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif a[i] < b[j]:
            i += 1
        else:
            j += 1
    return np.array(pairs, int).reshape(-1, 2)


def correlations(original, other):
    """Correlate the motion of all landmark pairs.

    Parameters
    ----------
    original, other : np.ndarray [shape=(n_frames, 68, 2)]
        Pixels, no NaN.

    Returns
    -------
    r : dict
        "r_x", "r_y" (Pearson) and "r_cca" (first canonical correlation), each of shape (1275,);
        NaN where a pair does not move.
    """
    a = original[:, FIRST] - original[:, SECOND]
    b = other[:, FIRST] - other[:, SECOND]
    a, b = a - a.mean(0), b - b.mean(0)
    aa = np.einsum("tpi,tpj->pij", a, a)
    bb = np.einsum("tpi,tpj->pij", b, b)
    ab = np.einsum("tpi,tpj->pij", a, b)
    with np.errstate(divide="ignore", invalid="ignore"):
        r_x = ab[:, 0, 0] / np.sqrt(aa[:, 0, 0] * bb[:, 0, 0])
        r_y = ab[:, 1, 1] / np.sqrt(aa[:, 1, 1] * bb[:, 1, 1])
        product = _inverse(aa) @ ab @ _inverse(bb) @ ab.transpose(0, 2, 1)
        half = np.trace(product, axis1=1, axis2=2) / 2
        determinant = _determinant(product)
        r_cca = np.sqrt(np.clip(half + np.sqrt(np.clip(half**2 - determinant, 0, None)), 0, 1))
    return {"r_x": r_x, "r_y": r_y, "r_cca": r_cca}


def _determinant(m):
    return m[:, 0, 0] * m[:, 1, 1] - m[:, 0, 1] * m[:, 1, 0]


def _inverse(m):
    """Invert 2×2 matrices; a singular one (a pair that does not move) becomes NaN."""
    determinant = _determinant(m)
    flat = determinant <= 1e-12 * m[:, 0, 0] * m[:, 1, 1]
    adjugate = np.stack([m[:, 1, 1], -m[:, 0, 1], -m[:, 1, 0], m[:, 0, 0]], -1).reshape(-1, 2, 2)
    return adjugate / np.where(flat, np.nan, determinant)[:, None, None]


def group_means(values):
    """Mean of a per-pair measure within and between brows, nose, eyes and mouth."""
    names = np.array([name for name, indices in GROUPS.items() for _ in indices])
    first, second = names[FIRST - 17], names[SECOND - 17]
    means = {}
    for i, one in enumerate(GROUPS):
        for two in list(GROUPS)[i:]:
            chosen = (first == one) & (second == two)
            means[one if one == two else f"{one}-{two}"] = _mean(values[chosen])
    return means


def eye_aspect_ratio(landmarks):
    """Eye aspect ratio [2]_ of the eyes at 36–41 and 42–47, shape (n_frames, 2)."""
    ratios = []
    for start in (36, 42):
        p = landmarks[:, start : start + 6]
        heights = np.linalg.norm(p[:, [1, 2]] - p[:, [5, 4]], axis=2)
        ratios.append(heights.sum(axis=1) / (2 * np.linalg.norm(p[:, 0] - p[:, 3], axis=1)))
    return np.stack(ratios, axis=1)


def lip_gap(landmarks):
    """Vertical opening of the inner lips over the distance of the outer eye corners."""
    opening = np.abs(landmarks[:, [61, 62, 63], 1] - landmarks[:, [67, 66, 65], 1]).mean(axis=1)
    return opening / np.linalg.norm(landmarks[:, 36] - landmarks[:, 45], axis=1)


def blink_events(ear, times, threshold):
    """Runs of EAR below a threshold that last as long as a blink, as (start, end) in seconds.

    A run lasts until the frame after its last one; a frame without a face (NaN) ends it.
    """
    closed = np.r_[False, ear < threshold, False].astype(int)
    starts, ends = np.flatnonzero(np.diff(closed) == 1), np.flatnonzero(np.diff(closed) == -1)
    step = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    edges = np.r_[times, times[-1] + step]
    shortest, longest = BLINK_SECONDS
    spans = [(float(edges[s]), float(edges[e])) for s, e in zip(starts, ends, strict=True)]
    return [(s, e) for s, e in spans if shortest - 1e-6 <= e - s <= longest + 1e-6]


def blink_agreement(original, other, times):
    """Compare blinks at every threshold and keep the best.

    Returns
    -------
    agreement : dict
        "f1", "threshold", "n_original", "n_other" at the threshold of highest F1 (ties: most
        events), and "curve", (threshold, n_original, n_other, f1) of every threshold with an
        event; F1 None if there is none.
    """
    curve = []
    for threshold in THRESHOLDS:
        true = blink_events(original, times, threshold)
        seen = blink_events(other, times, threshold)
        if not true and not seen:
            continue
        free, hits = list(seen), 0
        for start, end in true:
            match = next((s for s in free if s[0] < end and start < s[1]), None)
            if match is not None:
                free.remove(match)
                hits += 1
        f1 = 2 * hits / (len(true) + len(seen))
        curve.append((float(threshold), len(true), len(seen), f1))
    if not curve:
        return {"f1": None, "threshold": None, "n_original": 0, "n_other": 0, "curve": []}
    threshold, n_original, n_other, f1 = max(curve, key=lambda row: (row[3], row[1] + row[2]))
    return {
        "f1": f1,
        "threshold": threshold,
        "n_original": n_original,
        "n_other": n_other,
        "curve": curve,
    }


def _polygon(mask, points, value, hull=True):
    points = np.round(points).astype(np.int32)
    cv2.fillPoly(mask, [cv2.convexHull(points) if hull else points], value)


def background_mask(shape, landmarks):
    """True outside the face, its forehead and a margin of a quarter of its width."""
    brows = landmarks[17:27]
    up = brows.mean(axis=0) - landmarks[30]
    points = np.round(np.vstack([landmarks, brows + 0.9 * up])).astype(np.int32)
    margin = 0.25 * np.linalg.norm(landmarks[16] - landmarks[0])
    mask = np.ones(shape, np.uint8)
    hull = cv2.convexHull(points)
    cv2.fillPoly(mask, [hull], 0)
    cv2.polylines(mask, [hull], True, 0, thickness=max(1, round(2 * margin)))
    return mask.astype(bool)


def inner_face_mask(shape, landmarks):
    """True between eyebrows and lower lip, without the eyes and the inside of the mouth."""
    mask = np.zeros(shape, np.uint8)
    _polygon(mask, landmarks[17:60], 1)
    for part in (slice(36, 42), slice(42, 48), slice(60, 68)):
        _polygon(mask, landmarks[part], 0, hull=False)
    return mask.astype(bool)


def _filled(faces):
    """Landmarks with the frames without a face interpolated, for masks only."""
    seen = faces.status != MISSED
    if not seen.any():
        return None
    flat = faces.landmarks.reshape(len(seen), -1)
    columns = [np.interp(faces.times, faces.times[seen], column[seen]) for column in flat.T]
    return np.stack(columns, axis=1).reshape(-1, 68, 2)


def pixel_differences(original, other, pairs, landmarks):
    """Compare the pixels of paired frames.

    Returns
    -------
    background : np.ndarray [shape=(n_pairs, 2)]
        Sum of squared differences and number of values, outside the face.
    inner : np.ndarray [shape=(n_pairs,)]
        Mean absolute RGB difference of the inner face, grey levels.
    """
    partner = dict(pairs.tolist())
    others = enumerate(decode(other))
    at, rows, inner = -1, [], []
    for i, (_, frame) in enumerate(decode(original)):
        if i not in partner:
            continue
        while at < partner[i]:
            at, (_, counterpart) = next(others)
        a, b = frame.to_ndarray(format="rgb24"), counterpart.to_ndarray(format="rgb24")
        if a.shape != b.shape:
            sys.exit(f"judge: {other} is {b.shape[1]}×{b.shape[0]}, not {a.shape[1]}×{a.shape[0]}")
        difference = cv2.absdiff(a, b)
        outside = difference[background_mask(a.shape[:2], landmarks[i])]
        rows.append((float(np.square(outside, dtype=np.uint32).sum()), outside.size))
        inside = difference[inner_face_mask(a.shape[:2], landmarks[i])]
        inner.append(float(inside.mean()) if inside.size else np.nan)
    return np.array(rows).reshape(-1, 2), np.array(inner)


def _psnr(squares, count):
    if not count:
        return None
    return float(10 * np.log10(255**2 / max(squares / count, 1e-3)))  # identical: 78 dB, not ∞


def _mean(values):
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    return float(values.mean()) if len(values) else None


def _series(faces, times):
    ear = eye_aspect_ratio(faces)
    rows = {"ear_first": ear[:, 0], "ear_second": ear[:, 1], "lip_gap": lip_gap(faces)}
    return {"times": times, **rows}


def measure(original, other, subpixel=False):
    """Judge one clip.

    Parameters
    ----------
    original, other : Path
    subpixel : bool

    Returns
    -------
    measures : dict
        JSON-ready; "series" holds the curves of the report.
    """
    first = detect(original, subpixel=subpixel)
    second = detect(other, (original, first), subpixel)
    pairs = pair_times(first.times, second.times)
    a, b = first.landmarks[pairs[:, 0]], second.landmarks[pairs[:, 1]]
    times = first.times[pairs[:, 0]]
    both = np.isfinite(a).all(axis=(1, 2)) & np.isfinite(b).all(axis=(1, 2))
    result = {
        "frames": len(first.times),
        "unmatched_original": len(first.times) - len(pairs),
        "unmatched_deidentified": len(second.times) - len(pairs),
        "no_face_original": int((first.status == MISSED).sum()),
        "no_face_deidentified": int((second.status != FOUND).sum()),
        "box_borrowed": int((second.status == BORROWED).sum()),
        "frames_compared": int(both.sum()),
    }
    moving = {"r_x": np.zeros(0), "r_y": np.zeros(0), "r_cca": np.zeros(0)}
    if both.sum() > 2:
        moving = correlations(a[both], b[both])
        result["groups"] = {name: group_means(moving[name]) for name in moving}
    result |= {name: _mean(values) for name, values in moving.items()}

    one, two = _series(a, times), _series(b, times)
    for name in ("ear_first", "ear_second", "lip_gap"):
        result[f"{name}_error"] = _mean(np.abs(one[name] - two[name]))
    mean_ear = [(s["ear_first"] + s["ear_second"]) / 2 for s in (one, two)]
    result["blinks"] = blink_agreement(*mean_ear, times) if len(times) else None

    masks = _filled(first)
    if masks is not None and len(pairs):
        background, inner = pixel_differences(original, other, pairs, masks)
        known = inner[np.isfinite(inner)]
        result |= {
            "background_psnr": _psnr(*background.sum(axis=0)),
            "background_psnr_worst": min(
                (_psnr(*row) for row in background if row[1]), default=None
            ),
            "leaked": int((known < LEAK_LEVEL).sum()),
            "inner_difference_min": float(known.min()) if len(known) else None,
            "inner_difference_mean": _mean(known),
        }
    result["identity"] = identity(first.descriptors, second.descriptors)
    result["series"] = {
        side: {name: [None if v != v else round(float(v), 5) for v in s[name]] for name in s}
        for side, s in (("original", one), ("deidentified", two))
    }
    return result


def identity(originals, others):
    """Distance of each sampled frame to all sampled originals, in descriptor space."""
    if not len(originals) or not len(others):
        return {"min": None, "mean_nearest": None, "mean": None, "share_matched": None}
    distances = np.linalg.norm(others[:, None] - originals[None], axis=2)
    nearest = distances.min(axis=1)
    return {
        "min": float(nearest.min()),
        "mean_nearest": float(nearest.mean()),
        "mean": float(distances.mean()),
        "share_matched": float((nearest < MATCH_DISTANCE).mean()),
        "sampled": len(others),
    }


def reencode(source, target):
    """Encode a clip again with libx264, crf 17, keeping its timestamps and colour tags."""
    with av.open(str(source)) as reader, av.open(str(target), "w", format="mp4") as writer:
        stream = reader.streams.video[0]
        stream.thread_type = "AUTO"
        coder = stream.codec_context
        made = writer.add_stream("libx264", rate=stream.average_rate, options={"crf": "17"})
        made.width, made.height, made.pix_fmt = coder.width, coder.height, "yuv420p"
        made.codec_context.time_base = stream.time_base
        for tag in ("color_range", "colorspace", "color_primaries", "color_trc"):
            setattr(made.codec_context, tag, getattr(coder, tag))
        for frame in reader.decode(stream):
            frame.pict_type = av.video.frame.PictureType.NONE
            writer.mux(made.encode(frame))
        writer.mux(made.encode(None))


def ceiling(original, subpixel=False):
    """Judge a clip against its own re-encode, from the cache if it was done before."""
    stored = CACHE / f"v{VERSION}-{file_hash(original)}-ceiling{'-fine' * subpixel}.json"
    if not stored.exists():
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / f"{original.stem}-reencoded.mp4"
            reencode(original, target)
            result = measure(original, target, subpixel)
        _store(stored, lambda file: file.write(json.dumps(result).encode()))
    return json.loads(stored.read_text())


# --- output ---------------------------------------------------------------------------------

COLUMNS = (
    ("r_x", lambda m: m["r_x"], ".3f"),
    ("r_y", lambda m: m["r_y"], ".3f"),
    ("r_cca", lambda m: m["r_cca"], ".3f"),
    ("EAR 36", lambda m: m["ear_first_error"], ".4f"),
    ("EAR 42", lambda m: m["ear_second_error"], ".4f"),
    ("lips", lambda m: m["lip_gap_error"], ".4f"),
    ("blinkF1", lambda m: m["blinks"]["f1"], ".3f"),
    ("n", lambda m: m["blinks"]["n_original"], ".0f"),
    ("bgPSNR", lambda m: m.get("background_psnr"), ".1f"),
    ("leaked", lambda m: m.get("leaked"), ".0f"),
    ("minDiff", lambda m: m.get("inner_difference_min"), ".1f"),
    ("d min", lambda m: m["identity"]["min"], ".3f"),
    ("d mean", lambda m: m["identity"]["mean_nearest"], ".3f"),
    ("<0.6", lambda m: m["identity"]["share_matched"], ".2f"),
    ("frames", lambda m: m["frames"], ".0f"),
    ("unpair", lambda m: m["unmatched_original"] + m["unmatched_deidentified"], ".0f"),
    ("noface", lambda m: m["no_face_original"], ".0f"),
    ("nofaceD", lambda m: m["no_face_deidentified"], ".0f"),
)


def _pick(get, measures):
    try:
        return get(measures)
    except (KeyError, TypeError):
        return None


def print_table(rows):
    """Print (name, measures) rows, and a mean of the clips and of their ceilings."""
    print(f"{'clip':<16}" + "".join(f"{title:>8}" for title, _, _ in COLUMNS))
    for name, values in rows:
        cells = (
            f"{'-' if value is None else format(value, form):>8}"
            for value, (_, _, form) in zip(values, COLUMNS, strict=True)
        )
        print(f"{name:<16}" + "".join(cells))


def summary(clips, part):
    """Mean of each column over the clips: a dict by column title."""
    means = {}
    for title, get, _ in COLUMNS:
        values = [_pick(get, clip[part]) for clip in clips if clip.get(part)]
        means[title] = _mean([v for v in values if v is not None])
    return means


def plot(clips, path):
    """Draw EAR of both eyes and lip gap, original against de-identified, one row per clip."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(len(clips), 3, figsize=(18, 2.6 * len(clips)), squeeze=False)
    titles = {"ear_first": "EAR 36–41", "ear_second": "EAR 42–47", "lip_gap": "lip gap"}
    for row, clip in zip(axes, clips, strict=True):
        series = clip["measures"]["series"]
        for axis, (name, title) in zip(row, titles.items(), strict=True):
            for side, colour in (("original", "black"), ("deidentified", "tab:red")):
                values = np.array(series[side][name], float)
                axis.plot(series[side]["times"], values, color=colour, lw=0.9, label=side)
            error = clip["measures"][f"{name}_error"]
            shown = "-" if error is None else f"{error:.4f}"
            axis.set_title(f"{clip['name']}: {title}, mean error {shown}", fontsize=9)
        row[0].legend(fontsize=7)
    for axis in axes[-1]:
        axis.set_xlabel("s")
    figure.tight_layout()
    figure.savefig(path, dpi=90)


def judge(original, other, with_ceiling=True, subpixel=False):
    """Judge one clip and, unless told not to, its ceiling."""
    clip = {"name": original.stem, "original": original.name, "deidentified": other.name}
    clip["measures"] = measure(original, other, subpixel)
    if with_ceiling:
        clip["ceiling"] = ceiling(original, subpixel)
    return clip


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("clips", nargs="+", type=Path, metavar="ORIGINAL DEIDENTIFIED")
    parser.add_argument("--json", type=Path, help="write all measures here")
    parser.add_argument("--report", type=Path, help="write a PNG of EAR and lip gap over time")
    parser.add_argument("--no-ceiling", action="store_true", help="skip original vs re-encode")
    parser.add_argument("--verbose", action="store_true", help="print r by landmark group")
    parser.add_argument("--jobs", type=int, default=1, help="clips judged at once")
    parser.add_argument("--subpixel", action="store_true", help="landmarks to a quarter pixel")
    options = parser.parse_args()
    if len(options.clips) % 2:
        parser.error("give clips in pairs: ORIGINAL DEIDENTIFIED")
    for path in options.clips:
        if not path.is_file():
            parser.error(f"no such file: {path}")
    originals, others = options.clips[::2], options.clips[1::2]
    wanted = [not options.no_ceiling] * len(originals)
    fine = [options.subpixel] * len(originals)
    if options.jobs > 1:
        with ProcessPoolExecutor(options.jobs) as pool:
            clips = list(pool.map(judge, originals, others, wanted, fine))
    else:
        clips = list(map(judge, originals, others, wanted, fine))

    parts = {"measures": "mean", "ceiling": "mean ceiling"}
    means = {part: summary(clips, part) for part in parts}
    rows = []
    for clip in clips:
        for part, label in (("measures", clip["name"]), ("ceiling", "  ceiling")):
            if clip.get(part):
                rows.append((label, [_pick(get, clip[part]) for _, get, _ in COLUMNS]))
    for part, label in parts.items():
        if any(value is not None for value in means[part].values()):
            rows.append((label, list(means[part].values())))
    print_table(rows)
    if options.verbose:
        for clip in clips:
            for name, groups in clip["measures"].get("groups", {}).items():
                cells = (f"{g} {'-' if r is None else f'{r:.3f}'}" for g, r in groups.items())
                print(f"{clip['name']} {name:<6}", "  ".join(cells))
    if options.json:
        for clip in clips:  # the ceiling's curves help nobody
            clip.get("ceiling", {}).pop("series", None)
        for clip in clips:
            for side in clip["measures"]["series"].values():
                side["times"] = [round(t, 4) for t in side["times"]]
        options.json.write_text(json.dumps({"clips": clips, "mean": means}, indent=1))
    if options.report:
        plot(clips, options.report)


if __name__ == "__main__":
    main()
