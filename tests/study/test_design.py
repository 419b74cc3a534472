"""A designed study: who sees what, copies that tell nothing, answers that last."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import av
import numpy as np
import pytest
from clips_of_studies import film, folders, with_sound

from mien.errors import FormatError, OutputError, ParameterError
from mien.study.copies import write_copies
from mien.study.design import DesignSettings, chosen_items, design, read_reference
from mien.study.plan import plan
from mien.study.power import power
from mien.study.shown import TRAINING
from mien.study.store import DATABASE, Refused, StudyStore
from mien.video import clips
from mien.video.boxes import boxes

DAY = 86_400.0


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    home = tmp_path_factory.mktemp("pairs")
    found, _ = clips.pairs(*folders(home, 3))
    return found


@pytest.fixture(scope="module")
def study(pairs, tmp_path_factory):
    home = tmp_path_factory.mktemp("study")
    film(home / "easy.mp4", 9)
    (home / "training.csv").write_text("clip,item,score\neasy.mp4,3.2,2\n")
    items = chosen_items("3.2, tremor")
    training, reference = read_reference(home / "training.csv", items)
    settings = DesignSettings(items, ("Ada", "Ben"), repeats=1, seed=4, training=training,
                              reference=reference)  # fmt: skip
    design(pairs, home / "study", settings)
    return home / "study"


@pytest.fixture
def store(study, tmp_path):
    import shutil

    shutil.copytree(study, tmp_path / "study")
    return StudyStore(tmp_path / "study")


def layout(path):
    with path.open("rb") as file:
        return [(b.kind, b.start, b.end) for b in boxes(file, 0, os.fstat(file.fileno()).st_size)]


def everything(store, rater, now, scores=2.0):
    for show in store.state(rater, now)["shows"]:
        for item in store.items:
            store.answer(rater, show["id"], item, scores, now)


def test_every_rater_sees_everything_and_no_clip_twice_in_a_round():
    shown = plan([f"c{k}" for k in range(20)], ["A", "B"], repeats=5, seed=1)
    for rater in "AB":
        mine = [one for one in shown if one.rater == rater]
        assert Counter((o.version, o.repeat) for o in mine) == {
            ("original", 0): 20, ("result", 0): 20, ("original", 1): 5,
        }  # fmt: skip
        for number in range(3):
            here = [one.clip for one in mine if one.round == number]
            assert len(set(here)) == len(here)
        rounds = {(o.clip, o.version, o.repeat): o.round for o in mine}
        again = {o.clip for o in mine if o.repeat}
        assert all(rounds[c, "original", 0] < rounds[c, "original", 1] for c in again)
        first = [rounds[f"c{k}", "original", 0] < rounds[f"c{k}", "result", 0] for k in range(20)]
        assert 6 <= sum(first) <= 16
    orders = [[o.clip for o in shown if o.rater == r and o.round == 0] for r in "AB"]
    assert orders[0] != orders[1]
    assert shown == plan([f"c{k}" for k in range(20)], ["A", "B"], repeats=5, seed=1)
    assert shown != plan([f"c{k}" for k in range(20)], ["A", "B"], repeats=5, seed=2)


def test_half_of_the_clips_are_seen_as_original_first():
    shown = plan([f"c{k}" for k in range(40)], ["A"], repeats=0, seed=3)
    assert sum(o.round == 0 and o.version == "original" for o in shown) == 20


@pytest.mark.parametrize("wrong", [{"clips": []}, {"raters": []}, {"repeats": 3},
                                   {"clips": ["a", "a"]}, {"raters": ["A", "A"]}])  # fmt: skip
def test_wrong_plans_are_refused(wrong):
    with pytest.raises(ParameterError):
        plan(**({"clips": ["a", "b"], "raters": ["A"], "repeats": 0, "seed": 0} | wrong))


def test_copies_are_alike_in_all_but_their_pictures(pairs, tmp_path):
    original, result = pairs[0]
    places = {original: [tmp_path / "a.mp4", tmp_path / "b.mp4"], result: [tmp_path / "c.mp4"]}
    write_copies([original, result], places, sound=False, rng=np.random.default_rng(0))
    files = sorted(tmp_path.iterdir())
    assert len({path.stat().st_size for path in files}) == 1
    assert len({str(layout(path)) for path in files}) == 1
    assert len({path.stat().st_mtime for path in files}) == 1
    heads, indices = set(), set()
    for path in files:
        (index,) = [(b, e) for kind, b, e in layout(path) if kind == b"moov"]
        indices.add(path.read_bytes()[slice(*index)])  # with the size of each coded frame
        assert b"synthetic" not in path.read_bytes()
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            times = tuple(packet.pts for packet in container.demux(stream) if packet.size)
            heads.add((times, stream.duration, str(container.metadata), str(stream.metadata)))
    assert len(heads) == len(indices) == 1
    # the hidden repeat is no copy of the same bytes
    assert files[0].read_bytes() != files[1].read_bytes()
    with av.open(str(files[2])) as container:
        shown = np.stack([f.to_ndarray(format="rgb24") for f in container.decode(video=0)])
    assert shown.shape == (10, 64, 64, 3) and shown.std() > 20


def test_versions_of_unlike_size_and_length_are_made_alike(tmp_path):
    one, two = film(tmp_path / "one.mp4", 1, 20, 96), film(tmp_path / "two.mp4", 1, 12, 64)
    places = {one: [tmp_path / "a.mp4"], two: [tmp_path / "b.mp4"]}
    write_copies([one, two], places, sound=False, rng=np.random.default_rng(0))
    seen = []
    for name in ("a.mp4", "b.mp4"):
        with av.open(str(tmp_path / name)) as container:
            stream = container.streams.video[0]
            seen.append((stream.width, stream.height, stream.frames, stream.duration))
    assert seen[0] == seen[1] == (64, 64, 12, seen[0][3])


def test_sound_of_another_voice_does_not_tell_by_its_index(tmp_path):
    """Sound of another voice, rate and length is coded in packets of the same sizes."""
    one = with_sound(film(tmp_path / "one.mp4", 1, 40), 1)
    two = with_sound(film(tmp_path / "two.mp4", 1, 38, smooth=True), 2, 44_100, loud=0.01)
    places = {one: [tmp_path / "a.mp4", tmp_path / "b.mp4"], two: [tmp_path / "c.mp4"]}
    write_copies([one, two], places, sound=True, rng=np.random.default_rng(0))
    files = [tmp_path / f"{name}.mp4" for name in "abc"]
    indices, heard = set(), []
    for path in files:
        (index,) = [(b, e) for kind, b, e in layout(path) if kind == b"moov"]
        indices.add(path.read_bytes()[slice(*index)])
        with av.open(str(path)) as container:
            samples = [f.to_ndarray() for f in container.decode(audio=0)]
        heard.append(np.concatenate(samples, 1))
    assert len({str(layout(path)) for path in files}) == len(indices) == 1
    # what fills the packets is not heard
    loud = heard[0].std()
    assert heard[0].shape == heard[2].shape and 0.1 < loud < 0.35
    assert heard[2].std() / loud == pytest.approx(0.01 / 0.3, rel=0.2)
    assert np.array_equal(heard[0], heard[1])


def test_a_study_is_private_and_names_nothing(study):
    assert study.stat().st_mode & 0o77 == 0
    names = [path.name for path in (study / "clips").iterdir()]
    assert len(names) == 8 and all(len(name) == 36 for name in names)  # 3 pairs, 1 repeat, 1
    settings = json.loads((study / "study.json").read_text())
    assert settings["seed"] == 4 and settings["clips"] == ["p0", "p1", "p2"]


def test_training_comes_first_and_its_reference_after_the_answer(store):
    rater = store.rater(store.progress()[0].token)
    state = store.state(rater, 0.0)
    (show,) = state["shows"]
    assert state["phase"] == "training" and "reference" not in show
    everything(store, rater, 0.0)
    (show,) = store.state(rater, 0.0)["shows"]
    assert show["reference"] == {"mds-updrs-3-2": 2.0}
    store.submit(rater, TRAINING, 0.0)
    assert store.state(rater, 0.0)["phase"] == "rating"


def test_what_raters_are_told_does_not_tell(store):
    rater = store.rater(store.progress()[0].token)
    everything(store, rater, 0.0)
    store.submit(rater, TRAINING, 0.0)
    told = json.dumps(store.state(rater, 0.0))
    for word in ("original", "result", "p0", "p1", "p2", "repeat", ".mp4"):
        assert word not in told


def test_rounds_wait_for_the_washout(store):
    rater, now = store.rater(store.progress()[1].token), 1000.0
    everything(store, rater, now)
    store.submit(rater, TRAINING, now)
    seen = []
    for number in range(3):
        state = store.state(rater, now)
        assert (state["phase"], state["round"]) == ("rating", number)
        if number == 0:
            with pytest.raises(Refused, match="no answer yet"):
                store.submit(rater, 0, now)
        seen += [show["id"] for show in state["shows"]]
        everything(store, rater, now)
        store.submit(rater, number, now)
        late = state["shows"][0]["id"]
        with pytest.raises(Refused):
            store.answer(rater, late, store.items[0], 1.0, now)
        assert store.file(rater, late, now) is None
        if number < 2:
            waits = store.state(rater, now + 13 * DAY)
            assert waits["phase"] == "waiting" and waits["until"] == now + 14 * DAY
            with pytest.raises(Refused):
                store.submit(rater, number + 1, now + DAY)
        now += 14 * DAY
    assert store.state(rater, now)["phase"] == "done" and len(set(seen)) == 7
    rows = store.export()
    assert len(rows) == 7 * 2 and {row["round"] for row in rows} == {1, 2, 3}
    assert min(row["position"] for row in rows) == 1


def test_answers_are_checked_and_can_be_changed(store):
    ada, ben = (store.rater(p.token) for p in store.progress())
    show = store.state(ada, 0.0)["shows"][0]["id"]
    store.answer(ada, show, "mds-updrs-3-2", 1.0, 0.0)
    store.answer(ada, show, "mds-updrs-3-2", None, 1.0)
    assert store.state(ada, 0.0)["shows"][0]["answers"] == {"mds-updrs-3-2": None}
    item = "mds-updrs-3-2"
    for wrong in ((ada, show, item, 5.0), (ada, show, "other", 1.0), (ben, show, item, 1.0),
                  (ada, "0" * 32, item, 1.0)):  # fmt: skip
        with pytest.raises(Refused):
            store.answer(*wrong, 0.0)
    assert (
        store.rater("wrong") is None and store.rater("") is None and store.rater("\ud800") is None
    )


def test_an_answer_outlives_a_kill(store):
    """A process that is killed right after an answer has written it."""
    token = store.progress()[0].token
    script = (
        "import os, signal, sys; from pathlib import Path\n"
        "from mien.study.store import StudyStore\n"
        "s = StudyStore(Path(sys.argv[1])); r = s.rater(sys.argv[2])\n"
        "s.answer(r, s.state(r, 0.0)['shows'][0]['id'], s.items[0], 3.0, 0.0)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    ran = subprocess.run([sys.executable, "-c", script, str(store.folder), token])
    assert ran.returncode == -9
    rater = store.rater(token)
    assert store.state(rater, 0.0)["shows"][0]["answers"] == {store.items[0]: 3.0}
    with sqlite3.connect(store.folder / DATABASE) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_damaged_database_is_said(store):
    (store.folder / DATABASE).write_bytes(b"nothing that SQLite reads" * 400)
    with pytest.raises(FormatError, match="is damaged"):
        store.progress()


def test_what_cannot_be_designed_is_said(pairs, tmp_path):
    items = chosen_items("3.2")
    (tmp_path / "study").mkdir()
    with pytest.raises(OutputError, match="already exists"):
        design(pairs, tmp_path / "study", DesignSettings(items, ("A",)))
    with pytest.raises(ParameterError, match="has no sound"):
        design(pairs, tmp_path / "s", DesignSettings(chosen_items("3.1"), ("A",)))
    for wrong in ({"raters": ()}, {"raters": ("",)}, {"raters": ("a\nb",)}, {"items": ()},
                  {"washout_days": -1}):  # fmt: skip
        with pytest.raises(ParameterError):
            DesignSettings(**({"items": items, "raters": ("A",)} | wrong))
    with pytest.raises(ParameterError, match="no known item"):
        chosen_items("3.9")
    with pytest.raises(FormatError, match="holds no study"):
        StudyStore(tmp_path)
    assert not (tmp_path / "s").exists() and not list(tmp_path.glob(".mien-*"))


def test_power_falls_with_the_root_of_clips():
    few, many = power(20, 2, studies=2), power(80, 2, studies=2)
    assert few.mean_reach == pytest.approx(2 * many.mean_reach, rel=0.25)
    assert "20 clips and 2 raters" in few.words and many.clips_for_mean > 10


@pytest.mark.parametrize(
    "wrong",
    [
        {"self_agreement": 1.0},
        {"self_agreement": float("nan")},
        {"mean": float("inf")},
        {"kappa": 0.0},
        {"clips": 0},
    ],
)
def test_a_design_that_leaves_nothing_to_estimate_is_refused(wrong):
    with pytest.raises(ParameterError):
        power(**({"clips": 20, "raters": 2, "studies": 1} | wrong))


def test_how_many_clips_an_interval_takes_is_told_before_there_are_clips(mien):
    done = mien("study", "power", "--raters", 2, "--mean", 0.2, "--kappa", 0.03, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["clips_for_mean"]["reach"] == 0.2 and said["clips_for_kappa"]["reach"] == 0.03
    assert said["clips_for_mean"]["clips"] < 40 < said["clips_for_kappa"]["clips"]
    assert mien("study", "power", "--clips", 3, "--repeats", 4).exit_code == 2


def test_the_command(mien, pairs, tmp_path):
    originals, results = pairs[0][0].parent, pairs[0][1].parent
    done = mien("study", "design", originals, results, "-o", tmp_path / "study", "--raters",
                "Ada,Ben", "--items", "3.2", "--washout", 0, "--json")  # fmt: skip
    assert done.exit_code == 0, done.output
    made = json.loads(done.stdout)
    assert made["raters"] == ["Ada", "Ben"] and made["power"]["clips"] == 3
    plain = mien("study", "design", originals, results, "-o", tmp_path / "plain", "--raters", "Ada",
                 "--items", "3.2", "--washout", 0)  # fmt: skip
    assert "twice in one sitting" in plain.stderr
    again = mien("study", "design", originals, results, "-o", tmp_path / "study", "--raters", "A")
    assert again.exit_code == 6 and "already exists" in again.stderr
    inside = mien("study", "design", originals, results, "-o", originals / "s", "--raters", "A")
    assert inside.exit_code == 2 and not (Path(originals) / "s").exists()
