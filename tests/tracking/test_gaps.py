import numpy as np

from mien.tracking import FaceTrack, Meshes, State
from mien.tracking.gaps import bridge, distrust, expect, overdue, reach, reaches


def track(states, size=100.0, speed=4.0, start=200.0):
    """A square face that moves right; state 0 marks frames in which it was not measured."""
    rng = np.random.default_rng(0)
    shape = rng.uniform(0, size, (478, 3))
    landmarks = np.full((len(states), 478, 3), np.nan, np.float32)
    for i, known in enumerate(states):
        if known:
            landmarks[i] = shape + np.array([start + speed * i, 100, 0])
    return FaceTrack(0, Meshes.of(landmarks), np.array(states, np.uint8))


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


SIZE = (480, 640)
TIMES = np.arange(150) / 25


def everybody(*tracks):
    for found in tracks:
        bridge(found, TIMES, SIZE)
    expect(list(tracks), TIMES, SIZE)
    return tracks


def seen(first, last, **path):
    return track([int(first <= frame <= last) for frame in range(150)], **path)


def test_somebody_who_did_not_leave_stays_covered_while_others_are_seen():
    _, turned = everybody(seen(0, 149, start=20, speed=0), seen(40, 80, start=300, speed=0))
    assert (turned.state[:40] == State.LOST).all() and (turned.state[81:] == State.LOST).all()
    assert overdue(turned, TIMES, 140) and not overdue(turned, TIMES, 90)
    assert np.isnan(turned.landmarks[140]).all()


def test_somebody_on_the_way_out_is_gone():
    _, walked = everybody(seen(0, 149, start=20, speed=0), seen(0, 60, start=250, speed=5))
    assert (walked.state[61:86] == State.LOST).all() and (walked.state[86:] == State.ABSENT).all()
    _, came = everybody(seen(0, 149, start=20, speed=0), seen(70, 149, start=920, speed=-5))
    assert (came.state[:44] == State.ABSENT).all()


def test_nobody_is_expected_where_nobody_is_seen():
    (alone,) = everybody(seen(0, 60, speed=0))
    assert (alone.state[86:] == State.ABSENT).all()  # such frames are covered whole


def test_a_face_hides_who_is_behind_it():
    front, back = everybody(seen(0, 149, start=300, speed=0), seen(0, 60, start=310, speed=0))
    assert (back.state[86:] == State.ABSENT).all() and (front.state == State.TRACKED).all()


def test_a_glimpse_is_not_waited_for():
    _, glimpse = everybody(seen(0, 149, start=20, speed=0), seen(60, 64, start=300, speed=0))
    assert (glimpse.state[90:] == State.ABSENT).all()


def test_the_region_stops_growing_and_a_long_gap_has_two():
    found = track([int(frame < 20 or frame > 120) for frame in range(150)], start=100, speed=0)
    bridge(found, TIMES, SIZE)
    boxes = [reaches(found, TIMES, frame) for frame in (55, 60, 70)]
    assert all(box.shape == (2, 4) for box in boxes)
    assert np.allclose(boxes[0], boxes[1]) and np.allclose(boxes[1], boxes[2])
    assert boxes[0][0, 2] - boxes[0][0, 0] <= 4.01 * 100


def test_the_region_follows_where_the_face_was_going():
    found = seen(0, 40, start=100, speed=6)
    bridge(found, TIMES, SIZE)
    box = reach(found, TIMES, 60)
    last = found.landmarks[40, :, 0]
    assert box[2] - last.max() > (last.min() - box[0]) + 0.9 * 6 * 20


def test_a_detection_without_landmarks_is_covered_where_it_was():
    found = seen(0, 40, start=100, speed=0)
    found.sightings[100] = np.array([400.0, 100, 480, 180])
    bridge(found, TIMES, SIZE)
    assert (found.state[75:126] == State.LOST).all() and found.state[130] == State.ABSENT
    (box,) = reaches(found, TIMES, 100)
    assert (box[:2] < [400, 100]).all() and (box[2:] > [480, 180]).all() and box[0] > 300


def test_measurements_next_to_a_loss_are_not_drawn_on():
    states = [1] * 10 + [0] * 10 + [1] * 10 + [0] * 3 + [1] * 7
    found = track(states)
    distrust(found, np.arange(40) / 25)
    assert sorted(found.sightings) == [8, 9, 20, 21]  # not at the short gap, not at the clip's ends
    assert np.isnan(found.landmarks[[8, 9, 20, 21]]).all()
    bridge(found, np.arange(40) / 25, (480, 640))
    assert (found.state[8:22] == State.LOST).all()
    assert (found.state[30:33] == State.INTERPOLATED).all()


# --- cuts ---------------------------------------------------------------------------------------


def test_nothing_is_guessed_across_a_cut():
    found = track([1, 1, 1, 0, 0, 1, 1, 1])
    found.cuts = (4,)
    bridge(found, np.arange(8) / 25, (480, 640))
    assert not (found.state == State.INTERPOLATED).any()
    assert found.state[3] == State.LOST  # in the shot before, the face may still be there
    times = np.arange(8) / 25
    low = found.landmarks[2, :, :2].min(0)
    assert (reaches(found, times, 3)[0][:2] <= low).all()
    assert len(reaches(found, times, 3)) == 1  # what comes after the cut says nothing


def test_whoever_is_not_in_the_next_shot_is_not_expected_there():
    found, other = track([1] * 10 + [0] * 30), track([1] * 40, start=400)
    found.cuts = other.cuts = (10,)
    times = np.arange(40) / 25
    for each in (found, other):
        distrust(each, times)
        bridge(each, times, (480, 640))
    expect([found, other], times, (480, 640))
    assert (found.state[:10] == State.TRACKED).all()  # measured to the last frame of the shot
    assert (found.state[10:] == State.ABSENT).all()


def test_in_a_flash_of_light_everybody_may_still_be_there():
    found = track([1] * 20 + [0] * 2 + [1] * 20)
    other = track(
        [0] * 20 + [1] * 2 + [0] * 20, start=400
    )  # what is seen in it is seen nowhere else
    found.cuts = other.cuts = (20, 22)
    times = np.arange(42) / 25
    for each in (found, other):
        bridge(each, times, (480, 640))
    assert (found.state[20:22] == State.LOST).all()  # and never drawn: it may be another place
    for frame in (20, 21):
        low = found.landmarks[19, :, :2].min(0)
        assert any((box[:2] < low).all() for box in reaches(found, times, frame))
    assert (other.state[:20] == State.ABSENT).all() and (other.state[22:] == State.ABSENT).all()


def test_the_shots_of_a_track():
    found = track([1] * 12)
    assert found.shot(0) == found.shot(11) == (0, 12)
    found.cuts = (4, 9)
    assert [found.shot(k) for k in (0, 3, 4, 8, 9, 11)] == [
        (0, 4), (0, 4), (4, 9), (4, 9), (9, 12), (9, 12),
    ]  # fmt: skip
