"""The other commands, and what all of them share."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import cv2
import pytest

import mien as package
from mien.cli.demo import FILES, prepare, usual_patient
from mien.phantom import Tremor, Truth
from mien.surrogates import cards
from mien.video import Reader


def test_version(mien):
    said = mien("--version").stdout.splitlines()
    assert said[0] == f"mien {package.__version__}" and said[1].startswith("Python 3.")


@pytest.mark.parametrize(
    "command", ["deidentify", "audit", "people", "linkage", "surrogates", "phantom", "demo"]
)
def test_help(mien, command):
    text = " ".join(mien(command, "--help").stdout.split())
    assert f"Example: mien {command}" in text
    for words in ("0 done", "2 wrong usage", "4 no face", "5 somebody could be recognised"):
        assert words in text


def test_unknown_command(mien):
    assert mien("reidentify").exit_code == 2


def test_surrogates_are_listed(mien):
    result = mien("surrogates")
    assert result.exit_code == 0
    for name, card in cards().items():
        (line,) = [line for line in result.stdout.splitlines() if f" {name} " in line]
        assert card["apparent_sex"] in line and str(card["k"]) in line
        assert str(min(card["members_born"])) in line
    assert "-o" in result.stdout


def test_surrogates_are_drawn(mien, tmp_path):
    path = tmp_path / "bank.png"
    assert mien("surrogates", "-o", path).exit_code == 0
    picture = cv2.imread(str(path))
    assert picture.shape[1] > 800 and picture.std() > 20
    assert [other.name for other in tmp_path.iterdir()] == ["bank.png"]
    refused = mien("surrogates", "-o", path)
    assert refused.exit_code == 6 and "--overwrite" in refused.stderr
    assert mien("surrogates", "-o", tmp_path / "none" / "bank.png").exit_code == 6
    assert mien("surrogates", "-o", tmp_path / "bank.gif").exit_code == 6


def test_phantom(mien, tmp_path):
    path = tmp_path / "patient.mp4"
    words = "--seconds 0.4 --fps 20 --width 160 --height 128 --face man-fair-1 --tremor 6 --vfr"
    more = "--tremor-amplitude 0.03 --smile 0.1 0.3 --asymmetry 0.5 --pulse 70 --blink 0.2"
    result = mien("phantom", "-o", path, *words.split(), *more.split(), "--seed", 2)
    assert result.exit_code == 0
    truth = Truth.from_json((tmp_path / "patient.truth.json").read_text())
    (person,) = truth.people
    assert (truth.width, truth.height, len(truth.pts)) == (160, 128, 8)
    assert "man-fair-1" in person.face
    assert person.tremor == Tremor(6, 0.03)
    assert (person.asymmetry, person.pulse_bpm) == (0.5, 70)
    with Reader(path) as clip:
        assert [frame.pts for frame in clip] == truth.pts.tolist()
    assert mien("phantom", "-o", path, *words.split()).exit_code == 6


@pytest.mark.parametrize(
    "options", [("--fps", "0"), ("--face", "nobody"), ("--smile", "3", "1"), ("--people", "9")]
)
def test_phantom_with_wrong_options(mien, tmp_path, options):
    result = mien("phantom", "-o", tmp_path / "out.mp4", *options)
    assert result.exit_code == 2 and result.stderr.startswith("mien: ")
    assert not list(tmp_path.iterdir())


def test_demo(mien, given, tmp_path, fewer_checks):
    given["patient"] = replace(usual_patient(), seconds=0.4, fps=15, width=320, height=320)
    folder = tmp_path / "demo"
    result = mien("demo", "-o", folder)
    assert result.exit_code == 0, result.output
    assert {path.name for path in folder.iterdir()} == set(FILES)
    assert "6 of 6 frames rendered" in result.stdout
    assert "contact-sheet.png" in result.stdout
    assert cv2.imread(str(folder / "contact-sheet.png")) is not None
    assert json.loads((folder / "deidentified.json").read_text())["privacy"][0]["passed"]
    prepare(folder)  # its own files may be replaced


def test_demo_keeps_what_it_did_not_make(mien, tmp_path):
    (tmp_path / "original.mp4").write_text("mine")
    result = mien("demo", "-o", tmp_path)
    assert result.exit_code == 6 and "earlier demo" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["original.mp4"]


def test_the_package_runs_as_the_program():
    """Where scripts are not on the path, as on many a hospital's computer."""
    command = [sys.executable, "-m", "mien", "--help"]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0 and "deidentify" in ran.stdout
    ran = subprocess.run([*command[:-1], "no-such"], capture_output=True, text=True)
    assert ran.returncode == 2 and "Traceback" not in ran.stderr
