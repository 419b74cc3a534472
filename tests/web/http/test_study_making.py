"""A rating study made from clips of the application."""

from __future__ import annotations

import json
import secrets
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "study"))
from clips_of_studies import film

from mien.errors import ParameterError
from mien.web.queue.folders import RESULT
from mien.web.queue.tables import Clip

_WANTED = {
    **{"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all"},
    **{"subject": None, "voice": "keep", "compare": False, "measure": None},
}


@pytest.fixture
def add(application, tmp_path):
    """Puts a clip that is done into the application; its id."""

    def put(name: str, seed: int, bad: bool = False) -> str:
        store, folders = application.store, application.folders
        clip = Clip(
            id=secrets.token_hex(16), project_id=store.projects.all()[0].id, name=name,
            after="ask", size=5, frames=10, seconds=0.4, width=64, height=64,
        )  # fmt: skip
        store.clips.add(clip, _WANTED, 1)
        job = store.held.take("worker")
        found = {"frames": 10, "ledger": {}, "surrogates": [], "renderings": 1}
        assert store.held.finish(job.id, "worker", found)
        clip = store.clips.get(clip.id)
        folders.run(clip).mkdir(parents=True)
        for place, smooth in ((folders.original(clip), False), (folders.run(clip) / RESULT, True)):
            made = film(tmp_path / f"{seed}-{smooth}.mp4", seed, smooth=smooth)
            place.write_bytes(b"no video" if bad else made.read_bytes())
        return clip.id

    return put


def order(*clips, **more):
    return {"clips": list(clips), "items": ["mds-updrs-3-2"], "raters": ["Ada", " Ben "],
            "washout_days": 0} | more  # fmt: skip


def test_a_study_is_made_and_rated(application, browser, add):
    one, two = add("Jane.mp4", 1), add("Jane.mov", 2)
    assert browser.get("/api/studies").json() == []
    begun = browser.post("/api/studies", json=order(one, two, repeats=1))
    assert begun.status_code == 202, begun.text
    application.app.state.making.wait()
    assert browser.get("/api/studies/making").json() == []
    (study,) = browser.get("/api/studies").json()
    assert (study["pairs"], study["repeats"]) == (2, 1) and "2 clips" in study["power"]
    assert [rater["name"] for rater in study["raters"]] == ["Ada", "Ben"]
    (folder,) = (application.folders.data / "studies").iterdir()
    assert json.loads((folder / "study.json").read_text())["clips"] == ["Jane", "Jane (2)"]
    state = browser.get(f"{study['raters'][0]['link']}state").json()
    assert state["phase"] == "rating" and "Jane" not in json.dumps(state)


def test_a_study_is_there_after_a_restart(application, browser, add, make_application):
    browser.post("/api/studies", json=order(add("a.mp4", 1)))
    application.app.state.making.wait()
    home = application.folders.data / "studies"
    (home / ".mien-0123456789abcdef.part").mkdir()  # killed while it was made
    (home / "0").mkdir()  # somebody else's
    again = make_application()
    with again.client() as client:
        client.get("/enter", params={"token": again.access.token})
        assert len(client.get("/api/studies").json()) == 1
    assert not [path for path in home.iterdir() if path.name.startswith(".")]
    assert (home / "0").is_dir()


