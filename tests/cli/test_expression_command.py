"""`mien expression` from a study to a table of predictions."""

from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner, Result

from mien.blendshapes.formats import write
from mien.blendshapes.names import NAMES
from mien.blendshapes.recording import Recording
from mien.cli.expression import expression
from mien.selfnorm.network import SelfNorm
from mien.selfnorm.snapshot_files import read_snapshots, write_snapshots
from mien.selfnorm.snapshots import Snapshots

CLASSES = ("neutral", "happiness", "surprise")
FAST = ["--widths", "16,16", "--l2-layers", "", "--epochs", "6", "--batch", "16"]


def mien(*words: object) -> Result:
    return CliRunner().invoke(expression, [str(word) for word in words])


def study(people: int = 8, each: int = 12, seed: int = 0) -> Snapshots:
    rng = np.random.default_rng(seed)
    centres = 0.2 + 0.5 * np.random.default_rng(9).random((3, len(NAMES)))
    label = np.tile(np.repeat(np.arange(3), each), people)
    scores = centres[label] + 0.1 * rng.standard_normal((len(label), len(NAMES)))
    who = [f"P{k:02d}" for k in np.repeat(np.arange(people), 3 * each)]
    times = np.tile(np.arange(each) / 10, 3 * people)
    return Snapshots(np.clip(scores, 0, 1), NAMES, label, CLASSES, np.array(who), times)


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch", reason="torch is for training only")
    folder = tmp_path_factory.mktemp("taught")
    write_snapshots(study(), folder / "study.parquet")
    done = mien(
        "train", folder / "study.parquet", "-o", folder / "n.npz", "--report", folder / "report",
        "--trim", "0.2", "--accuracy", "0.9", *FAST,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return folder


def test_training_leaves_a_network_and_a_report(taught):
    network = SelfNorm.load(taught / "n.npz")
    assert network.expressions == CLASSES and network.names == NAMES
    assert network.notes["split"]["by"] == "participant" and network.notes["split"]["trim"] == 0.2
    report = taught / "report"
    numbers = json.loads((report / "metrics.json").read_text())
    assert numbers["snapshots"] == 8 * 3 * 10 and numbers["test"]["accuracy"] > 0.9
    assert numbers["balance"]["p"] == pytest.approx(1) and numbers["network"]["layers"] == 6
    drawn = {path.stem for path in (report / "figures").iterdir() if path.stat().st_size > 3000}
    assert {
        "figure-2-architecture",
        "figure-3-accuracy",
        "figure-4-loss",
        "figure-5-curves",
        "confusion",
    } <= drawn
    assert {"reliability", "abstention", "clusters"} <= drawn
    assert {path.suffix for path in (report / "figures").iterdir()} == {".png", ".svg"}
    assert numbers["gap"] == pytest.approx(
        numbers["training_run"]["accuracy"] - numbers["test"]["accuracy"], abs=2e-6
    )
    sets = numbers["balance_of_sets"]
    assert {name: sum(sets[name]["counts"].values()) for name in sets} == {
        name: numbers["split"][name] for name in ("train", "validation", "test")
    }
    for table in ("1-training-set", "2-test-set", "3-training-run", "4-test-run"):
        with (report / "tables" / f"table-{table}.csv").open() as stream:
            rows = list(csv.DictReader(stream))
        entries = json.loads((report / "tables" / f"table-{table}.json").read_text())
        assert len(rows) == len(entries) and list(rows[0]) == list(entries[0])
    words = (report / "report.md").read_text()
    assert "by participant" in words and "LEAKING" not in words
    assert "P0" not in (report / "metrics.json").read_text()  # names are in tables only


def test_a_leaking_split_is_labelled_everywhere(taught, tmp_path):
    done = mien(
        "train", taught / "study.parquet", "-o", tmp_path / "n.npz", "--split", "snapshot",
        "--report", tmp_path / "report", "--clusters", "kmeans", "--window", "3", *FAST,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "LEAKING" in done.output
    for name in ("report.md", "metrics.json", "tables/table-4-test-run.csv"):
        assert "LEAKING" in (tmp_path / "report" / name).read_text()
    assert "LEAKING" in SelfNorm.load(tmp_path / "n.npz").notes["split"]["words"]
    judged = mien("evaluate", tmp_path / "n.npz", taught / "study.parquet", "--only-test")
    assert judged.exit_code == 0 and "LEAKING" in judged.output


def test_the_published_study_has_no_validation_set_and_its_five_tables(taught, tmp_path):
    made = mien(
        "train", taught / "study.parquet", "-o", tmp_path / "n.npz", "--published", "--folds", "3",
        "--sequence", "4", "--report", tmp_path / "report", "--json", *FAST,
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    numbers = json.loads(made.stdout)
    assert numbers["split"]["test"] == round(0.15 * 288) and numbers["split"]["validation"] == 0
    assert numbers["training"]["kept"] == 6 and numbers["training"]["validation_loss"] is None
    network = SelfNorm.load(tmp_path / "n.npz")
    assert not network.mean.any() and (network.scale == 1).all() and network.temperature == 1
    assert sum(sum(row) for row in numbers["cross_validation"]["confusion"]) == 288
    assert sum(sum(row) for row in numbers["sequence"]["confusion"]) == numbers["split"]["test"]
    assert numbers["sequence"]["accuracy"] > 0.5  # chance is a third
    for word, of in numbers["training_run"]["classes"].items():
        assert of["snapshots"] + of["negatives"] == numbers["split"]["train"], word
    timed = mien(
        "speed", tmp_path / "n.npz", taught / "study.parquet", "--random", "50", "--json",
        "-o", tmp_path / "times.csv",
    )  # fmt: skip
    assert timed.exit_code == 0, timed.output
    rows = json.loads(timed.stdout)
    assert [row["n"] for row in rows] == [43, 245, 50]
    for row in rows:
        assert 0 < row["min"] <= row["mean"] <= row["max"] and row["sd"] >= 0
        assert row["range"] == pytest.approx(row["max"] - row["min"], abs=0.02)
    assert len((tmp_path / "times.csv").read_text().splitlines()) == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--published", "--test", "0.3"], "--published says how to divide"),
        (["--validation", "0", "--accuracy", "0.9"], "leave --accuracy out"),
        (["--sequence", "1"], "2 to 300"),
        (["--folds", "99"], "cannot be made"),
    ],
)
def test_what_cannot_be_taught_is_refused(taught, tmp_path, words, said):
    data = taught / "study.parquet"
    done = mien("train", data, "-o", tmp_path / "n.npz", *words, *FAST)
    assert done.exit_code == 2 and said in " ".join(done.output.split())
    assert not (tmp_path / "n.npz").exists()


def test_one_participant_in_the_test_set_is_a_warning(taught, tmp_path):
    write_snapshots(study(3, 8), tmp_path / "few.parquet")
    done = mien("train", tmp_path / "few.parquet", "-o", tmp_path / "n.npz", *FAST)
    assert done.exit_code == 0 and "one participant is in the test set" in done.stderr


def without_times(path: Path) -> Path:
    write_snapshots(replace(study(), timed=False), path)
    return path


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--sequence", "5"), "A network of sequences"),
        (("--trim", "0.1"), "Leaving out the start"),
        (("--window", "3"), "A window"),
    ],
)
def test_what_needs_times_is_not_taught_without(options, what, taught, tmp_path):
    data = without_times(tmp_path / "study.parquet")
    done = mien("train", data, "-o", tmp_path / "n.npz", *options, *FAST)
    assert done.exit_code == 2 and f"{what}" in done.output, done.output
    assert "needs the time of each row" in done.output and "epoch 2" not in done.output
    assert not (tmp_path / "n.npz").exists()


