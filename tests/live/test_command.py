"""The command, with a clip in the camera's place."""

from __future__ import annotations

import json

import pytest

from mien.video import Reader


def test_a_clip_too_short_to_learn_from_is_covered_to_its_end(mien, brief, tmp_path):
    out = tmp_path / "out.mp4"
    ran = mien("live", "--replay", brief.path, "--record", out, "--as-fast", "--json")
    assert ran.exit_code == 0, ran.output
    told = json.loads(ran.stdout)
    frames = len(brief.truth.pts)
    assert told["frames"] == {
        "in": frames, "out": frames, "shown": 0, "covered": frames, "dropped": 0, "filled": 0
    }  # fmt: skip
    assert told["covered_because"] == {"calibrating": frames}
    with Reader(out) as clip:
        assert [frame.pts for frame in clip] == brief.truth.pts.tolist()
        assert not clip.info.has_audio
    assert [path.name for path in tmp_path.iterdir()] == ["out.mp4"]
    again = mien("live", "--replay", brief.path, "--record", out, "--as-fast")
    assert again.exit_code == 6 and "--overwrite" in again.stderr


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ((), 2, "--camera or a clip"),
        (("--camera", 0, "--replay", "x.mp4"), 2, "not both"),
        (("--camera", 0, "--loop"), 2, "--replay"),
        (("--replay", "none.mp4"), 3, "no such file"),
        (("--replay", "CLIP", "--engine", "motion"), 2, "choose mesh"),
        (("--replay", "CLIP", "--record", "out.avi"), 6, ".mp4"),
        (("--replay", "CLIP", "--loop", "--as-fast"), 2, "--seconds"),
    ],
)
def test_wrong_use_is_refused_in_one_sentence(mien, brief, tmp_path, words, status, said):
    ran = mien("live", *(brief.path if word == "CLIP" else word for word in words))
    assert ran.exit_code == status and said in ran.stderr
    assert len(ran.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_clip(mien, tmp_path):
    (tmp_path / "a.mp4").write_bytes(b"no video")
    ran = mien("live", "--replay", tmp_path / "a.mp4", "--record", tmp_path / "out.mp4")
    assert ran.exit_code == 3 and "Traceback" not in ran.stderr
    assert not (tmp_path / "out.mp4").exists()
