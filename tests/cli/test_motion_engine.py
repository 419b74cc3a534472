"""`--engine motion`: a network of the user's draws, or one sentence says why it cannot."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest

from mien.pipeline.settings import Settings

pytest.importorskip("torch", reason="torch is for learned engines only")

from networks import SMALL, saved


def test_a_clip_is_deidentified(mien, brief, fewer_checks, tmp_path):
    weights, out, config = saved(tmp_path / "a.pt"), tmp_path / "out.mp4", tmp_path / "a.json"
    config.write_text(json.dumps(SMALL.to_json()))
    words = ["--weights", weights, "--config", config, "--driving", "absolute"]
    answer = mien("deidentify", brief.path, "-o", out, "--engine", "motion", *words, "--json")
    assert answer.exit_code == 0, answer.output
    manifest = json.loads(out.with_suffix(".json").read_text())
    told = manifest["settings"]
    assert (told["engine"], told["driving"]) == ("motion", "absolute")
    assert told["weights"] == sha256(weights.read_bytes()).hexdigest()
    assert str(tmp_path) not in json.dumps(manifest)
    assert manifest["linkable"]["by_facial_motion"]
    (person,) = manifest["people"]
    assert person["surrogate"]["id"] != "image"


def test_refusals(mien, brief, tmp_path):
    out = tmp_path / "out"
    (tmp_path / "bad.pt").write_bytes(b"\x80\x02}.")
    for words, status, sentence in (
        (["--engine", "motion"], 2, "does not come with mien"),
        (["--engine", "motion", "--weights", tmp_path / "none"], 2, "cannot be read"),
        (["--engine", "motion", "--weights", tmp_path / "bad.pt"], 3, "not a checkpoint"),
        (["--engine", "blur", "--weights", tmp_path / "bad.pt"], 2, "leave out --weights"),
        (["--config", tmp_path / "a.yaml"], 2, "add --weights FILE"),
        (["--driving", "absolute"], 2, "add --weights FILE"),
        (["--own-openings"], 2, "add --weights FILE"),
    ):
        answer = mien("deidentify", brief.path, "-o", tmp_path / "out.mp4", *words)
        assert answer.exit_code == status, answer.output
        assert sentence in answer.stderr and answer.stderr.count("\n") == 1
    for words in (["--engines", "mesh,motion"], ["--engines", "motion", "--weights", "none.pt"]):
        answer = mien("compare", brief.path, "-o", out, *words)
        assert answer.exit_code == 2 and answer.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["bad.pt"]


def test_settings_say_what_is_missing():
    with pytest.raises(ValueError, match="does not come with mien"):
        Settings(engine="motion")
