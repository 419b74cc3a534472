"""Frames in which a known face was not measured: bridged when short, else to be covered."""

from __future__ import annotations

import itertools

import numpy as np

from mien.tracking.track import FaceTrack, State

BRIDGE_S = 0.2
REACH_S = 1.0  # how long a lost face is still expected near where it was, whatever else is seen
_DOUBT_S = 0.1 + 1e-6  # measurements so near to a loss are not drawn on
_HEADING_S = 0.3  # time over which the way of a face is read before it leaves or after it enters
_FURTHEST = 3.0  # face sizes that a lost face may have gone on in its direction
_LASTING_S = 0.5  # somebody seen for less is not looked for longer than `REACH_S`
_FLASH_S = 0.5  # a shot that is shorter may be a flash or a fault, with the same people in it


def bridge(track: FaceTrack, times: np.ndarray, size: tuple[int, int]) -> None:
    """Fill the gaps of a track in place.

    A gap of at most 0.2 s with landmarks on both sides is interpolated, but not across a cut. Any
    other frame within 1 s of a measurement or a detection in its shot is `LOST`: the face may still
    be there and the frame has to be covered around the place where it was. Further away the person
    counts as absent, unless `expect` knows better. What looks like a shot of less than half a
    second may be a flash of light, in which nobody is measured: whoever is known before or after it
    is `LOST` in it too.

    Parameters
    ----------
    track : FaceTrack
        Changed in place.
    times : np.ndarray [shape=(n_frames,)]
        Presentation times, seconds, increasing.
    size : tuple of int
        Height and width of the frame, pixels.
    """
    for frame in track.sightings:
        if track.state[frame] == State.ABSENT:
            track.state[frame] = State.LOST
    known = np.flatnonzero(track.state == State.TRACKED)
    for before, after in itertools.pairwise(known.tolist()):
        if after == before + 1 or track.shot(before) != track.shot(after):
            continue
        gap = slice(before + 1, after)
        if times[after] - times[before] <= BRIDGE_S + 1e-6:
            share = (times[gap] - times[before]) / (times[after] - times[before])
            a, b = track.landmarks[before], track.landmarks[after]
            track.landmarks[gap] = a + share[:, None, None] * (b - a)
            track.state[gap] = State.INTERPOLATED
    at = _evidence(track)
    if not len(at):
        return
    for frame in np.flatnonzero(track.state == State.ABSENT).tolist():
        near = _neighbours(track, at, times, frame)
        since = np.abs(times[frame] - times[near]).min(initial=np.inf)
        if since <= REACH_S and not all(_outside(track, other, size) for other in near):
            track.state[frame] = State.LOST


def distrust(track: FaceTrack, times: np.ndarray) -> None:
    """Turn measurements within 0.1 s of a loss into mere sightings, in place.

    A landmark model that is about to lose a face that turns away or is being hidden still answers,
    a third of a face beside it. Where the gap is too long to be interpolated, these answers say no
    more than about where the face was.

    Parameters
    ----------
    track : FaceTrack
        Before `bridge`; changed in place.
    times : np.ndarray [shape=(n_frames,)]
        Presentation times, seconds, increasing.
    """
    known = np.flatnonzero(track.state == State.TRACKED)
    edges = [-1, *known.tolist(), len(times)]
    doubtful: set[int] = set()
    for before, after in itertools.pairwise(edges):
        if after == before + 1:
            continue
        inner = before >= 0 and after < len(times)
        if inner and times[after] - times[before] <= BRIDGE_S + 1e-6:
            continue
        # before and after a cut a face is seen as well as ever
        if before + 1 not in track.cuts:
            lost = times[before + 1]
            doubtful.update(known[(known <= before) & (times[known] >= lost - _DOUBT_S)])
        if after not in track.cuts:
            found = times[after - 1]
            doubtful.update(known[(known >= after) & (times[known] <= found + _DOUBT_S)])
    for frame in sorted(int(frame) for frame in doubtful):
        track.sightings[frame] = _box(track.landmarks[frame])
        track.landmarks[frame] = np.nan
        track.state[frame] = State.ABSENT


