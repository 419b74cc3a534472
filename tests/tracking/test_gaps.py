import numpy as np

from mien.tracking import FaceTrack, State
from mien.tracking.gaps import bridge, reach


def track(states, size=100.0, speed=4.0, start=200.0):
    """A square face that moves right; state 0 marks frames in which it was not measured."""
    rng = np.random.default_rng(0)
    shape = rng.uniform(0, size, (478, 3))
    landmarks = np.full((len(states), 478, 3), np.nan, np.float32)
    for i, known in enumerate(states):
        if known:
            landmarks[i] = shape + np.array([start + speed * i, 100, 0])
    return FaceTrack(0, landmarks, np.array(states, np.uint8))


def test_a_short_gap_is_interpolated_on_the_line():
    found = track([1, 1, 0, 0, 1, 1])
    bridge(found, np.arange(6) / 25, (480, 640))
    assert (found.state == [1, 1, 2, 2, 1, 1]).all()
    step = found.landmarks[2] - found.landmarks[1]
    assert np.allclose(step, found.landmarks[1] - found.landmarks[0], atol=1e-3)


def test_a_long_gap_is_lost_and_never_guessed():
    found = track([1] * 5 + [0] * 10 + [1] * 5)
    times = np.arange(20) / 25
    bridge(found, times, (480, 640))
    assert (found.state[5:15] == State.LOST).all()
    assert np.isnan(found.landmarks[5:15]).all()
    for frame in range(5, 15):
        box = reach(found, times, frame)
        for known in (4, 15):
            low = found.landmarks[known, :, :2].min(0)
            high = found.landmarks[known, :, :2].max(0)
            assert (box[:2] < low).all() and (box[2:] > high).all()


def test_the_limit_is_time_not_frames():
    fast = track([1] + [0] * 20 + [1])
    bridge(fast, np.arange(22) / 120, (480, 640))
    assert (fast.state[1:21] == State.INTERPOLATED).all()
    slow = track([1, 0, 1])
    bridge(slow, np.array([0.0, 0.15, 0.3]), (480, 640))
    assert slow.state[1] == State.LOST


def test_before_the_first_and_after_the_last_sight_a_second_is_lost():
    found = track([0] * 40 + [1] + [0] * 40)
    bridge(found, np.arange(81) / 25, (480, 640))
    assert (found.state[15:40] == State.LOST).all() and (found.state[:15] == State.ABSENT).all()
    assert (found.state[41:66] == State.LOST).all() and (found.state[66:] == State.ABSENT).all()


def test_the_region_grows_with_the_time_since():
    found = track([1] + [0] * 20)
    times = np.arange(21) / 25
    bridge(found, times, (480, 640))
    widths = [np.diff(reach(found, times, i)[[0, 2]])[0] for i in range(1, 21)]
    assert (np.diff(widths) > 0).all()


def test_a_face_last_seen_outside_the_picture_leaves_nothing_to_cover():
    found = track([1, 0, 0], start=5000.0)
    bridge(found, np.arange(3) / 25, (480, 640))
    assert (found.state[1:] == State.ABSENT).all()
