"""Collections of labelled pictures are read as they are laid out, and judged honestly."""

from __future__ import annotations

import json
from importlib.resources import files

import cv2
import numpy as np
import pytest
from typer.testing import CliRunner

from mien.cli.expression import expression
from mien.emotion.benchmark import benchmark
from mien.emotion.classifier import EXPRESSIONS
from mien.emotion.labelled import Labelled, read_labelled
from mien.errors import FormatError, ParameterError


def picture(path, value=90):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((48, 48), value, np.uint8))


def words_of(found):
    return [EXPRESSIONS[k] for k in found.labels]


def test_a_folder_for_each_expression(tmp_path):
    for word, person in (("happy", "S1"), ("Anger", "S2"), ("contempt", "S2")):
        picture(tmp_path / word / f"{person}_004_17.png")
    (tmp_path / "happy" / "notes.txt").write_text("x")
    found = read_labelled(tmp_path, "ck+")
    assert sorted(words_of(found)) == ["anger", "happiness"]
    assert sorted(found.people.tolist()) == ["S1", "S2"] and found.left_out == {"contempt": 1}


def test_the_original_ck_gives_the_last_three_frames(tmp_path):
    for k in range(5):
        name = f"S5_1_{k:03d}"
        picture(tmp_path / "cohn-kanade-images" / "S5" / "1" / f"{name}.png", 10 * k)
    label = tmp_path / "Emotion" / "S5" / "1" / "S5_1_004_emotion.txt"
    label.parent.mkdir(parents=True)
    label.write_text("   3.0000000e+00\n")
    found = read_labelled(tmp_path, "ck+")
    assert words_of(found) == ["disgust"] * 3
    assert [int(face.mean()) for face in found.faces] == [20, 30, 40]
    label.write_text("nine")
    with pytest.raises(FormatError, match="0 to 7"):
        read_labelled(tmp_path, "ck+")


def test_jaffe_and_fer2013(tmp_path):
    picture(tmp_path / "j" / "KA.SU2.37.tiff")
    picture(tmp_path / "j" / "YM.NE1.49.tiff")
    found = read_labelled(tmp_path / "j", "jaffe")
    assert words_of(found) == ["surprise", "neutral"] and found.people.tolist() == ["KA", "YM"]
    (tmp_path / "f").mkdir()
    row = " ".join(["7"] * 48**2)
    head = "emotion,pixels,Usage\n"
    (tmp_path / "f" / "fer2013.csv").write_text(f"{head}4,{row},PublicTest\n6,{row},Training\n")
    found = read_labelled(tmp_path / "f", "fer2013")
    assert words_of(found) == ["sadness"] and (found.faces[0] == 7).all()
    (tmp_path / "f" / "fer2013.csv").write_text(f"{head}9,{row},PublicTest\n")
    with pytest.raises(FormatError, match="line 2"):
        read_labelled(tmp_path / "f", "fer2013")


def test_folders_of_fer2013_name_nobody_and_may_lie_in_test(tmp_path):
    for part, name in (("test", "PrivateTest_1.jpg"), ("train", "Training_2.jpg")):
        picture(tmp_path / part / "angry" / name)
    found = read_labelled(tmp_path, "fer2013")
    assert words_of(found) == ["anger"] and found.people.tolist() == [""]
    inner = read_labelled(tmp_path / "test", "fer2013")
    assert words_of(inner) == ["anger"] and inner.people.tolist() == [""]


ROW = " ".join(["7"] * 48**2)
VOTES = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"


def test_ck_as_a_table_is_taken_whole(tmp_path):
    text = f"emotion,pixels,Usage\n0,{ROW},Training\n6,{ROW},PrivateTest\n7,{ROW},Training\n"
    (tmp_path / "ckextended.csv").write_text(text)
    found = read_labelled(tmp_path, "ck+")
    assert words_of(found) == ["anger", "neutral"] and found.left_out == {"contempt": 1}


def test_ferplus_takes_what_most_people_said(tmp_path):
    with pytest.raises(FormatError, match=r"no fer2013\.csv"):
        read_labelled(tmp_path, "ferplus")
    splits = ("Training", "PublicTest", "PublicTest", "PublicTest")
    rows = "".join(f"4,{ROW},{split}\n" for split in splits)
    (tmp_path / "fer2013.csv").write_text(f"emotion, pixels, Usage\n{rows}")
    cast = (
        "9,1,0,0,0,0,0,0,0,0",
        "2,1,0,6,0,0,0,1,0,0",
        "4,0,0,4,0,0,0,0,1,1",
        "1,0,0,0,0,0,0,0,0,9",
    )
    lines = [f"{split},a.png,{row}" for split, row in zip(splits, cast, strict=True)]
    (tmp_path / "fer2013new.csv").write_text("\n".join([VOTES, *lines]) + "\n")
    found = read_labelled(tmp_path, "ferplus")
    assert words_of(found) == ["sadness"] and found.left_out == {"a tie": 1, "NF": 1}
    pixels = (tmp_path / "fer2013.csv").read_text().splitlines()
    assert "PublicTest" in pixels[int(found.names[0]) - 1]  # its line in the table
    (tmp_path / "fer2013new.csv").write_text("\n".join([VOTES, *lines[:3]]) + "\n")
    with pytest.raises(FormatError, match="another number of rows"):
        read_labelled(tmp_path, "ferplus")


