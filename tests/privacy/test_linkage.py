import numpy as np
import pytest

from mien.errors import NoFaceError, ParameterError
from mien.models.landmarker import open_backend
from mien.phantom import Phantom, Script, Tremor
from mien.privacy.linkage.attacks import link_appearance, link_motion
from mien.privacy.linkage.cohort import Stretch, deal, gather
from mien.privacy.linkage.identification import identify
from mien.privacy.linkage.motion import STREAMS, motion_distance, motion_features
from mien.privacy.linkage.observation import Observation, observe
from mien.privacy.linkage.pairs import find_pairs
from mien.recognition.dlib_resnet import Dlib
from mien.video import Writer

STYLES = (
    {"tremor": Tremor(5, 0.03), "blinks_per_minute": 8, "head_motion": 0.1},
    {"speech": (0, 60), "blinks_per_minute": 30, "head_motion": 0.4},
    {"asymmetry": 0.6, "blinks_per_minute": 20, "head_motion": 0.8},
    {"blinks_per_minute": 50, "head_motion": 1.6},
)


def watched(times, expression, pose, descriptors=None) -> Observation:
    """An observation of which the recogniser saw one frame per descriptor."""
    descriptors = np.zeros((2, 128)) if descriptors is None else np.atleast_2d(descriptors)
    looked = np.linspace(times[0], times[-1], len(descriptors))
    pictures = np.zeros((len(descriptors), 75, 75, 3), np.uint8)
    return Observation(times, expression, pose, looked, descriptors, pictures)


def moving(seed: int, seconds: float = 10, **style) -> Observation:
    """What a perfect, slightly noisy measurement sees of a phantom's motion."""
    truth = Phantom(Script(seconds=seconds, fps=25, seed=seed, **style)).truth
    person = truth.people[0]
    rng = np.random.default_rng(seed)
    turn = person.rotation
    pose = np.column_stack(
        [
            np.arctan2(turn[:, 0, 2], turn[:, 2, 2]),
            np.arcsin(-turn[:, 1, 2]),
            np.arctan2(turn[:, 1, 0], turn[:, 1, 1]),
            person.translation[:, :2] / person.scale.mean(),
            np.log(person.scale),
        ]
    )
    return watched(
        truth.time,
        np.clip(person.beta + rng.normal(0, 0.01, person.beta.shape), 0, 1),
        pose + rng.normal(0, 0.002, pose.shape),
    )


def cohort_of(styles):
    """Two clips each, with different chance in each, of people who move in these styles."""
    return deal(
        [
            Stretch(f"{k}-{clip}", str(k), seen, seen)
            for k, style in enumerate(styles)
            for clip, seen in enumerate(moving(2 * k + half, **style) for half in (0, 1))
        ]
    )


# --- naming -------------------------------------------------------------------------------------


def test_everybody_nearest_to_themselves_is_named():
    people = list("abcdefgh")
    found = identify(1 - np.eye(8), people, people)
    assert found.rank1.value == found.rank5.value == found.auc.value == 1
    assert found.eer.value == 0
    assert found.rank1.chance == 1 / 8 and found.rank5.chance == 5 / 8
    assert found.rank1.above_chance
    # Wilson's lower end for 8 of 8 is n / (n + z²)
    assert found.rank1.low == pytest.approx(8 / (8 + 1.959964**2))
    assert found.rank1.high == pytest.approx(1)


def test_distances_that_say_nothing_give_chance_exactly():
    people = list("abcdefgh")
    found = identify(np.ones((8, 8)), people, people)
    assert found.rank1.value == pytest.approx(1 / 8)
    assert found.rank5.value == pytest.approx(5 / 8)
    assert found.auc.value == pytest.approx(0.5) and found.eer.value == pytest.approx(0.5)


def test_distances_drawn_at_random_stay_near_chance():
    people = [str(k) for k in range(80)]
    distance = np.random.default_rng(3).random((80, 80))
    found = identify(distance, people, people)
    for rate in (found.rank1, found.rank5, found.auc):
        assert rate.low <= rate.chance <= rate.high
    shuffled = identify(1 - np.eye(80), people, list(np.random.default_rng(0).permutation(people)))
    assert not shuffled.rank1.above_chance


