"""Landmarks that are held for known frames only, against the array that they stand for."""

import tracemalloc

import numpy as np
import pytest

from mien.tracking import FaceTrack, Meshes, State
from mien.tracking.joining import Joining
from mien.tracking.tracklet import Tracklet

N = 12
SEEN = [2, 3, 4, 8, 9]


def faces(frames=SEEN, count=N):
    """Landmarks whose every number says which frame, landmark and axis it is; NaN elsewhere."""
    dense = np.full((count, 478, 3), np.nan, np.float32)
    for frame in frames:
        dense[frame] = 1e5 + 2000 * frame + np.arange(478 * 3).reshape(478, 3)
    return dense


@pytest.fixture
def pair():
    return Meshes.of(faces()), faces()


def same(found, expected):
    return (
        found.shape == expected.shape
        and found.dtype == np.float32
        and np.array_equal(found, expected, equal_nan=True)
    )


@pytest.mark.parametrize(
    "key",
    [
        3,
        np.int64(8),
        0,  # not known
        -4,
        -1,
        (4, slice(None), slice(None, 2)),
        (0, slice(None), slice(None, 2)),
        (4, 33),
        slice(3, 9),  # over a gap
        slice(None),
        slice(None, None, -2),
        slice(9, 100),  # beyond the end, as numpy cuts it
        slice(5, 5),
        [8, 2, 2],
        np.array(SEEN),
        np.array([], int),
        np.arange(N) % 3 == 0,
        (slice(1, 5), slice(None), slice(None, 2)),
        (np.array(SEEN), slice(0, 478, 3), slice(None, 2)),
        (np.array(SEEN), 14, 1),
        (Ellipsis, slice(None, 2)),
    ],
)
def test_it_reads_like_the_array_it_stands_for(pair, key):
    meshes, dense = pair
    assert same(meshes[key], dense[key])


def test_some_landmarks_of_some_frames_are_those_of_each(pair):
    meshes, dense = pair
    assert same(meshes[np.array(SEEN), [33, 263], :2], dense[SEEN][:, [33, 263], :2])


@pytest.mark.parametrize("key", [N, -N - 1, [0, N], np.arange(N + 1) > 3, (3, 478), (SEEN, 478)])
def test_there_is_nothing_beyond_the_clip(pair, key):
    with pytest.raises(IndexError):
        pair[0][key]


def test_nothing_can_be_put_beyond_the_clip(pair):
    for key in (N, -N - 1, [N]):
        with pytest.raises(IndexError):
            pair[0][key] = faces()[2]


def test_a_face_of_another_shape_is_refused(pair):
    for key in (3, slice(3, 5)):
        with pytest.raises(ValueError):
            pair[0][key] = np.zeros((68, 2), np.float32)
    assert same(pair[0][:], pair[1])


def test_it_has_the_clips_length_and_goes_through_all_frames(pair):
    meshes, dense = pair
    assert len(meshes) == N and len(Meshes(0)) == 0 and Meshes(0)[:].shape == (0, 478, 3)
    assert same(np.stack(list(meshes)), dense) and same(np.asarray(meshes), dense)


def test_frames_are_set_and_forgotten(pair):
    meshes, dense = pair
    other = faces(range(N))[::-1]
    for key, value in (
        (0, other[0]),
        (slice(5, 8), other[5:8].astype(np.float64)),
        (9, np.nan),
        (slice(2, 4), np.nan),
        (np.array([1, 11]), other[[3, 4]]),
        (slice(6, 8), dense[[0, 2]]),  # of two, one is not known
    ):
        meshes[key] = value
        dense[key] = value
        assert same(meshes[:], dense)


def test_what_was_given_is_not_changed_through_a_copy(pair):
    meshes, dense = pair
    meshes[:][4] = 0
    meshes[[4]][0] = 0
    assert same(meshes[4], dense[4])
    with pytest.raises(ValueError):
        meshes[0][:] = 1  # a frame that is not known is nobody's to write into
    assert np.isnan(meshes[0]).all() and np.isnan(Meshes(1)[0]).all()


def test_boxes_hold_every_landmark(pair):
    meshes, dense = pair
    boxes = meshes.boxes(np.array([0, *SEEN]))
    assert np.isnan(boxes[0]).all()
    for box, frame in zip(boxes[1:], SEEN, strict=True):
        flat = dense[frame, :, :2]
        assert (box == [*flat.min(0), *flat.max(0)]).all()
    assert meshes.boxes(np.array([], int)).shape == (0, 4)


def test_runs_are_joined_where_they_were():
    dense = faces()
    runs = [Tracklet(8, list(dense[8:10])), Tracklet(2, list(dense[2:5]))]
    track = Joining(list(np.arange(N) / 25), []).track(3, runs)
    assert isinstance(track, FaceTrack) and track.person == 3
    assert same(track.landmarks[:], dense)
    assert np.flatnonzero(track.state == State.TRACKED).tolist() == SEEN
    assert [(s.start, s.end) for s in track.stretches] == [(2, 5), (8, 10)]


def test_memory_goes_with_the_frames_in_which_somebody_is():
    """A visit of a hundred frames to a clip of half an hour."""
    run = Tracklet(30_000, [np.ones((478, 3), np.float32) for _ in range(100)])
    joining = Joining(list(np.arange(54_000) / 30), [])
    tracemalloc.start()
    track = joining.track(0, [run])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert track.landmarks[30_050, 7, 1] == 1 and most < 1e6