def test_what_is_no_collection_is_refused(tmp_path):
    with pytest.raises(FormatError, match="no picture of anger"):
        read_labelled(tmp_path, "jaffe")
    with pytest.raises(ParameterError, match="choose from ck"):
        read_labelled(tmp_path, "affectnet")
    picture(tmp_path / "happy" / "a.png")


DAMAGED = {"empty.png": b"", "words.jpg": b"no picture", "cut.png": b"\x89PNG\r\n\x1a\n\0\0"}


def test_a_picture_that_cannot_be_read_is_left_out_and_named(tmp_path):
    for name in ("A_1.png", "._A_1.png"):  # of macOS, not a picture
        picture(tmp_path / "sad" / name)
    (tmp_path / "sad" / "._A_1.png").write_bytes(b"Mac OS X")
    (tmp_path / "sad" / "folder.png").mkdir()
    for name, content in DAMAGED.items():
        (tmp_path / "sad" / name).write_bytes(content)
    found = read_labelled(tmp_path)
    assert found.names.tolist() == ["sad/A_1.png"]
    assert found.unreadable == ("sad/cut.png", "sad/empty.png", "sad/folder.png", "sad/words.jpg")
    out = tmp_path / "out.csv"
    done = CliRunner().invoke(expression, ["benchmark", str(tmp_path), "--json", "-o", str(out)])
    assert done.exit_code == 0 and "4 pictures cannot be read" in done.stderr
    assert "sad/cut.png" in done.stderr
    told = json.loads(done.stdout)
    assert told["unreadable"] == list(found.unreadable) and told["pictures"] == 1
    done = CliRunner().invoke(expression, ["benchmark", str(tmp_path)])
    assert "unreadable         4     left out" in done.stdout
    assert "1 picture of 1 person:" in done.stdout
    (tmp_path / "sad" / "A_1.png").unlink()
    done = CliRunner().invoke(expression, ["benchmark", str(tmp_path)])
    assert done.exit_code == 3 and "4 pictures and none that can be read" in done.stderr


def test_a_row_without_pixels_is_left_out_and_named(tmp_path):
    text = f"emotion;pixels;Usage\n0;{ROW};PublicTest\n3;7 7;PublicTest\n3;;PublicTest\n"
    (tmp_path / "fer2013.csv").write_text("\ufeff" + text)
    found = read_labelled(tmp_path, "fer2013")
    assert words_of(found) == ["anger"] and found.unreadable == ("line 3", "line 4")


def test_a_network_of_another_kind_is_bad_input(tmp_path):
    picture(tmp_path / "happy" / "a.png")
    other = files("mien") / "assets" / "centerface" / "centerface.onnx"
    for model in (other, tmp_path / "absent.onnx", tmp_path):
        words = ["benchmark", str(tmp_path), "--model", str(model)]
        assert CliRunner().invoke(expression, words).exit_code == 3


def test_figures_are_those_of_the_answers():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 300)
    labels[labels == EXPRESSIONS.index("neutral")] = 0
    people = np.array([f"S{k % 30}" for k in range(300)])
    made = Labelled([np.zeros((48, 48), np.uint8)] * 300, labels, people, {})
    given = np.full((300, 7), 0.05)
    said = np.where(rng.random(300) < 0.8, labels, EXPRESSIONS.index("neutral"))
    given[np.arange(300), said] = 0.7
    found = benchmark(made, lambda faces: given.copy(), threshold=0.45)
    assert found.accuracy == pytest.approx((said == labels).mean()) and found.people == 30
    assert found.interval[0] < found.accuracy < found.interval[1] and found.answered == 1
    assert found.ece == pytest.approx(abs(0.7 - found.accuracy), abs=1e-9)
    assert found.matrix.sum() == 300
    six = benchmark(made, lambda faces: given.copy(), threshold=0.45, without_neutral=True)
    assert not six.matrix[:, EXPRESSIONS.index("neutral")].any() and six.answered < 1
    with_neutral = Labelled(made.faces, np.full(300, 4), people, {})
    with pytest.raises(ParameterError, match="neutral faces"):
        benchmark(with_neutral, lambda faces: given, threshold=0.45, without_neutral=True)


def test_the_command_prints_table_and_matrix(tmp_path):
    for k in range(3):
        picture(tmp_path / "sad" / f"S{k}_1.png", 60 + k)
    words = ["benchmark", str(tmp_path), "-o", str(tmp_path / "m.csv")]
    done = CliRunner().invoke(expression, words)
    assert done.exit_code == 0, done.output
    assert "Meant (rows)" in done.output and "3 pictures of 3 people" in done.output
    rows = (tmp_path / "m.csv").read_text().splitlines()
    assert rows[0].split(",")[1:] == list(EXPRESSIONS) and len(rows) == 8
    told = json.loads(CliRunner().invoke(expression, [*words[:2], "--json"]).stdout)
    assert told["pictures"] == 3 and sum(map(sum, told["confusion"])) == 3