def test_no_time_is_made_up_for_predictions(taught, tmp_path):
    data = without_times(tmp_path / "study.parquet")
    done = mien("predict", taught / "n.npz", data, "-o", tmp_path / "p.csv")
    assert done.exit_code == 0, done.output
    with (tmp_path / "p.csv").open() as stream:
        assert {row["time_s"] for row in csv.DictReader(stream)} == {""}
    done = mien("predict", taught / "n.npz", data, "-o", tmp_path / "p.parquet")
    assert pq.read_table(tmp_path / "p.parquet")["time_s"].null_count == 288
    done = mien("predict", taught / "n.npz", data, "-o", tmp_path / "p.eaf")
    assert done.exit_code == 2 and "needs the time of each row" in done.output


@pytest.mark.parametrize("apart", [0.0, 0.013])
def test_several_recordings_are_no_single_file_of_elan(apart, taught, tmp_path):
    made = study()
    write_snapshots(replace(made, times=made.times + apart * made.labels), tmp_path / "s.parquet")
    done = mien("predict", taught / "n.npz", tmp_path / "s.parquet", "-o", tmp_path / "p.eaf")
    assert done.exit_code == 2 and "s.parquet: P00 has several recordings" in done.output
    one = made.take(made.participants == "P00")
    one = replace(one, times=np.arange(len(one)) / 10)  # labelled, and one after the other
    write_snapshots(one, tmp_path / "one.parquet")
    done = mien("predict", taught / "n.npz", tmp_path / "one.parquet", "-o", tmp_path / "p.eaf")
    assert done.exit_code == 0, done.output


