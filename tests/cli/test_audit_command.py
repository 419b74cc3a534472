"""`mien audit`: verdicts on clips of which the truth is known, and its refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.engines.laying import composite
from mien.engines.obscure import Mask
from mien.phantom import Phantom, Script, Truth
from mien.privacy.audit.subject import covered
from mien.video import Reader, Writer
from phantoms import Clip

Change = Callable[[int, np.ndarray], np.ndarray]


def rewrite(
    source: Path,
    out: Path,
    change: Change = lambda _, image: image,
    size: tuple[int, int] | None = None,
    every: int = 1,
) -> Path:
    """A changed copy of a clip."""
    with Reader(source) as reader:
        info = reader.info
        width, height = size or (info.width, info.height)
        with Writer(out, replace(info, width=width, height=height)) as writer:
            for frame in reader:
                if frame.index % every:
                    continue
                image = change(frame.index, frame.image.copy())
                image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
                writer.write(image, frame.pts)
            writer.finish()
            writer.commit()
    return out


def masked(truth: Truth, people: tuple[int, ...] = (0,)) -> Change:
    """Covers the faces of some people with a grey shape."""
    mask = Mask()

    def change(index: int, image: np.ndarray) -> np.ndarray:
        for person in people:
            landmarks = truth.people[person].landmarks
            assert landmarks is not None
            composite(image, mask.render(image, landmarks[index].astype(float)))
        return image

    return change


@pytest.fixture(scope="module")
def brief(make_clip) -> Clip:
    """Five frames: several recognisers describe all of them."""
    return make_clip(seconds=1 / 3)


@cache
def portrait() -> np.ndarray:
    """Somebody who does not look like the person of `brief`."""
    script = Script(seconds=1, fps=1, width=320, height=320, face="woman-fair-15", seed=9)
    (frame,) = Phantom(script)
    return frame.image


def stranger(index: int, image: np.ndarray) -> np.ndarray:
    """Another person's head in place of this one's; the room and the shoulders stay."""
    image[10:250, 60:260] = portrait()[10:250, 60:260]
    return image


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Path:
    """A folder with pictures of two people, one of nobody, and something else."""
    folder = tmp_path_factory.mktemp("pictures")
    for seed in (11, 12):
        (frame,) = Phantom(Script(seconds=1, fps=1, width=240, height=240, seed=seed))
        cv2.imwrite(str(folder / f"{seed}.png"), frame.image[..., ::-1])
    cv2.imwrite(str(folder / "wall.png"), np.full((240, 240, 3), 90, np.uint8))
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "notes.txt").write_text("no picture either")
    return folder


def test_the_original_itself_is_recognised_and_untouched(mien, brief, tmp_path):
    sheet = tmp_path / "sheet.png"
    result = mien("audit", brief.path, brief.path, "-o", sheet)
    assert result.exit_code == 5
    for name in (
        "dlib_face_recognition_resnet_model_v1",
        "mobileface",
        "human_faceres",
    ):  # each by itself
        assert f"Person 1, asked {name}: RECOGNISED in 5 of 5 frames" in result.stdout
    assert "UNTOUCHED" in result.stdout and "in 100.0% of frames" in result.stdout
    assert "picks this one in 100% of the frames" in result.stdout
    assert "shows the patient" in result.stdout
    sentences = [line for line in result.stderr.splitlines() if line.startswith("mien: ")]
    assert len(sentences) == 1 and "person 1 can still be recognised" in sentences[0]
    assert cv2.imread(str(sheet)).shape[1] > 800


def test_where_a_face_is_covered_nobody_is_recognised(mien, brief, tmp_path):
    """A recogniser says something of a wall, too."""
    nobody = lambda _, image: np.full_like(image, 118)  # noqa: E731
    out = rewrite(brief.path, tmp_path / "out.mp4", nobody)
    result = mien("audit", brief.path, out, "--json")
    assert result.exit_code == 0, result.output
    people = json.loads(result.stdout)["people"]
    assert [person["person"] for person in people] == [0, 0, 0]
    assert all(person["passed"] and person["nearest"] > 1 for person in people)


def test_a_face_in_the_dark_is_not_covered():
    """So dark that it is of one colour, almost: it can be made brighter."""
    clip = Phantom(Script(seconds=0.5, fps=10, width=300, height=300, seed=4, blinks=()))
    dark = [(0.02 * frame.image + 10).astype(np.uint8) for frame in clip]
    assert max(image.std() for image in dark) < 3
    assert not covered(dark[0][80:220, 80:220], dark[0][80:220, 80:220])
    assert not covered(dark[0][80:220, 80:220], dark[1][80:220, 80:220])


def test_another_face_passes(mien, brief, tmp_path, pictures):
    out = rewrite(brief.path, tmp_path / "out.mp4", stranger)
    result = mien("audit", brief.path, out, "--gallery", pictures, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["passed"]
    for person in found["people"]:
        assert person["passed"] and person["seen"] == 1
        assert person["nearest"] > person["threshold"] and person["untouched"] == 0
        assert person["others"] == 2  # the picture of nobody does not count
    residual = found["residual"]
    assert residual["frames"] == 5 and residual["found"] == found["notes"] == []
    turns = residual["frames_by_detector"]
    assert turns["CenterFace"] == 2 and turns["MTCNN"] == turns["dlib HOG face detector"] == 1


def test_a_copy_of_another_size_and_rate_is_still_compared(mien, brief, tmp_path):
    out = rewrite(brief.path, tmp_path / "out.mp4", size=(240, 240), every=2)
    result = mien("audit", brief.path, out, "--json")
    assert result.exit_code == 5
    found = json.loads(result.stdout)
    assert found["paired"] >= 3 and "paired by time" in found["notes"][0]
    assert found["people"][0]["share_under"] == 1 and found["people"][0]["rank1"] == 1


@pytest.mark.parametrize("leaked", [1, 3])
def test_one_frame_left_as_it_was_is_found_wherever_it_is(mien, brief, tmp_path, leaked):
    hide = masked(brief.truth)
    out = rewrite(
        brief.path, tmp_path / "out.mp4", lambda k, im: im if k == leaked else hide(k, im)
    )
    result = mien("audit", brief.path, out, "--json")
    assert result.exit_code == 5
    for person in json.loads(result.stdout)["people"]:
        assert person["untouched"] == pytest.approx(1 / 5)
        assert person["worst"][0] == leaked and person["share_under"] > 0
        assert person["seen"] < 1


def test_of_two_people_the_one_who_was_forgotten_is_named(mien, make_clip, tmp_path):
    clip = make_clip(seconds=0.4, width=640, height=320, people=2)
    out = rewrite(clip.path, tmp_path / "out.mp4", masked(clip.truth, (0,)))
    result = mien("audit", clip.path, out, "--json", "--recogniser", "dlib")
    assert result.exit_code == 5
    first, second = sorted(json.loads(result.stdout)["people"], key=lambda p: p["untouched"])
    assert first["untouched"] == 0 and first["nearest"] > second["nearest"]
    assert second["untouched"] == 1 and not second["passed"]
    assert f"person {second['person'] + 1}" in result.stderr


def test_a_face_that_nobody_tracked_is_reported(mien, brief, tmp_path):
    """The original has a wall there, the result a face: nobody accounted for it."""
    wide = tmp_path / "wide.mp4"
    hide = masked(brief.truth)
    wall = np.full((320, 320, 3), 90, np.uint8)
    with Reader(brief.path) as reader:
        frames = list(reader)
        info = replace(reader.info, width=640)
    out = tmp_path / "out.mp4"
    for path, left, right in (
        (wide, lambda f: f.image, lambda f: wall),
        (out, lambda f: hide(f.index, f.image.copy()), lambda f: portrait()),
    ):
        with Writer(path, info) as writer:
            for frame in frames:
                writer.write(np.concatenate([left(frame), right(frame)], axis=1), frame.pts)
            writer.finish()
            writer.commit()
    result = mien("audit", wide, out)
    assert result.exit_code == 5
    assert "in 5 of 5 frames that other detectors searched" in result.stdout
    assert "there is a face where none was tracked" in result.stdout
    assert "faces that nobody accounted for" in result.stderr


def test_refusals(mien, brief, tmp_path):
    sheet = tmp_path / "sheet.png"
    sheet.write_bytes(b"mine")
    missing = tmp_path / "missing.mp4"
    wall = tmp_path / "wall.mp4"
    rewrite(brief.path, wall, lambda _, image: np.full_like(image, 90), every=3)
    for status, words in (
        (6, (brief.path, brief.path, "-o", sheet)),
        (6, (brief.path, brief.path, "-o", tmp_path / "sheet.jpg")),
        (3, (missing, brief.path)),
        (3, (brief.path, missing)),
        (2, (brief.path, brief.path, "--gallery", tmp_path / "nowhere")),
        (4, (wall, brief.path)),
    ):
        result = mien("audit", *words)
        assert result.exit_code == status, (words, result.output)
        assert "Traceback" not in result.output
    assert sheet.read_bytes() == b"mine"
