"""Line-ups: six faces made alike, shown in an order that says nothing, and answers that last."""

from __future__ import annotations

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

import mien as package
from mien.errors import FormatError, OutputError, ParameterError
from mien.study.faces import Cut, covered, in_colours_of, inner, whole
from mien.study.lineup import LineupSettings, lineup, read_names
from mien.study.lineup_export import trials_of
from mien.study.lineup_store import LineupStore
from mien.study.reidentification import analyse_trials
from mien.study.store import Refused
from mien.video import VideoInfo, Writer, clips

PICTURES = Path(package.__file__).parent / "assets" / "surrogates" / "pictures"
WHO = [("man-fair-1", "man-medium-2"), ("woman-fair-1", "woman-medium-2")]
"""Whose face stands for the patient's, and for the result's."""


def film(path, name):
    """Somebody who holds still: a picture of a surrogate, eight times."""
    picture = cv2.imread(str(PICTURES / f"{name}.jpg"))
    ground = np.full((360, 360, 3), 150, np.uint8)
    ground[60:300, 60:300] = cv2.resize(picture, (240, 240), interpolation=cv2.INTER_CUBIC)
    path.parent.mkdir(exist_ok=True)
    info = VideoInfo(360, 360, Fraction(1, 12_800), Fraction(25))
    with Writer(path, info, crf=18) as out:
        for k in range(8):
            out.write(np.ascontiguousarray(ground[..., ::-1]), 512 * k)
        out.commit()


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("lineup")
    for k, (patient, new) in enumerate(WHO):
        film(home / "originals" / f"p{k}.mp4", patient)
        film(home / "results" / f"p{k}.mp4", new)
        manifest = {"people": [{"surrogate": {"id": new}}]}
        (home / "results" / f"p{k}.json").write_text(json.dumps(manifest))
    (home / "names.csv").write_text("clip;name\np0;Jan  Doe\np0;Doe\np1;Eve\n")
    return home


@pytest.fixture(scope="module")
def made(home):
    pairs, _ = clips.pairs(home / "originals", home / "results")
    settings = LineupSettings(
        ("Ada", "Ben"),
        ("Cleo",),
        ("inner", "whole"),
        str(PICTURES),
        read_names(home / "names.csv"),
        3,
    )
    left_out = lineup(pairs, home / "lineup", settings)
    return LineupStore(home / "lineup"), left_out


@pytest.fixture
def store(made, tmp_path):
    import shutil

    shutil.copytree(made[0].folder, tmp_path / "lineup")
    return LineupStore(tmp_path / "lineup")


def roles(store):
    """Roles of every trial, by arm."""
    import sqlite3

    with sqlite3.connect(store.folder / "lineup.sqlite3") as db:
        rows = db.execute("SELECT arm, faces FROM trials").fetchall()
    return [(arm, [role for _, role in json.loads(faces)]) for arm, faces in rows]


def test_six_faces_as_published_and_two_arms_more(made):
    store, left_out = made
    assert left_out == []
    found = Counter((arm, *sorted(shown)) for arm, shown in roles(store))
    six = ("control1", "control2", "control3", "original", "result", "surrogate")
    no_hair = ("control1", "control2", "control3", "control4", "original", "result")
    assert found == {
        ("inner", *six): 4, ("whole", *no_hair): 4, ("acquaintances", "result"): 2,
        ("blanked", "original"): 2,
    }  # fmt: skip
    # the order says nothing: no role stands in one place only
    places = {shown.index("result") for arm, shown in roles(store) if arm in ("inner", "whole")}
    assert len(places) >= 3


def test_pictures_are_alike_in_all_but_the_face(made):
    files = list((made[0].folder / "faces").iterdir())
    assert len({path.stat().st_size for path in files}) == 1
    assert len({path.stat().st_mtime for path in files}) == 1
    assert all(len(path.name) == 36 for path in files)
    for path in files[:4]:
        assert cv2.imread(str(path)).shape == (320, 320, 3) and b"Exif" not in path.read_bytes()
    assert made[0].folder.stat().st_mode & 0o77 == 0


def test_what_judges_are_told_does_not_tell(store):
    judge = store.judge(store.progress()[0].token)
    told = json.dumps(store.state(judge))
    for word in ("original", "result", "surrogate", "control", "inner", "p0", ".jpg", "doe"):
        assert word not in told.lower()
    trial = store.state(judge)[0]["id"]
    assert store.face(judge, trial, 5).is_file() and store.face(judge, trial, 6) is None
    assert store.face(store.judge(store.progress()[1].token), trial, 0) is None


def test_answers_become_roles_and_are_analysed(store):
    for one in store.progress():
        judge = store.judge(one.token)
        for trial in store.state(judge):
            answer: list[int] | str = [0, 1] if trial["asks"] == "pair" else "  jan DOE "
            store.answer(judge, trial["id"], answer, 0.0)
    found = Counter(row["answer"] for row in store.export() if row["arm"] in ("acquaintances",))
    assert found == {"recognised": 1, "wrong": 1}
    analysis = analyse_trials(trials_of(store))
    assert analysis.trials == 12 and set(analysis.arms) == {
        "inner", "whole", "acquaintances", "blanked",
    }  # fmt: skip
    assert analysis.arms["inner"].counts["none"] == 0
    assert analysis.beyond_covered.value == 0.0


