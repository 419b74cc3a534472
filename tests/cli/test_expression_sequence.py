"""A network of sequences from its training to a camera's picture, by the commands."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from mien.blendshapes.names import NAMES
from mien.cli.expression import expression
from mien.selfnorm.opened import open_network
from mien.selfnorm.predictions import read_frames
from mien.selfnorm.recurrent import Recurrent
from mien.selfnorm.simulated_study import simulate
from mien.selfnorm.snapshot_files import write_snapshots


def mien(*words: object) -> Result:
    return CliRunner().invoke(expression, [str(word) for word in words])


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("torch", reason="torch is for training only")
    folder = tmp_path_factory.mktemp("sequence")
    write_snapshots(simulate(participants=8, snapshots=4000, seed=1), folder / "study.parquet")
    done = mien(
        "train", folder / "study.parquet", "-o", folder / "n.npz", "--sequence", "5", "--json",
        "--widths", "8", "--l2-layers", "", "--epochs", "1",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    (folder / "said.json").write_text(done.stdout)
    return folder


def test_training_leaves_both_networks_and_neither_is_written_over(taught):
    network = open_network(taught / "n-sequence.npz")
    assert isinstance(network, Recurrent) and network.config.length == 5
    assert network.notes["split"]["by"] == "participant" and network.notes["test"]["accuracy"] > 0.2
    assert network.step_s == pytest.approx(1 / 30, abs=1e-3)
    (taught / "n.npz").rename(taught / "single.npz")
    again = mien("train", taught / "study.parquet", "-o", taught / "n.npz", "--sequence", "5")
    (taught / "single.npz").rename(taught / "n.npz")
    assert again.exit_code == 6 and "n-sequence.npz already exists" in again.output


def test_it_is_judged_again_by_the_set_that_tested_it(taught, tmp_path):
    said = json.loads((taught / "said.json").read_text())["sequence"]
    judged = mien(
        "evaluate", taught / "n-sequence.npz", taught / "study.parquet", "--only-test", "--json",
        "--report", tmp_path / "report",
    )  # fmt: skip
    assert judged.exit_code == 0, judged.output
    found = json.loads(judged.stdout)
    assert found["test"]["confusion"] == said["confusion"]
    assert found["test"]["ece"] == said["ece"] and found["network"]["config"]["length"] == 5
    assert (tmp_path / "report" / "report.md").stat().st_size > 1000


def test_predictions_are_those_of_the_network(taught, tmp_path):
    done = mien(
        "predict", taught / "n-sequence.npz", taught / "study.parquet", "-o", tmp_path / "p.csv"
    )
    assert done.exit_code == 0, done.output
    with (tmp_path / "p.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    network = open_network(taught / "n-sequence.npz")
    given = network.classify(read_frames(taught / "study.parquet").snapshots)
    first = network.expressions[0]
    assert np.allclose([float(row[f"p_{first}"]) for row in rows], given[:, 0], atol=1e-5)


def test_a_camera_is_read_as_the_file_of_the_same_snapshots_is(taught, tmp_path, monkeypatch):
    frames = read_frames(taught / "study.parquet").snapshots
    one = frames.take(np.flatnonzero(frames.recordings() == 0)[:60]).aligned(NAMES)
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"")
    shown = {k: SimpleNamespace(scores=row) for k, row in enumerate(one.scores)}
    eye = SimpleNamespace(see=shown.get, close=lambda: None)
    monkeypatch.setattr("mien.recording.sight.LiveFace", lambda landmarker: eye)
    monkeypatch.setattr(
        "mien.recording.replay.frames", lambda path: zip(one.times.tolist(), shown, strict=True)
    )
    done = mien("live", taught / "n-sequence.npz", "--video", clip)
    assert done.exit_code == 0, done.output
    network = open_network(taught / "n-sequence.npz")
    decided = network.decide(network.classify(one))
    changes = decided[np.insert(np.diff(decided) != 0, 0, True)]
    said = [line.split("resembles ")[1].split(" (")[0] for line in done.output.splitlines()]
    assert said == [network.expressions[k] for k in changes]


def test_times_are_of_single_snapshots_and_exports_of_both(taught, tmp_path):
    timed = mien("speed", taught / "n-sequence.npz", "--random", "10")
    assert timed.exit_code == 2 and "reads sequences" in timed.output
    for name in ("n.onnx", "n.tflite", "n.npz"):
        done = mien("export", taught / "n-sequence.npz", "-o", tmp_path / name)
        assert done.exit_code == 0 and (tmp_path / name).stat().st_size > 1000