def test_a_score_that_is_none_names_its_file(taught, tmp_path):
    (tmp_path / "far.csv").write_text("time_s,jawOpen\n0,0.1\n0.1,70\n")
    done = mien("predict", taught / "n.npz", tmp_path / "far.csv", "-o", tmp_path / "p.csv")
    assert done.exit_code == 3 and "far.csv, row 2: jawOpen is 70" in done.output


def test_snapshots_of_no_expression_are_counted(taught, tmp_path):
    made = study()
    made = replace(made, labels=np.where(np.arange(288) % 12 == 0, -1, made.labels))
    write_snapshots(made, tmp_path / "study.parquet")
    data = tmp_path / "study.parquet"
    done = mien("train", data, "-o", tmp_path / "n.npz", "--report", tmp_path / "report", *FAST)
    words = "24 snapshots of 288 name no expression, and are left out."
    assert done.exit_code == 0 and words in done.output
    assert words in (tmp_path / "report" / "report.md").read_text()
    numbers = json.loads((tmp_path / "report" / "metrics.json").read_text())
    assert numbers["without_expression"] == 24 and words in numbers["cautions"]
    judged = mien("evaluate", taught / "n.npz", data)
    assert judged.exit_code == 0 and words in judged.output


def test_an_expression_that_hardly_anybody_shows_is_a_warning(taught, tmp_path):
    made = study()
    surprise = np.flatnonzero(made.labels == 2)
    known = np.flatnonzero(made.participants == "P00")
    gone = np.setdiff1d(surprise, known[made.labels[known] == 2][:4])
    write_snapshots(made.take(np.setdiff1d(np.arange(288), gone)), tmp_path / "study.parquet")
    done = mien(
        "train", tmp_path / "study.parquet", "-o", tmp_path / "n.npz", "--report",
        tmp_path / "report", "--seed", "2", *FAST,
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    page = (tmp_path / "report" / "report.md").read_text()
    for words in ("few snapshots of surprise (4)", "One participant alone shows surprise"):
        assert words.lower() in done.output.lower() and words in page
    judged = mien("evaluate", tmp_path / "n.npz", tmp_path / "study.parquet", "--json")
    cautions = json.loads(judged.stdout)["cautions"]
    assert "The test set has few snapshots of surprise (4): its figures are rough." in cautions
    assert not any("happiness" in one for one in cautions)


def test_words_that_differ_in_capitals_alone_are_named(taught, tmp_path):
    made = study()
    people = np.where(np.arange(288) < 5, "p00", made.participants)
    write_snapshots(replace(made, participants=people), tmp_path / "study.parquet")
    judged = mien("evaluate", taught / "n.npz", tmp_path / "study.parquet")
    assert judged.exit_code == 0 and "P00 and p00 count as 2 participants" in judged.output


@pytest.mark.parametrize("options", [(), ("--window", "3")])
def test_recordings_that_are_mixed_up_are_said(options, taught, tmp_path):
    made = study()
    again = replace(made, scores=made.scores[:, ::-1].copy())
    write_snapshots(Snapshots.join([made, again]), tmp_path / "s.parquet")
    done = mien("train", tmp_path / "s.parquet", "-o", tmp_path / "n.npz", *FAST, *options)
    assert done.exit_code == 0, done.output
    assert ("24 recordings (a participant" in done.output) == bool(options)


def test_a_file_that_is_there_twice_counts_once(taught, tmp_path):
    for name in ("a", "copy of a"):
        write_snapshots(study(), tmp_path / f"{name}.parquet")
    judged = mien("evaluate", taught / "n.npz", tmp_path)
    assert judged.exit_code == 0 and "288 snapshots of 8 participants" in judged.output
    assert "288 rows are there before" in judged.output


def test_labels_that_the_network_does_not_know_are_named(taught, tmp_path):
    write_snapshots(
        replace(study(), expressions=("Ruhe", "Freude", "Angst")), tmp_path / "s.parquet"
    )
    judged = mien("evaluate", taught / "n.npz", tmp_path / "s.parquet")
    assert judged.exit_code == 2 and "but Ruhe, Freude, Angst: what should" in judged.output


def test_nobody_is_not_one_participant(taught, tmp_path):
    made = study()
    write_snapshots(replace(made, participants=np.full(288, "")), tmp_path / "n.parquet")
    judged = mien("evaluate", taught / "n.npz", tmp_path / "n.parquet")
    assert judged.exit_code == 0 and "nobody is named in the test set" in judged.output
    some = np.where(made.participants == "P03", "", made.participants)
    write_snapshots(replace(made, participants=some), tmp_path / "s.parquet")
    judged = mien("evaluate", taught / "n.npz", tmp_path / "s.parquet")
    assert "snapshots that name no participant count as those of one" in judged.output


def test_a_table_of_no_scores_is_refused(taught, tmp_path):
    (tmp_path / "a.csv").write_text("participant,time_s\nP1,0\nP1,1\n")
    done = mien("predict", taught / "n.npz", tmp_path / "a.csv", "-o", tmp_path / "p.csv")
    assert done.exit_code == 3 and "a.csv holds no scores" in done.output
    assert "rows" not in done.output


def test_a_comparison_without_landmarks_is_refused_before_any_work(taught):
    done = mien("compare", taught / "study.parquet")
    assert done.exit_code == 2 and "hold no landmarks" in done.output
    assert "--inputs" not in done.output and "epoch" not in done.output


def test_evaluate_finds_the_same_test_set(taught, tmp_path):
    there = json.loads((taught / "report" / "metrics.json").read_text())["test"]
    done = mien("evaluate", taught / "n.npz", taught / "study.parquet", "--only-test", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["test"] == there
    other = study(5, 12, seed=4)
    write_snapshots(other, tmp_path / "other.parquet")
    done = mien("evaluate", taught / "n.npz", tmp_path / "other.parquet")
    assert done.exit_code == 0 and "180 snapshots of 5 participants" in done.output
    done = mien("evaluate", taught / "n.npz", tmp_path / "other.parquet", "--only-test")
    assert done.exit_code == 2 and "not what this network was taught with" in done.output


def test_classes_that_the_network_does_not_know_are_left_out_and_said(taught, tmp_path):
    other = study(4, seed=5)
    labels = np.where(other.labels == 2, 3, other.labels)
    strange = Snapshots(
        other.scores, other.names, labels, (*CLASSES, "joy"), other.participants, other.times
    )
    write_snapshots(strange, tmp_path / "other.parquet")
    done = mien("evaluate", taught / "n.npz", tmp_path / "other.parquet", "--json")
    assert "joy" in done.stderr and "does not know" in done.stderr
    numbers = json.loads(done.stdout)
    assert numbers["snapshots"] == 96
    assert numbers["test"]["macro_f1"] > 0.9  # of the two classes that occur


def test_judging_by_what_taught_it_is_noticed(taught):
    same = mien("evaluate", taught / "n.npz", taught / "study.parquet")
    assert same.exit_code == 0 and "--only-test" not in same.stderr  # trimmed: not as many
    few = read_snapshots(taught / "study.parquet").take(np.arange(240))
    write_snapshots(few, taught / "like.parquet")
    assert "--only-test" in mien("evaluate", taught / "n.npz", taught / "like.parquet").stderr


def test_predictions_have_a_row_for_every_frame(taught, tmp_path):
    made = study(2, 4)
    scores = made.scores.copy()
    scores[3] = np.nan
    times = np.arange(len(made)) / 30
    write(tmp_path / "clip.csv", Recording(NAMES, scores, times))
    for name in ("out.csv", "out.parquet"):
        done = mien("predict", taught / "n.npz", tmp_path / "clip.csv", "-o", tmp_path / name)
        assert done.exit_code == 0, done.output
        assert "23 of 24 frames" in done.output
    with (tmp_path / "out.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert [row["frame"] for row in rows] == [str(k) for k in range(24)]
    assert rows[3]["expression"] == rows[3]["p_neutral"] == "" and table[3]["p_neutral"] is None
    network = SelfNorm.load(taught / "n.npz")
    p = network.classify(made)
    for k in (0, 7, 23):
        assert float(rows[k]["p_happiness"]) == pytest.approx(p[k, 1], abs=1e-5)
        assert table[k]["p_happiness"] == pytest.approx(p[k, 1], abs=1e-5)
        decided = network.decide(p)[k]
        assert rows[k]["expression"] == (CLASSES[decided] if decided >= 0 else "")
    done = mien(
        "predict", taught / "n.npz", tmp_path / "clip.csv", "-o", tmp_path / "unsure.csv",
        "--threshold", "1", "--json",
    )  # fmt: skip
    unsure = (np.delete(p, 3, 0).max(1) < 1).sum()
    assert json.loads(done.stdout)["abstained"] == unsure


def test_missing_scores_are_said(taught, tmp_path):
    few = NAMES[:40]
    write(tmp_path / "few.csv", Recording(few, np.full((2, 40), 0.5), np.arange(2)))
    done = mien("predict", taught / "n.npz", tmp_path / "few.csv", "-o", tmp_path / "o.csv")
    assert done.exit_code == 0 and "taken as 0: mouthRollUpper" in done.output


def test_export(taught, tmp_path):
    done = mien("export", taught / "n.npz", "-o", tmp_path / "n.onnx")
    assert done.exit_code == 0 and (tmp_path / "n.onnx").stat().st_size > 1000
    again = mien("export", taught / "n.npz", "-o", tmp_path / "n.onnx")
    assert again.exit_code == 6 and "already exists" in again.output


@pytest.mark.parametrize(
    ("words", "status", "say"),
    [
        (["train", "{study}", "-o", "{n}"], 6, "already exists"),
        (["train", "{study}", "-o", "{new}.txt"], 6, "ends in .npz"),
        (["train", "{none}", "-o", "{new}.npz"], 3, "no such file"),
        (["train", "{study}", "-o", "{new}.npz", "--split", "sex"], 2, "not by 'sex'"),
        (["train", "{study}", "-o", "{new}.npz", "--trim", "9"], 2, "Nothing is left"),
        (["train", "{study}", "-o", "{new}.npz", "--widths", "a"], 2, "whole numbers"),
        (["train", "{study}", "-o", "{new}.npz", "--dropout", "1"], 2, "dropout"),
        (["train", "{study}", "-o", "{new}.npz", "--accuracy", "90"], 2, "between 0 and 1"),
        (["train", "{study}", "-o", "{new}.npz", "--clusters", "x"], 2, "hierarchical or kmeans"),
        (["train", "{study}", "-o", "{new}.npz", "--participant", "X"], 2, "no participant X"),
        (["train", "{study}", "-o", "{new}.npz", "--report", "{folder}"], 6, "lies in"),
        (["evaluate", "{none}.npz", "{study}"], 3, "no network at"),
        (["evaluate", "{study}", "{study}"], 3, "a network that"),
        (["predict", "{n}", "{none}", "-o", "{new}.csv"], 3, "no such file"),
        (["predict", "{n}", "{study}", "-o", "{study}", "--overwrite"], 6, "is the input"),
        (["predict", "{n}", "{study}", "-o", "{new}.xlsx"], 6, "ends in .csv"),
        (["export", "{n}", "-o", "{new}.h5"], 6, "ends in .onnx"),
        (["simulate", "-o", "{new}.csv"], 6, "in .parquet"),
    ],
)
def test_every_failure_is_one_sentence(words, status, say, taught):
    names = {"study": "study.parquet", "n": "n.npz", "none": "none.parquet", "new": "new"}
    places = {name: str(taught / file) for name, file in names.items()}
    before = sorted(path.name for path in taught.iterdir())
    done = mien(*[word.format(folder=taught, **places) for word in words])
    assert done.exit_code == status, done.output
    lines = [line for line in done.output.splitlines() if line.startswith("mien: ")]
    assert len(lines) == 1 and say in lines[0]
    assert sorted(path.name for path in taught.iterdir()) == before


def test_litert_needs_no_converter(taught):
    done = mien("export", taught / "n.npz", "-o", taught / "n.tflite")
    assert done.exit_code == 0, done.output
    assert (taught / "n.tflite").read_bytes()[4:8] == b"TFL3"
    (taught / "n.tflite").unlink()


def test_a_simulated_study_can_be_taught_with(tmp_path):
    path = tmp_path / "s.parquet"
    done = mien("simulate", "-o", path, "--participants", 4, "--snapshots", 400)
    assert done.exit_code == 0, done.output
    made = read_snapshots(path)
    assert len(made) == 400 and len(np.unique(made.participants)) == 4


def test_scores_and_geometry_are_compared_on_a_simulated_study(tmp_path):
    pytest.importorskip("torch", reason="torch is for training only")
    made = mien(
        "simulate", "-o", tmp_path / "s.parquet", "--geometry", "--participants", "6",
        "--snapshots", "600", "--rate", "4",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    done = mien(
        "compare", tmp_path / "s.parquet", "-o", tmp_path / "i.csv", "--folds", "2", "--epochs", "1"
    )
    assert done.exit_code == 0, done.output
    with (tmp_path / "i.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [(row["inputs"], row["columns"]) for row in rows] == [
        ("scores", "51"), ("geometry", "1434"), ("both", "1485"),
    ]  # fmt: skip
    assert {row["snapshots"] for row in rows} == {"600"} and "less scores" in done.output
    much = mien("simulate", "-o", tmp_path / "x.parquet", "--geometry")
    assert much.exit_code == 2 and "--snapshots" in much.output
    assert mien("simulate", "-o", tmp_path / "x.parquet", "--rate", "0").exit_code == 2


def test_one_of_something_is_no_plural(taught, tmp_path):
    """What commands say of a study with one of everything."""
    made = study(people=3, each=1)
    write_snapshots(made, tmp_path / "study.parquet")
    fast = ["--widths", "8", "--l2-layers", "", "--epochs", "1"]
    said = [
        mien("train", tmp_path / "study.parquet", "-o", tmp_path / "n.npz", *fast),
        mien("simulate", "-o", tmp_path / "one.parquet", "--participants", "1", "--snapshots", "5"),
    ]
    write_snapshots(made.take(slice(0, 1)), tmp_path / "one-row.parquet")
    said += [
        mien("evaluate", taught / "n.npz", tmp_path / "one-row.parquet"),
        mien("predict", taught / "n.npz", tmp_path / "one-row.parquet", "-o", tmp_path / "p.csv"),
    ]
    text = "\n".join(one.output for one in said)
    assert [one.exit_code for one in said] == [0] * len(said), text
    assert "1 snapshot of 1 participant" in text and "1 of 1 frame with" in text
    assert re.search(r"(?<![\d.])1 \w+s\b", text) is None, text