def expect(tracks: list[FaceTrack], times: np.ndarray, size: tuple[int, int]) -> None:
    """Keep looking out for people who did not leave: they are `LOST`, however long, in place.

    Somebody who was last seen inside the picture and was not on the way out of it has turned away
    or is hidden. They may look up at any moment, so their place stays covered until they are
    measured again, or until the end; the same holds backwards from the first sight. Frames in
    which nobody else is known to be are left alone: these are covered whole. So are frames in which
    another face is where theirs was: it hides them.

    Parameters
    ----------
    tracks : list of FaceTrack
        Everybody, after `bridge`; changed in place.
    times, size
        As for `bridge`.
    """
    if not tracks:
        return
    somebody = np.any([track.state != State.ABSENT for track in tracks], axis=0)
    if not any(((track.state == State.ABSENT) & somebody).any() for track in tracks):
        return
    boxes = [_boxes(track) for track in tracks]
    for track, own in zip(tracks, boxes, strict=True):
        known = track.known()
        if not len(known) or len(known) * _step(times) < _LASTING_S:
            continue
        ways: dict[tuple[int, int], bool] = {}
        for frame in np.flatnonzero((track.state == State.ABSENT) & somebody).tolist():
            for other in _neighbours(track, known, times, frame):
                side = 1 if other < frame else -1
                if (other, side) not in ways:
                    ways[other, side] = _outward(track, known, other, side, times, size)
                if ways[other, side]:
                    continue
                if any(
                    _within(own[other], their[frame])
                    for their in boxes
                    if their is not own and np.isfinite(their[frame]).all()
                ):
                    continue
                track.state[frame] = State.LOST


def overdue(track: FaceTrack, times: np.ndarray, frame: int) -> bool:
    """Whether a lost person was neither measured nor detected for over a second around a frame."""
    at = _evidence(track)
    near = times[_neighbours(track, at, times, frame)]
    return not len(near) or bool(np.abs(times[frame] - near).min() > REACH_S)


def reach(track: FaceTrack, times: np.ndarray, frame: int) -> np.ndarray:
    """Where a lost face may be: left, top, right, bottom in pixels, shape (4,).

    The box around `reaches`.
    """
    boxes = reaches(track, times, frame)
    return np.concatenate([boxes[:, :2].min(0), boxes[:, 2:].max(0)])


def reaches(track: FaceTrack, times: np.ndarray, frame: int) -> np.ndarray:
    """Where a lost face may be: left, top, right, bottom in pixels, shape (n, 4), n >= 1.

    The boxes at the nearest measurements or detections on either side, drawn out in the direction
    in which the face was moving, and enlarged by half a face and by one more face for every second
    away, but not by more than one and a half. In a gap of up to two seconds the face may be
    anywhere between the two, so there is one box around both.
    """
    at, known = _evidence(track), track.known()
    boxes = []
    near = _neighbours(track, at, times, frame)
    for other in near:
        if other in track.sightings:
            low, high = track.sightings[int(other)][:2], track.sightings[int(other)][2:]
        else:
            points = track.landmarks[other, :, :2]
            low, high = points.min(0), points.max(0)
        side = (high - low).max()
        away = min(abs(times[frame] - times[other]), REACH_S)
        room = side * (0.5 + away)
        way = np.zeros(2)
        if other not in track.sightings:
            way = _pace(track, known, int(other), 1 if other < frame else -1, times) * away
            way = np.clip(way, -_FURTHEST * side, _FURTHEST * side)
        low, high = np.minimum(low, low + way), np.maximum(high, high + way)
        boxes.append(np.concatenate([low - room, high + room]))
    found = np.array(boxes)
    if len(near) > 1 and times[near[1]] - times[near[0]] <= 2 * REACH_S:
        found = np.concatenate([found[:, :2].min(0), found[:, 2:].max(0)])[None]
    return found


def _evidence(track: FaceTrack) -> np.ndarray:
    """Frames in which it is known where the face is, if only roughly."""
    if not track.sightings:
        return track.known()
    return np.union1d(track.known(), np.array(sorted(track.sightings), int))