def test_area_and_error_rate_against_counting():
    rng = np.random.default_rng(0)
    people = [str(k) for k in range(40)]
    distance = rng.normal(1, 1, (40, 40)) - 1.5 * np.eye(40)
    found = identify(distance, people, people)
    own, strange = distance[np.eye(40, dtype=bool)], distance[~np.eye(40, dtype=bool)]
    assert found.auc.value == pytest.approx((own[:, None] < strange[None]).mean())
    missed = (own > np.sort(strange)[:, None]).mean(1)
    taken = np.arange(1, len(strange) + 1) / len(strange)
    crossing = taken[np.abs(taken - missed).argmin()]
    assert found.eer.value == pytest.approx(crossing, abs=0.02)
    assert found.auc.low < found.auc.value < found.auc.high < 1


def test_the_interval_counts_people_not_clips():
    once = identify(1 - np.eye(4), list("abcd"), list("abcd"))
    often = identify(
        np.repeat(1 - np.eye(4), 10, axis=0),
        list("a" * 10 + "b" * 10 + "c" * 10 + "d" * 10),
        list("abcd"),
    )
    assert often.probes == 40 and often.people == 4
    assert often.rank1.low == pytest.approx(once.rank1.low)


def test_a_person_is_as_near_as_their_nearest_entry():
    distance = np.array([[0.9, 0.1, 0.5], [0.4, 0.8, 0.3]])
    found = identify(distance, ["a", "b"], ["a", "a", "b"])
    assert found.rank1.value == 1 and found.candidates == 2


def test_who_is_no_candidate_is_left_out():
    people = list("abcd")
    distance = 1 - np.eye(4)
    distance[:2, 2:] = distance[2:, :2] = np.inf
    distance[0, 1] = -1  # a is taken for b
    found = identify(distance, people, people)
    assert found.candidates == 2 and found.rank1.chance == 0.5 and found.rank1.value == 0.75


@pytest.mark.parametrize(
    ("distance", "probes", "gallery"),
    [
        (np.ones((1, 2)), ["a"], ["a"]),
        (np.ones((1, 1)), ["a"], ["a"]),
        (np.ones((1, 2)), ["c"], ["a", "b"]),
        (np.ones((0, 2)), [], ["a", "b"]),
    ],
)
def test_naming_needs_the_right_one_among_two(distance, probes, gallery):
    with pytest.raises(ParameterError):
        identify(distance, probes, gallery)


# --- motion -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def styled():
    return cohort_of(STYLES)


def test_people_who_move_differently_are_linked(styled):
    attacks = link_motion(styled)
    assert {(a.name, a.stream) for a in attacks} == {
        (name, stream) for name in ("reference", "naive", "parrot") for stream in STREAMS
    }
    for attack in attacks:
        assert attack.identification.rank1.value == 1, attack.stream
        assert attack.identification.rank1.above_chance


def test_people_who_move_alike_are_not_linked():
    cohort = cohort_of([{"seconds": 5, "blinks_per_minute": 20, "head_motion": 0.4}] * 18)
    for attack in link_motion(cohort):
        found = attack.identification
        assert found.people == 18 and found.rank1.chance == pytest.approx(1 / 18)
        assert found.rank1.value < 0.25, attack.stream
        assert found.auc.value < 0.65, attack.stream


def test_where_the_camera_stands_says_nothing():
    seen = moving(1, seconds=4)
    moved = watched(seen.times, seen.expression, seen.pose + [0.3, 0.1, 0, 5, 2, 1])
    assert np.allclose(motion_features(seen, "pose"), motion_features(moved, "pose"))


def test_dynamics_leave_the_level_out_and_expression_keeps_it():
    seen = moving(1, seconds=4)
    raised = watched(seen.times, seen.expression + 0.2, seen.pose)
    same, other = (motion_features(s, "dynamics") for s in (seen, raised))
    assert np.allclose(same, other)
    apart = motion_features(raised, "expression") - motion_features(seen, "expression")
    assert np.isclose(apart, 0.2).sum(1).tolist() == [52] * len(same)


