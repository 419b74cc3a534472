"""An engine is one class and one registration: then everybody knows it, by its traits alone."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import fields

import numpy as np
import pytest
from fastapi.testclient import TestClient

from mien.advice import to_get
from mien.engines import ENGINES, Engine, Rendering, Traits, offered, register, traits_of
from mien.errors import ParameterError
from mien.face.geometry import face_box
from mien.phantom import Script, render_phantom
from mien.pipeline.deidentify import deidentify
from mien.pipeline.settings import Settings
from mien.pipeline.stored import StoredManifest
from mien.release.card import Entry, card, readme
from mien.video import Reader
from mien.web.http.access import Access
from mien.web.http.app import create_app
from mien.web.http.engines import TraitsView
from mien.web.http.serving import Serving
from thoroughness import FEWER

PORT = 8000
GREEN = (20, 200, 20)


class Toy(Engine):
    """A green rectangle, larger than any face."""

    name = "toy"
    traits = Traits(
        keeps_motion=False,
        hides_face=True,
        needs_surrogate=False,
        live=True,
        words="a green rectangle, as a toy would paint it",
        done="painted",
        in_full="painted over",
        shows_face=False,
    )

    def render(self, image, landmarks):
        left, top, right, bottom = face_box(landmarks, image.shape, 0.2)
        picture = np.full((bottom - top, right - left, 3), GREEN, np.uint8)
        return Rendering(left, top, picture, np.ones(picture.shape[:2], np.float32))


@pytest.fixture(scope="module", autouse=True)
def toy():
    """Registered as an outside package would do it."""
    register(Toy)
    yield
    del ENGINES["toy"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A clip and what the toy made of it."""
    folder = tmp_path_factory.mktemp("toy")
    script = Script(seconds=0.5, width=320, height=320, fps=15, seed=1)
    truth = render_phantom(script, folder / "clip.mp4")
    toy = Settings(engine="toy", thoroughness=FEWER, judges=())
    result = deidentify(folder / "clip.mp4", folder / "result.mp4", toy)
    return folder / "clip.mp4", truth, result


def test_a_name_is_given_once():
    with pytest.raises(ParameterError, match="already an engine called 'toy'"):
        register(Toy)
    assert ENGINES["toy"].load() is Toy


def test_an_unknown_name_is_refused_in_one_sentence():
    with pytest.raises(ParameterError) as caught:
        Settings(engine="none")
    assert str(caught.value) == (
        "There is no engine called 'none': choose one of mesh, motion, gan, mask, blur, pixelate, "
        "toy."
    )


@pytest.mark.parametrize("name", ["motion", "gan"])
def test_without_torch_an_engine_that_learns_says_so(name):
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from mien.engines import ENGINES, Weights\n"
        f"try: ENGINES[{name!r}].open(Weights('a.pt'))\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert told.stdout == (f"EngineError The engine {name} needs torch: {to_get('train')}.\n"), (
        told.stderr
    )


def test_of_an_unknown_engine_nothing_is_promised():
    assert not traits_of("none").keeps_motion and not traits_of("none").needs_surrogate
    assert traits_of("toy") is Toy.traits


def test_a_clip_is_deidentified_with_it(made):
    _, truth, result = made
    assert result.record["settings"]["engine"] == "toy" and result.surrogates == []
    assert result.record["linkable"]["by_facial_motion"] is False
    with Reader(result.output) as reader:
        for frame, points in zip(reader, truth.people[0].landmarks, strict=True):
            x, y = points[:, :2].mean(0).astype(int)
            assert np.abs(frame.image[y, x].astype(int) - GREEN).max() < 12


def test_compare_measures_it(made, mien, tmp_path):
    answer = mien("compare", made[0], "--engines", "toy", "-o", tmp_path / "out", "--json")
    assert answer.exit_code == 0, answer.output
    (row,) = json.loads(answer.stdout)["engines"]
    assert row["engine"] == "toy" and row["error"] is None and row["metrics"]


def test_the_application_offers_and_takes_it(tmp_path):
    serving = Serving(data=tmp_path / "data")
    access = Access(serving, PORT, sleep=lambda seconds: None)
    app = create_app(serving, access, working=False)
    address = f"http://127.0.0.1:{PORT}"
    with TestClient(app, base_url=address, headers={"Origin": address}) as browser:
        browser.get("/enter", params={"token": access.token})
        options = browser.get("/api/options").json()
        # what is taken beyond this is said to be no video, not to be an unknown engine
        answer = browser.post("/api/clips", params={"name": "a", "engine": "toy"}, content=b"-")
    assert options["engines"] == offered()
    assert options["engines"] == [name for name in ENGINES if name not in ("motion", "gan")]
    assert set(options["traits"]) == set(offered())
    for name in offered():
        told = {field: getattr(ENGINES[name].traits, field) for field in TraitsView.model_fields}
        assert options["traits"][name] == told
    assert answer.json()["code"] == "not_a_video"


def test_the_application_tells_traits_that_there_are():
    assert set(TraitsView.model_fields) <= {field.name for field in fields(Traits)}


def test_the_card_of_a_release_says_what_it_does(made):
    entry = Entry("clip-001", StoredManifest.from_json(made[2].record), None, sound=False)
    assert f"- Every face (method toy): {Toy.traits.words}." in card([entry], [])
    assert "lips are hidden" in card([entry], [])
    assert "Every face was painted over. Movement of head" in " ".join(readme([entry]).split())
