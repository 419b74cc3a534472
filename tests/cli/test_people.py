"""`mien people`: who is in a clip."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from mien.video import Writer


@pytest.fixture(scope="module")
def pair(make_clip):
    """Two people, the second of whom enters after a while."""
    return make_clip(
        seconds=1.6, fps=10, width=480, height=270, people=2, other_absent=((0, 0.3),), seed=2
    )


def test_help(mien):
    text = " ".join(mien("people", "--help").stdout.split())
    assert "Example: mien people" in text and "SHOW THE PATIENTS" in text.replace("│ ", "")


def test_everybody_is_listed_and_drawn(mien, pair, tmp_path):
    sheet = tmp_path / "who.png"
    result = mien("people", pair.path, "-o", sheet, "--json")
    assert result.exit_code == 0, result.stderr
    said = json.loads(result.stdout)
    assert said["frames"] == 16 and said["sheet"] == str(sheet)
    first, second = said["people"]
    assert (first["person"], second["person"]) == (1, 2)
    assert first["frames"] == 16 > second["frames"] > 5
    assert first["first_s"] == 0 < second["first_s"] < second["last_s"] == first["last_s"]
    for entry, person in zip(said["people"], pair.truth.people, strict=True):
        frame = int(np.abs(pair.truth.time - entry["time_s"]).argmin())
        middle = person.landmarks[frame, :, :2].mean(0)
        assert np.abs(middle - [entry["x"], entry["y"]]).max() < 0.4 * person.scale[frame]
        assert entry["at"] == f"{entry['x']},{entry['y']}@{entry['time_s']:g}"
    picture = cv2.imread(str(sheet))
    assert picture.std() > 20 and [path.name for path in tmp_path.iterdir()] == ["who.png"]


def test_outputs_are_refused_before_any_work(mien, pair, tmp_path):
    (tmp_path / "who.png").write_text("mine")
    refused = mien("people", pair.path, "-o", tmp_path / "who.png")
    assert refused.exit_code == 6 and "--overwrite" in refused.stderr
    assert (tmp_path / "who.png").read_text() == "mine"
    assert mien("people", pair.path, "-o", tmp_path / "who.jpg").exit_code == 6


def test_a_clip_without_a_face(mien, pair, tmp_path):
    from fractions import Fraction

    from mien.video import VideoInfo

    with Writer(tmp_path / "wall.mp4", VideoInfo(160, 120, Fraction(1, 10))) as out:
        for pts in range(3):
            out.write(np.full((120, 160, 3), 90, np.uint8), pts)
        out.commit()
    result = mien("people", tmp_path / "wall.mp4")
    assert result.exit_code == 4 and "No face" in result.stderr
    assert mien("people", tmp_path / "none.mp4").exit_code == 3