def test_a_tremor_is_in_its_band():
    times = np.arange(0, 2.5, 0.02)
    bands = {}
    for hertz in (1, 2, 5, 8):
        pose = np.zeros((len(times), 6))
        pose[:, 0] = 0.1 * np.sin(2 * np.pi * hertz * times)
        seen = watched(times, np.zeros((len(times), 52)), pose)
        (features,) = motion_features(seen, "pose")
        bands[hertz] = int(features[12:36].reshape(4, 6)[:, 0].argmax())
    assert bands == {1: 0, 2: 1, 5: 2, 8: 3}


def test_windows_need_a_face_and_time():
    seen = moving(1, seconds=6)
    assert len(motion_features(seen, "pose")) == 4
    assert len(motion_features(seen.between(0, 0.1), "pose")) == 0
    there = (seen.times < 2.2) | (seen.times > 3.4)
    gap = watched(seen.times[there], seen.expression[there], seen.pose[there])
    assert 0 < len(motion_features(gap, "pose")) < 4


def test_who_is_too_short_is_left_out(styled):
    short = moving(99, seconds=0.4)
    clips = [*styled.gallery, *styled.probes]
    clips += [Stretch(f"s{k}", "short", short, short) for k in (0, 1)]
    cohort = deal(clips)
    assert "short" in cohort.people
    assert {a.identification.candidates for a in link_motion(cohort)} == {len(STYLES)}
    only = deal([Stretch(f"{p}{k}", p, short, short) for p in "ab" for k in (0, 1)])
    assert link_motion(only) == []


def test_one_window_each_is_enough_for_a_distance():
    rng = np.random.default_rng(0)
    gallery = [rng.normal(size=(1, 9)) for _ in range(3)]
    distance = motion_distance(gallery, list("abc"), gallery)
    assert (distance.argmin(1) == [0, 1, 2]).all()


# --- appearance ---------------------------------------------------------------------------------


def test_a_face_given_to_each_person_is_linked_only_to_itself():
    rng = np.random.default_rng(0)
    times, still = np.linspace(0, 2, 20), np.zeros((20, 52))
    clips = []
    for person in range(10):
        real, given = rng.normal(size=(2, 128))
        for clip in (0, 1):
            sides = [
                watched(times, still, still[:, :6], base + 0.3 * rng.normal(size=(4, 128)))
                for base in (real, given)
            ]
            clips.append(Stretch(f"{person}-{clip}", str(person), *sides))
    found = {attack.name: attack.identification for attack in link_appearance(deal(clips))}
    assert found["reference"].rank1.value == found["parrot"].rank1.value == 1
    assert not found["naive"].rank1.above_chance


# --- gallery and probes -------------------------------------------------------------------------


def test_clips_of_a_person_are_dealt_by_turns(styled):
    assert styled.split == "clips"
    assert [s.name for s in styled.gallery] == ["0-0", "1-0", "2-0", "3-0"]
    assert [s.name for s in styled.probes] == ["0-1", "1-1", "2-1", "3-1"]


def test_single_clips_are_cut_with_a_gap():
    seen = [moving(k, seconds=4) for k in (0, 1)]
    cohort = deal([Stretch(str(k), str(k), one, one) for k, one in enumerate(seen)])
    assert cohort.split == "halves" and cohort.people == ["0", "1"]
    for before, after in zip(cohort.gallery, cohort.probes, strict=True):
        assert before.name == after.name
        gap = after.result.times[0] - before.result.times[-1]
        assert gap == pytest.approx(0.4, abs=0.09)
        assert after.result.times[-1] == seen[0].times[-1]
    with pytest.raises(ParameterError, match="cut in two"):
        bare = watched(seen[0].times[:1], seen[0].expression[:1], seen[0].pose[:1])
        deal([Stretch("a", "a", bare, bare), Stretch("b", "b", seen[0], seen[1])])


@pytest.fixture
def folders(tmp_path):
    for folder in ("before", "after"):
        (tmp_path / folder).mkdir()
        for name in ("x.mp4", "y.mp4"):
            (tmp_path / folder / name).touch()
    return tmp_path