def test_the_two_that_are_one_person_are_found(store):
    """Whoever names original and result in every trial is said to find the patient."""
    import sqlite3

    with sqlite3.connect(store.folder / "lineup.sqlite3") as db:
        rows = db.execute("SELECT id, faces FROM trials WHERE judge = 0").fetchall()
    judge = store.judge(store.progress()[0].token)
    for trial, faces in rows:
        shown = [role for _, role in json.loads(faces)]
        store.answer(judge, trial, [shown.index("result"), shown.index("original")], 0.0)
    arms = analyse_trials(trials_of(store)).arms
    assert arms["inner"].counts["original-result"] == 2
    assert arms["whole"].chance.p < 0.05


def test_names_are_known_without_accents_and_hyphens(store):
    cleo = store.judge(store.progress()[2].token)
    settings = json.loads((store.folder / "lineup.json").read_text())
    settings["names"] = {"p0": ["Jörg Müller-Lüdenscheid"], "p1": ["Eve"]}
    (store.folder / "lineup.json").write_text(json.dumps(settings))
    store = LineupStore(store.folder)
    for trial in store.state(cleo):
        store.answer(cleo, trial["id"], " JORG mueller  ludenscheid", 0.0)
    assert {row["answer"] for row in store.export()} == {"wrong"}
    for trial in store.state(cleo):
        store.answer(cleo, trial["id"], "jorg Muller. Lüdenscheid", 0.0)
    rows = store.export()
    assert sorted(row["answer"] for row in rows) == ["recognised"] * 2 + ["wrong"] * 2
    assert {row["said"] for row in rows} == {"jorg Muller. Lüdenscheid"}


def test_nobody_is_shown_to_acquaintances_without_a_name(home, tmp_path):
    pairs, _ = clips.pairs(home / "originals", home / "results")
    (tmp_path / "names.csv").write_text("clip,name\np0.mp4,Doe\n")
    names = read_names(tmp_path / "names.csv")
    assert names == {"p0": ("Doe",)}
    with pytest.raises(ParameterError, match="could give no name for p1"):
        lineup(pairs, tmp_path / "l", LineupSettings((), ("Cleo",), names=names))


def test_wrong_answers_are_refused(store):
    ada, cleo = (store.judge(store.progress()[k].token) for k in (0, 2))
    pair, name = store.state(ada)[0]["id"], store.state(cleo)[0]["id"]
    for wrong in ((ada, pair, [0]), (ada, pair, [1, 1]), (ada, pair, [0, 6]), (ada, pair, "x"),
                  (ada, name, "x"), (cleo, name, [0, 1]), (cleo, name, "x" * 201)):  # fmt: skip
        with pytest.raises(Refused):
            store.answer(*wrong, 0.0)
    assert store.export() == []
    with pytest.raises(FormatError, match="Nobody has answered"):
        trials_of(store)


def test_what_cannot_be_made_is_said(home, tmp_path):
    pairs, _ = clips.pairs(home / "originals", home / "results")
    with pytest.raises(ParameterError, match="too few to be controls"):
        lineup(pairs, tmp_path / "l", LineupSettings(("A",), controls="cohort"))
    with pytest.raises(ParameterError, match="holds 0 portraits"):
        lineup(pairs, tmp_path / "l", LineupSettings(("A",), controls=str(tmp_path)))
    with pytest.raises(OutputError, match="already exists"):
        lineup(pairs, tmp_path, LineupSettings(("A",)))
    for wrong in ({"judges": ()}, {"judges": ("A", "A")}, {"arms": ("outer",)}, {"arms": ()},
                  {"arms": ("whole",)}, {"acquaintances": ("B",)}):  # fmt: skip
        with pytest.raises(ParameterError):
            LineupSettings(**({"judges": ("A",)} | wrong))
    assert not list(tmp_path.iterdir())


def test_colours_are_given_and_faces_covered():
    """Two flat faces of unlike colour are alike afterwards; a covered one is black."""
    angle = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    points = 160 + 80 * np.stack([np.cos(angle), np.sin(angle)], 1)
    points[9], points[152] = (160, 80), (160, 240)
    rng = np.random.default_rng(0)

    def flat(colour):
        noise = rng.normal(0, 6, (320, 320, 3))
        return Cut(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8), points)

    one, two = flat((200, 120, 100)), flat((90, 70, 60))
    moved = in_colours_of(one, two)
    assert np.abs(moved.image.mean((0, 1)) - two.image.mean((0, 1))).max() < 3
    assert (inner(one)[0, 0] == 128).all() and np.abs(inner(one)[160, 160] - 150.0).max() < 80
    assert (covered(one)[160, 160] == 0).all() and (whole(one)[160, 160] != 0).any()


def test_the_command(mien, home, tmp_path):
    done = mien("study", "lineup", home / "originals", home / "results", "-o", tmp_path / "l",
                "--judges", "Ada")  # fmt: skip
    assert done.exit_code == 0, done.output
    store = LineupStore(tmp_path / "l")
    judge = store.judge(store.progress()[0].token)
    for trial in store.state(judge):
        store.answer(judge, trial["id"], [], 0.0)
    assert mien("study", "export", tmp_path / "l", "-o", tmp_path / "t.csv").exit_code == 0
    one = mien("study", "reid", tmp_path / "t.csv", "-o", tmp_path / "one", "--json")
    two = mien("study", "reid", tmp_path / "l", "-o", tmp_path / "two", "--json")
    assert one.exit_code == two.exit_code == 0, one.output
    assert json.loads(one.stdout)["arms"] == json.loads(two.stdout)["arms"]
