"""Faults of phantoms: each changes what it says, by as much as it says, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import periodogram

from mien.errors import ParameterError
from mien.face import topology
from mien.phantom import (
    FAULTS,
    DampMouth,
    Delay,
    Droop,
    Fault,
    Freeze,
    Hold,
    NoBlinks,
    Phantom,
    Script,
    Smooth,
    Tremor,
    Truth,
    fault_named,
    render_phantom,
)

PATIENT = Script(
    seconds=6,
    width=160,
    height=160,
    blinks=(0.8, 3.0, 4.5),
    speech=(1.0, 4.0),
    smile=(4.2, 5.8),
    tremor=Tremor(hertz=5.0, amplitude=0.02),
    head_motion=0.6,
    seed=1,
)
COURSES = ("beta", "gaze", "scale", "rotation", "translation", "landmarks")


def truth(fault: Fault | None = None, script: Script = PATIENT) -> Truth:
    return Phantom(script, fault).truth


@pytest.fixture(scope="module")
def sound() -> Truth:
    return truth()


def shapes(clip: Truth) -> np.ndarray:
    """The patient's canonical landmarks, shape (n_frames, 478, 3)."""
    person = clip.people[0]
    assert person.landmarks is not None
    points = person.landmarks.astype(np.float64)
    return np.stack([person.pose(k).invert(frame) for k, frame in enumerate(points)])


def aperture(clip: Truth) -> np.ndarray:
    """Height of the left eye's opening, canonical units, shape (n_frames,)."""
    face = shapes(clip)
    return (face[:, topology.LEFT_EYE_LOWER, 1] - face[:, topology.LEFT_EYE_UPPER, 1]).mean(1)


def assert_same(first: Truth, second: Truth, *names: str) -> None:
    for name in names:
        np.testing.assert_allclose(
            getattr(second.people[0], name), getattr(first.people[0], name), atol=1e-9
        )


@pytest.mark.parametrize("share", [0.2, 0.5])
def test_a_damped_mouth_has_the_slope_of_its_share(sound, share):
    damped = truth(DampMouth(share))
    assert_same(sound, damped, "gaze", "scale", "rotation", "translation")
    before, after = (shapes(clip)[:, topology.LIPS, :2] for clip in (sound, damped))
    a, b = before - before.mean(0), after - after.mean(0)
    assert (a * b).sum() / (a * a).sum() == pytest.approx(1 - share, abs=2e-4)
    moving = a.std(0) > 0.01
    slopes = (a * b).sum(0)[moving] / (a * a).sum(0)[moving]
    assert moving.sum() > 40 and np.abs(slopes - (1 - share)).max() < 1e-3
    serious = sound.time < 4.2  # a smile's cheek lifts the lower lid
    np.testing.assert_allclose(aperture(damped)[serious], aperture(sound)[serious], atol=2e-4)
    assert damped.people[0].tremor.amplitude == pytest.approx(0.02 * (1 - share))


def test_a_damped_mouth_rests_as_it_did():
    script = replace(PATIENT, speech=(1.0, 2.0), smile=None, tremor=None, asymmetry=0.5)
    before, after = (shapes(truth(fault, script)) for fault in (None, DampMouth(0.5)))
    quiet = np.r_[0:30, 75:180]
    np.testing.assert_allclose(after[quiet], before[quiet], atol=1e-5)
    assert np.abs(after[30:60] - before[30:60]).max() > 0.05


def test_a_delay_of_whole_frames_is_exact(sound):
    late = truth(Delay(0.1))
    for name in COURSES:
        first, second = getattr(sound.people[0], name), getattr(late.people[0], name)
        tolerance = 1e-4 if name == "landmarks" else 1e-9
        np.testing.assert_allclose(second[3:], first[:-3], atol=tolerance)
        np.testing.assert_allclose(
            second[:3], np.broadcast_to(first[0], second[:3].shape), atol=tolerance
        )
    for early, shifted in zip(sound.people[0].blinks, late.people[0].blinks, strict=True):
        np.testing.assert_allclose(np.subtract(shifted, early), 0.1)
    assert late.people[0].tremor.start_s == pytest.approx(0.1)


def test_a_delay_between_frames_is_interpolated_in_time():
    script = replace(PATIENT, variable_frame_rate=True)
    early, late = truth(None, script), truth(Delay(0.05), script)
    jaw = early.names.index("jawOpen")
    expected = np.interp(early.time - 0.05, early.time, early.people[0].beta[:, jaw])
    np.testing.assert_allclose(late.people[0].beta[:, jaw], expected, atol=1e-9)
    np.testing.assert_allclose(np.linalg.det(late.people[0].rotation), 1, atol=1e-9)


def test_a_blink_delayed_beyond_the_end_is_not_listed():
    script = replace(PATIENT, seconds=1.0, blinks=(0.3, 0.9))
    assert len(truth(Delay(0.2), script).people[0].blinks) == 1


