"""The pictures of the gallery: all there, small, and of the faces that they stand for."""

from __future__ import annotations

import importlib.util
from importlib.resources import files
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.surrogates.bank import Bank

FOLDER = Path(str(files("mien") / "assets" / "surrogates" / "pictures"))
SCRIPT = Path(__file__).parents[3] / "scripts" / "build_surrogate_pictures.py"


@pytest.fixture(scope="module")
def script():
    """The script that draws them."""
    specification = importlib.util.spec_from_file_location(SCRIPT.stem, SCRIPT)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def pixels(data: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).astype(float)


def test_every_face_has_a_small_picture_and_nothing_else_has_one():
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.jpg" for name in Bank.open().cards}
    assert sum(path.stat().st_size for path in FOLDER.iterdir()) < 500_000
    for path in FOLDER.iterdir():
        image = pixels(path.read_bytes())
        assert image.shape == (200, 200, 3) and image.std() > 20, path.name


def test_pictures_are_of_the_faces_they_stand_for(script):
    """Each is nearest to what the script draws of that face now."""
    bank = Bank.open()
    drawn = {name: pixels(script.picture(name, bank)) for name in bank.cards}
    for path in FOLDER.iterdir():
        stored = pixels(path.read_bytes())
        apart = {name: np.abs(stored - image).mean() for name, image in drawn.items()}
        assert min(apart, key=apart.get) == path.stem
        assert apart[path.stem] < 1.0


def test_the_script_removes_pictures_of_faces_that_are_gone(script, tmp_path):
    (tmp_path / "gone.jpg").write_bytes(b"old")
    script.build(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in FOLDER.iterdir()}


def test_the_page_says_of_how_many_people_they_are(browser):
    """ "At least 10" is what the page says in both languages."""
    words = Path(files("mien") / "web" / "pages" / "words" / "deidentify.js").read_text()
    fewest = min(face["k"] for face in browser.get("/api/surrogates").json())
    assert f"averages of at least {fewest} people" in words
    assert f"je mindestens {fewest} Menschen" in words


def test_pictures_are_given_out(browser):
    for face in browser.get("/api/surrogates").json():
        answer = browser.get(f"/api/surrogates/{face['id']}/picture")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
        assert answer.content == (FOLDER / f"{face['id']}.jpg").read_bytes()
        assert "private" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    "name",
    ["nobody", "..%2Fman-fair-1", "../man-fair-1", "%2e%2e%2fcards", "man-fair-1.jpg", "%00"],
)
def test_there_is_nothing_beside_them(browser, name):
    answer = browser.get(f"/api/surrogates/{name}/picture")
    assert answer.status_code == 404 and "image" not in answer.headers["content-type"]


def test_an_unknown_face_is_named_as_such(browser):
    assert browser.get("/api/surrogates/nobody/picture").json() == {
        "error": "There is no such face: choose another.",
        "code": "no_surrogate",
    }


def test_pictures_need_a_session(application):
    with application.client() as stranger:
        assert stranger.get("/api/surrogates/man-fair-1/picture").status_code == 401