def test_what_cannot_be_made_is_said(application, browser, add):
    good, bad = add("a.mp4", 1), add("b.mp4", 2, bad=True)
    for wrong, status, code in (
        (order(good, items=["nope"]), 422, "no_item"),
        (order(good, repeats=2), 422, "too_many_repeats"),
        (order(good, raters=["  "]), 422, "no_rater"),
        (order("0" * 32), 404, "no_clip"),
    ):
        refused = browser.post("/api/studies", json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (status, code)
    for clips, items in (((bad,), ["mds-updrs-3-2"]), ((good,), ["mds-updrs-3-1"])):
        assert browser.post("/api/studies", json=order(*clips, items=items)).status_code == 202
        application.app.state.making.wait()
        (now,) = browser.get("/api/studies/making").json()
        assert now["error"] and now["code"] in ("unreadable-video", "bad-parameter")
        assert str(application.folders.data) not in now["error"]
    assert browser.get("/api/studies").json() == []
    assert not list((application.folders.data / "studies").iterdir())


OWN = {"key": "smile", "title": "Smile", "anchors": {"0": "none", "2": "wide"}}


def test_own_items_and_practice_clips(application, browser, add):
    rated, practised = add("a.mp4", 1), add("b.mp4", 2)
    (read,) = browser.post(
        "/api/studies/items",
        json={"name": "items.toml", "text": '[grin]\ntitle = "<b>Grin</b>"\n'},
    ).json()
    assert (read["key"], read["title"], read["highest"]) == ("grin", "<b>Grin</b>", 4.0)
    practice = [{"clip": practised, "scores": {"smile": 2, "grin": None}}]
    asked = {"items": ["smile", "grin"], "own": [OWN, read], "practice": practice}
    begun = browser.post("/api/studies", json=order(rated, **asked))
    assert begun.status_code == 202, begun.text
    application.app.state.making.wait()
    (study,) = browser.get("/api/studies").json()
    assert study["items"] == ["Smile", "<b>Grin</b>"]
    link = study["raters"][0]["link"]
    state = browser.get(f"{link}state").json()
    assert state["phase"] == "training" and "reference" not in state["shows"][0]
    show = state["shows"][0]["id"]
    for key in ("smile", "grin"):
        body = {"show": show, "item": key, "score": 1}
        assert browser.put(f"{link}answer", json=body).status_code == 204
    (shown,) = browser.get(f"{link}state").json()["shows"]
    assert shown["reference"] == {"smile": 2, "grin": None}


def test_own_items_and_practice_that_cannot_be_meant(application, browser, add):
    rated, practised = add("a.mp4", 1), add("b.mp4", 2)
    for wrong, code in (
        ({"items": ["smile"], "own": [OWN, OWN]}, "item_twice"),
        ({"items": ["smile"], "own": [OWN | {"lowest": 5}]}, "bad_item"),
        ({"items": ["smile"], "own": [OWN | {"anchors": {"x": "y"}}]}, "bad_item"),
        ({"practice": [{"clip": rated, "scores": {}}]}, "practice_rated"),
        ({"practice": [{"clip": practised, "scores": {"mds-updrs-3-2": 9}}]}, "bad_reference"),
        ({"practice": [{"clip": practised, "scores": {"smile": 1}}]}, "bad_reference"),
    ):
        refused = browser.post("/api/studies", json=order(rated, **wrong))
        assert (refused.status_code, refused.json()["code"]) == (422, code), wrong
    for text in ("", "x", "[a]\nb = 1", "[a]\ntitle = '" + "t" * 300 + "'", "a." * 5000 + "b = 1"):
        refused = browser.post("/api/studies/items", json={"text": text})
        assert (refused.status_code, refused.json()["code"]) == (422, "bad_item"), text[:20]
    assert browser.get("/api/studies/making").json() == []


def test_a_line_up_is_made_with_what_the_page_says(application, browser, add, monkeypatch):
    """What it takes to find faces is another test's: here is what is asked of it."""
    one, two = add("Jane.mp4", 1), add("Jane.mov", 2)
    asked = {}

    def make(pairs, folder, settings, *, names, progress):
        asked.update(pairs=pairs, settings=settings, names=names)
        raise ParameterError(f"{pairs[0][0]} is dark.")

    monkeypatch.setattr("mien.study.lineup.lineup", make)
    names = {one: [" Jan  Doe", "Jan", ""], two: ["Eve"]}
    wanted = {"clips": [one, two], "judges": ["Ada"], "arms": ["inner", "whole"],
              "controls": "cohort", "acquaintances": ["Dora"], "names": names}  # fmt: skip
    assert browser.post("/api/lineups", json=wanted).status_code == 202
    application.app.state.making.wait()
    (now,) = browser.get("/api/studies/making").json()
    assert now["error"] == "Jane is dark." and now["title"] == "Who is who?"
    settings = asked["settings"]
    assert asked["names"] == ["Jane", "Jane (2)"]
    assert settings.names == {"Jane": ("Jan Doe", "Jan"), "Jane (2)": ("Eve",)}
    assert (settings.arms, settings.controls) == (("inner", "whole"), "cohort")
    for change, code in (
        ({"names": {one: ["Jan"]}}, "no_name"),
        ({"judges": [], "acquaintances": []}, "no_judge"),
        ({"arms": []}, "no_arm"),
        ({"controls": "surrogates"}, "no_hair"),  # only the patient would have hair
        ({"judges": ["Dora"]}, "judge_twice"),
    ):
        refused = browser.post("/api/lineups", json=wanted | change)
        assert (refused.status_code, refused.json()["code"]) == (422, code), change


def test_clips_have_names_of_their_own_in_a_line_up(application, browser, add, monkeypatch):
    asked = []

    def make(pairs, folder, settings, *, names, progress):
        asked.extend(names)
        raise ParameterError("That is all.")

    monkeypatch.setattr("mien.study.lineup.lineup", make)
    clips = [add(name, k) for k, name in enumerate(("Jane (2).mp4", "Jane.mp4", "Jane.mov"))]
    order = {"clips": clips, "judges": ["Ada"]}  # strangers need no names of those shown
    assert browser.post("/api/lineups", json=order).status_code == 202
    application.app.state.making.wait()
    assert asked == ["Jane (2)", "Jane", "Jane (3)"]