@pytest.mark.parametrize("uneven", [False, True])
def test_smoothing_takes_the_tremor_and_flattens_blinks(uneven):
    script = replace(PATIENT, speech=None, smile=None, variable_frame_rate=uneven, seconds=8)
    sharp, smooth = truth(None, script), truth(Smooth(3.0), script)
    even = np.arange(0.5, 7.5, 1 / 30)
    powers = []
    for clip in (sharp, smooth):
        lip = np.interp(even, clip.time, shapes(clip)[:, 17, 1])
        hertz, power = periodogram(lip, 30, "hann")
        powers.append(power[(hertz > 4) & (hertz < 6)].sum())
    assert powers[1] < 0.05 * powers[0]
    if not uneven:  # resampling takes a little of it too
        ratio = smooth.people[0].tremor.amplitude / 0.02
        assert ratio**2 == pytest.approx(powers[1] / powers[0], rel=0.02)
    assert aperture(sharp).min() < 0.03 * np.median(aperture(sharp))
    assert aperture(smooth).min() > 0.2 * np.median(aperture(sharp))
    # what is slow stays in place and in time
    for name, tolerance in (("translation", 0.15), ("rotation", 5e-3)):
        first, second = getattr(sharp.people[0], name), getattr(smooth.people[0], name)
        assert np.abs(second - first)[15:-15].max() < tolerance
    np.testing.assert_allclose(np.linalg.det(smooth.people[0].rotation), 1, atol=1e-9)


def test_smoothing_halves_the_amplitude_at_its_cut_off():
    script = replace(PATIENT, speech=None, smile=None, blinks=(), head_motion=0, seconds=8)
    sharp, smooth = (shapes(truth(fault, script))[:, 17, 1] for fault in (None, Smooth(5.0)))
    middle = slice(60, -60)
    assert np.ptp(smooth[middle]) == pytest.approx(0.5 * np.ptp(sharp[middle]), rel=0.03)


@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_a_few_frames_can_be_smoothed(count):
    script = replace(PATIENT, seconds=count / 30)
    assert truth(Smooth(), script).people[0].landmarks.shape == (count, 478, 3)
    assert truth(Delay(), script).people[0].landmarks.shape == (count, 478, 3)


def test_smoothing_needs_enough_frames_a_second():
    with pytest.raises(ParameterError, match="more than 6 frames per second"):
        truth(Smooth(3.0), replace(PATIENT, fps=5.0))


@pytest.mark.parametrize("asymmetry", [0.0, 0.8])
def test_without_blinks_the_lids_stay_at_rest(asymmetry):
    script = replace(PATIENT, asymmetry=asymmetry)
    never = truth(NoBlinks(), script)
    assert never.people[0].blinks == ()
    assert_same(truth(None, replace(script, blinks=())), never, *COURSES)


def test_a_frozen_face_still_turns(sound):
    frozen = truth(Freeze())
    assert_same(sound, frozen, "scale", "rotation", "translation")
    still = shapes(frozen)
    assert np.abs(still - still[0]).max() < 1e-4
    assert np.ptp(frozen.people[0].landmarks, axis=0).max() > 3
    assert frozen.people[0].blinks == () and frozen.people[0].tremor is None


def test_a_face_can_freeze_for_a_while(sound):
    frozen = truth(Freeze(1.5, 3.5))
    inside = (sound.time >= 1.5) & (sound.time <= 3.5)
    before, after = shapes(sound), shapes(frozen)
    np.testing.assert_allclose(after[~inside], before[~inside], atol=1e-9)
    assert np.abs(after[inside] - before[inside.argmax()]).max() < 1e-4
    assert [shut for _, shut, _ in frozen.people[0].blinks] == [0.8, 4.5]
    with pytest.raises(ParameterError, match="longer span"):
        truth(Freeze(7.0))


