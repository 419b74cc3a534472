"""`mien train motion`: a checkpoint that the engine reads, resumed, or one sentence."""

from __future__ import annotations

import json

import cv2
import pytest

pytest.importorskip("torch", reason="torch is for training only")

from mien.engines.motion.checkpoint import Networks
from networks import SMALL


@pytest.fixture
def words(tmp_path):
    config = tmp_path / "sizes.json"
    config.write_text(json.dumps(SMALL.to_json()))
    return ["train", "motion", "-o", tmp_path / "a.pt", "--phantoms", 1, "--frames", 3,
            "--config", config, "--batch", 2, "--every", 1]  # fmt: skip


def test_a_small_run_and_going_on(mien, words, tmp_path):
    sheet = tmp_path / "a.png"
    answer = mien(*words, "--steps", 2, "--sheet", sheet, "--json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert [entry["step"] for entry in told["history"]] == [1, 2]
    assert Networks.open(tmp_path / "a.pt").config == SMALL
    assert cv2.imread(str(sheet)).shape == (256, 384, 3)
    again = mien(*words, "--steps", 3)
    assert again.exit_code == 6 and "--overwrite" in again.stderr
    on = mien(*words, "--steps", 3, "--resume")
    assert on.exit_code == 0 and "3 steps on 1 clips" in on.stdout
    done = mien(*words, "--steps", 3, "--resume")
    assert done.exit_code == 2 and "3 steps already" in done.stderr


def test_the_generator_of_identities(mien, tmp_path):
    out, sheet = tmp_path / "a.pt", tmp_path / "a.png"
    words = ["train", "gan", "-o", out, "--phantoms", 2, "--frames", 16, "--side", 32, "--width", 4,
             "--halvings", 1, "--blocks", 1, "--batch", 2, "--first", 1, "--every", 1]  # fmt: skip
    answer = mien(*words, "--steps", 3, "--sheet", sheet, "--json")
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert [entry["step"] for entry in told["history"]] == [1, 2, 3]
    assert told["blinks"]["asked"] == 0.08 and 0 < told["blinks"]["in_the_clips"] < 0.5
    assert cv2.imread(str(sheet)).shape == (96, 384, 3)
    assert mien(*words, "--steps", 4).exit_code == 6
    onnx = tmp_path / "a.onnx"
    assert mien("train", "export", out, "-o", onnx).exit_code == 0 and onnx.stat().st_size > 1000
    assert mien("train", "export", out, "-o", onnx).exit_code == 6
    uneven = mien(*words[:3], tmp_path / "b.pt", "--phantoms", 2, "--side", 33)
    assert uneven.exit_code == 3 and "unevenly" in uneven.stderr


def test_an_ablation(mien, tmp_path):
    out = tmp_path / "out"
    words = ["train", "ablate", "-o", out, "--phantoms", 2, "--people", 1, "--seconds", 0.5,
             "--frames", 16, "--steps", 2, "--first", 1, "--side", 32, "--width", 4, "--halvings",
             1, "--blocks", 1, "--batch", 2]  # fmt: skip
    answer = mien(*words)
    assert answer.exit_code == 0, answer.output
    assert "l+ keeps motion better than l- (r_cca): is open" in answer.stdout
    told = json.loads((out / "ablation.json").read_text())
    assert [entry["arm"] for entry in told["scores"]] == ["d-l-", "d-l+", "d+l+"]
    assert len(list(out.glob("*.pt"))) == 3
    assert mien(*words).exit_code == 6
    late = mien(*words[:3], tmp_path / "b", "--steps", 2, "--first", 2)
    assert late.exit_code == 2 and "lower --first" in late.stderr


def test_refusals(mien, tmp_path):
    out = tmp_path / "a.pt"
    for more, status, sentence in (
        ([], 2, "folder of clips, or --phantoms N"),
        ([tmp_path, "--phantoms", 2], 2, "not both"),
        ([tmp_path], 2, "shows a face in two frames"),
        ([tmp_path / "none"], 2, "not a folder"),
        (["--phantoms", 1, "--resume"], 2, "to go on from"),
        (["--phantoms", 1, "--device", "cuda:99"], 2, "no device"),
        (["--phantoms", 1, "--learning-rate", 0], 2, "learning rate"),
        (["--phantoms", 1, "--config", tmp_path / "none.yaml"], 2, "cannot be read"),
    ):
        answer = mien("train", "motion", "-o", out, *more)
        assert answer.exit_code == status, answer.output
        assert sentence in answer.stderr
    assert mien("train", "motion", "-o", tmp_path / "a.mp4", "--phantoms", 1).exit_code == 6
    assert not list(tmp_path.iterdir())