def test_pairs_have_the_same_stem(folders):
    (folders / "after" / "y.mp4").rename(folders / "after" / "y.mov")
    for name in ("x.json", "x.side-by-side.mp4", ".x.mp4.part", ".z.mp4"):
        (folders / "after" / name).touch()
    pairs = find_pairs(folders / "before", folders / "after")
    assert [(p.name, p.person, p.result.name) for p in pairs] == [
        ("x", "x", "x.mp4"),
        ("y", "y", "y.mov"),
    ]
    who = folders / "who.csv"
    who.write_text("\ufefffile,person\nx.mp4,Ann\ny,Ann\n", encoding="utf-8")
    pairs = find_pairs(folders / "before", folders / "after", who)
    assert [p.person for p in pairs] == ["Ann", "Ann"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("file,person\nx.mp4,Ann\n", "who is in y"),
        ("file,person\nx,Ann\ny,Ann\nz.mp4,Ann\n", "z.mp4"),
        ("file,person\nx,Ann\nx,Bea\ny,Bea\n", "two people"),
        ("name;who\nx;Ann\n", "columns file and person"),
    ],
)
def test_a_list_that_does_not_fit_is_refused(folders, text, words):
    (folders / "who.csv").write_text(text)
    with pytest.raises(ParameterError, match=words):
        find_pairs(folders / "before", folders / "after", folders / "who.csv")


def test_folders_that_do_not_fit_are_refused(folders):
    before, after = folders / "before", folders / "after"
    with pytest.raises(ParameterError, match="twice"):
        find_pairs(before, before)
    with pytest.raises(ParameterError, match="not a folder"):
        find_pairs(before, folders / "none")
    with pytest.raises(ParameterError, match="cannot be read"):
        find_pairs(before, after, folders / "none.csv")
    (before / "z.mp4").touch()
    with pytest.raises(ParameterError, match=r"z is in .*before.* no partner"):
        find_pairs(before, after)
    (before / "x.MP4").touch()
    with pytest.raises(ParameterError, match="one name"):
        find_pairs(before, after)
    for folder in (before, after):
        for path in folder.iterdir():
            path.unlink()
    with pytest.raises(ParameterError, match="no video"):
        find_pairs(before, after)


# --- measuring ----------------------------------------------------------------------------------


def test_what_is_seen_of_a_phantom(patient):
    recogniser, backend = Dlib(), open_backend()
    try:
        seen = observe(patient.path, backend, recogniser)
    finally:
        backend.close()
    truth = patient.truth
    assert np.allclose(seen.times, truth.time, atol=1e-3)
    smile = truth.names.index("mouthSmileLeft")
    r = np.corrcoef(seen.expression[:, smile], truth.people[0].beta[:, smile])[0, 1]
    assert r > 0.9
    turn = truth.people[0].rotation
    yaw = np.arctan2(turn[:, 0, 2], turn[:, 2, 2])
    assert np.corrcoef(seen.pose[:, 0], yaw)[0, 1] > 0.8
    assert 12 <= len(seen.looked) <= 24 and set(seen.looked) <= set(seen.times)
    assert seen.descriptors.shape == (len(seen.looked), 128)
    assert np.linalg.norm(seen.descriptors - seen.mean, axis=1).max() < recogniser.threshold
    assert seen.pictures.shape == (len(seen.looked), 75, 75, 3) and seen.pictures.std() > 10


def test_a_clip_without_a_face_and_a_cohort_of_one(brief, tmp_path):
    clips = Phantom(Script(seconds=0.2, fps=10, width=160, height=160))
    for folder in ("before", "after"):
        (tmp_path / folder).mkdir()
        brief.copy(tmp_path / folder, "a.mp4")
        with Writer(tmp_path / folder / "b.mp4", clips.info) as writer:
            for frame in clips:
                writer.write(np.zeros_like(frame.image), frame.pts)
            writer.commit()
    pairs = find_pairs(tmp_path / "before", tmp_path / "after")
    backend = open_backend()
    try:
        with pytest.raises(NoFaceError, match=r"b\.mp4"):
            gather(pairs[::-1], backend, Dlib())
        with pytest.raises(ParameterError, match="two people"):
            gather(pairs[:1], backend, Dlib())
    finally:
        backend.close()