@pytest.mark.parametrize("frames", [1, 4])
def test_held_frames_repeat(sound, frames):
    held = truth(Hold(frames))
    for k in range(len(held.pts)):
        np.testing.assert_allclose(
            held.people[0].landmarks[k],
            sound.people[0].landmarks[k // frames * frames],
            atol=1e-4,
        )
    moved = np.abs(np.diff(held.people[0].landmarks, axis=0)).max((1, 2)) > 1e-3
    assert moved.sum() == (len(held.pts) - 1) // frames


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("asymmetry", [0.0, 0.4])
def test_a_corner_droops_by_exactly_its_share_of_the_face(side, asymmetry):
    script = replace(PATIENT, asymmetry=asymmetry)
    before, after = (shapes(truth(fault, script)) for fault in (None, Droop(0.02, side)))
    plain = shapes(truth(None, replace(script, speech=None, smile=None, tremor=None, asymmetry=0)))
    width = np.linalg.norm(plain[0, 234] - plain[0, 454])
    right, left = topology.OUTER_LIP_CORNERS
    weak, strong = (left, right) if side == "left" else (right, left)
    drop = after - before
    np.testing.assert_allclose(drop[:, weak, 1] / width, 0.02, atol=1e-5)
    np.testing.assert_allclose(drop[:, strong, 1], 0, atol=1e-5)
    assert np.abs(drop[:, :, [0, 2]]).max() < 1e-5
    far = np.concatenate([topology.LEFT_EYE_RING, topology.RIGHT_EYE_RING, [10, 4]])
    assert np.abs(drop[:, far, 1]).max() < 0.02 * width * 0.1


def test_only_the_patient_is_faulty():
    script = replace(PATIENT, people=2, width=240, seconds=2)
    first, second = (truth(fault, script).people for fault in (None, Delay(0.2)))
    np.testing.assert_array_equal(first[1].landmarks, second[1].landmarks)
    assert np.abs(first[0].landmarks - second[0].landmarks).max() > 1


def test_only_the_fault_is_seen():
    script = replace(PATIENT, head_motion=0, pulse_bpm=70, light=0.1, seconds=1.5)
    plain, clip = Phantom(script), Phantom(script, Droop(0.03))
    first, second = plain.frame(20), clip.frame(20)
    assert first.pts == second.pts
    changed = np.abs(first.image.astype(int) - second.image).max(-1) > 12
    points = clip.truth.people[0].landmarks[20]
    x, y = points[topology.OUTER_LIP_CORNERS[1], :2]
    rows, columns = np.nonzero(changed)
    assert len(rows) > 5
    assert np.hypot(columns - x, rows - y).max() < 0.8 * clip.truth.people[0].scale[20]


def test_a_still_head_has_still_landmarks():
    script = replace(
        PATIENT, head_motion=0, speech=None, smile=None, tremor=None, blinks=(), seconds=3
    )
    points = truth(None, script).people[0].landmarks
    moved = np.ptp(points, axis=0).max(1)
    assert moved.max() < 0.5  # pixels: the brows wander and the eyes look round
    assert moved[np.r_[topology.LIPS, 152, 234, 454]].max() < 0.02
    for name in ("scale", "rotation", "translation"):
        assert np.ptp(getattr(truth(None, script).people[0], name), axis=0).max() < 1e-9


def test_the_file_says_what_is_wrong(tmp_path):
    script = replace(PATIENT, seconds=0.2)
    render_phantom(script, tmp_path / "faulty.mp4", fault=Droop(0.03))
    again = Truth.from_json((tmp_path / "faulty.truth.json").read_text())
    assert again.fault == "droop=0.03,left"
    assert truth(None, script).fault is None
    assert Truth.from_json(truth(None, script).to_json()).fault is None


@pytest.mark.parametrize("fault", [cls() for cls in FAULTS.values()], ids=str)
def test_faults_have_names(fault):
    assert fault_named(fault.name) == fault == fault_named(str(fault))


def test_faults_are_read_from_words():
    assert fault_named("damp-mouth=.3") == DampMouth(0.3)
    assert fault_named("freeze=2,5") == fault_named(str(Freeze(2, 5))) == Freeze(2.0, 5.0)
    assert fault_named("droop=.02,right") == Droop(0.02, "right")
    assert fault_named("hold=3") == Hold(3)
    with pytest.raises(ParameterError) as told:
        fault_named("melt=3")
    assert all(name in str(told.value) for name in FAULTS)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no-blinks=1",
        "hold=2.5",
        "hold=0",
        "hold=",
        "smooth=fast",
        "smooth=0",
        "damp-mouth=2",
        "delay=-1",
        "delay=nan",
        "freeze=5,2",
        "droop=.02,up",
        "droop=.5",
        "droop=.02,left,3",
    ],
)
def test_bad_faults_are_refused(text):
    with pytest.raises(ParameterError):
        fault_named(text)


def test_a_held_frame_is_counted_in_whole_frames():
    for wrong in (2.0, True):
        with pytest.raises(ParameterError):
            Hold(wrong)


def test_the_command_plants_a_fault(mien, tmp_path):
    words = "--seconds 0.2 --width 160 --height 128 --blink 0.1 --fault".split()
    path = tmp_path / "faulty.mp4"
    assert mien("phantom", "-o", path, *words, "no-blinks").exit_code == 0
    clip = Truth.from_json((tmp_path / "faulty.truth.json").read_text())
    assert clip.fault == "no-blinks" and clip.people[0].blinks == ()
    refused = mien("phantom", "-o", tmp_path / "other.mp4", *words, "melt")
    assert refused.exit_code == 2 and all(name in refused.stderr for name in FAULTS)
    assert len(list(tmp_path.iterdir())) == 2