def _neighbours(track: FaceTrack, known: np.ndarray, times: np.ndarray, frame: int) -> np.ndarray:
    """The last known frame before (or at) a frame and the first after, where there are such in
    its shot, or about a shot that may be none."""
    first, end = _about(track, times, frame)
    known = known[(known >= first) & (known < end)]
    at = int(np.searchsorted(known, frame))
    if at < len(known) and known[at] == frame:
        return known[at : at + 1]
    return known[max(at - 1, 0) : at + 1]


def _about(track: FaceTrack, times: np.ndarray, frame: int) -> tuple[int, int]:
    """First frame of a shot and the first after it, with those beside it while it is so short that
    it may be a flash."""
    first, end = track.shot(frame)

    def brief(first: int, end: int) -> bool:
        return bool(times[end - 1] - times[first] + _step(times) < _FLASH_S)

    before, after = (first, end), (first, end)
    while brief(*before) and before[0] > 0:
        before = track.shot(before[0] - 1)
    while brief(*after) and after[1] < len(times):
        after = track.shot(after[1])
    return before[0], after[1]


def _outside(track: FaceTrack, frame: int, size: tuple[int, int]) -> bool:
    """Whether a face was wholly outside the picture: nothing to cover then."""
    height, width = size
    if frame in track.sightings:
        return False
    points = track.landmarks[frame, :, :2]
    return not ((points >= 0).all(1) & (points < [width, height]).all(1)).any()


def _outward(
    track: FaceTrack,
    known: np.ndarray,
    frame: int,
    side: int,
    times: np.ndarray,
    size: tuple[int, int],
) -> bool:
    """Whether the face was on the way out of the picture after a frame (or, with side -1, on the
    way in before it): carried on for a second, its middle is outside."""
    box = _box(track.landmarks[frame])
    pace = _pace(track, known, frame, side, times)
    if not ((box[:2] <= 0) | (box[2:] >= [size[1], size[0]])).any():
        pace = pace * 0.5  # wholly inside: only somebody fast gets out unseen
    there = (box[:2] + box[2:]) / 2 + pace * REACH_S
    return bool((there < 0).any() or (there > [size[1], size[0]]).any())


def _pace(
    track: FaceTrack, known: np.ndarray, frame: int, side: int, times: np.ndarray
) -> np.ndarray:
    """Where a face was going after a frame (or, with side -1, came from before it): pixels per
    second, shape (2,)."""
    begin, end = track.shot(frame)
    near = known[(known >= begin) & (known < end)]
    near = near[np.abs(times[near] - times[frame]) <= _HEADING_S]
    near = near[near <= frame] if side > 0 else near[near >= frame]
    if len(near) < 2:
        return np.zeros(2)
    first, last = _box(track.landmarks[near[0]]), _box(track.landmarks[near[-1]])
    way = (last[:2] + last[2:] - first[:2] - first[2:]) / 2
    return np.asarray(way / (times[near[-1]] - times[near[0]]) * side)


def _boxes(track: FaceTrack) -> np.ndarray:
    """Box of the face in every frame, NaN where it is not known, shape (n_frames, 4)."""
    boxes = np.full((len(track.state), 4), np.nan)
    known = track.known()
    boxes[known] = track.landmarks.boxes(known)
    return boxes


def _box(points: np.ndarray) -> np.ndarray:
    return np.concatenate([points[:, :2].min(0), points[:, :2].max(0)])


def _within(box: np.ndarray, other: np.ndarray) -> bool:
    """Whether more than half of a box lies in another."""
    overlap = np.minimum(box[2:], other[2:]) - np.maximum(box[:2], other[:2])
    return bool(overlap.clip(0).prod() > 0.5 * (box[2:] - box[:2]).prod())


def _step(times: np.ndarray) -> float:
    """Mean time from one frame to the next, seconds."""
    return float((times[-1] - times[0]) / (len(times) - 1)) if len(times) > 1 else 1.0
