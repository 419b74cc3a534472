"""Who is in a clip, a picture of one's own, and one moment, as the API tells and takes them."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from mien.web.queue.folders import TRIED, WAS, person_picture
from mien.web.queue.tables import Kind

FOUND = {
    "seconds": 2.0,
    "people": [
        {"person": 1, "at": "10,10@0.5", "places": [[0.0, 10, 10], [1.0, 12, 10]]},
        {"person": 2, "at": "90,10@0.5", "places": [[0.0, 90, 10]]},
    ],
}


@pytest.fixture
def clip(browser):
    query = {"name": "a.mp4", "hold": True}
    return browser.post("/api/clips", params=query, content=b"video").json()["id"]


def work(application, files, found):
    """Do the job that waits."""
    job = application.store.held.take("w")
    folder = application.folders.run(job)
    folder.mkdir(parents=True)
    for name in files:
        (folder / name).write_bytes(name.encode())
    assert application.store.held.finish(job.id, "w", found)
    return job


def picture(kind="PNG", size=(64, 48), exif=None):
    out = BytesIO()
    Image.new("RGB", size, (200, 20, 20)).save(out, kind, **({"exif": exif} if exif else {}))
    return out.getvalue()


def test_people_are_listed_with_pictures_that_go_with_the_original(application, browser, clip):
    path = f"/api/clips/{clip}"
    assert browser.get(f"{path}/people").json()["people"] is None
    assert browser.post(f"{path}/people").status_code == 201
    assert browser.post(f"{path}/people").status_code == 409  # one at a time
    assert browser.get(f"{path}/people/1").status_code == 409
    work(application, [person_picture(1), person_picture(2)], FOUND)
    assert len(browser.get(f"{path}/people").json()["people"]["found"]["people"]) == 2
    answer = browser.get(f"{path}/people/2")
    assert answer.content == b"person-2.jpg" and answer.headers["cache-control"] == "no-store"
    for number in ("3", "0", "-1", "1.jpg", "..%2f1"):
        assert browser.get(f"{path}/people/{number}").status_code in (404, 422)
    # a second look takes the place of the first
    browser.post(f"{path}/people")
    assert application.files().count("person-1.jpg") == 0
    work(application, [person_picture(1)], FOUND)
    assert browser.delete(f"{path}/original").status_code == 200
    assert application.files() == [] and browser.get(f"{path}/people/1").status_code == 404


def test_a_moment_is_asked_for_with_what_is_known_of_people(application, browser, clip):
    path = f"/api/clips/{clip}"
    asked = {"time_s": 0.5, "making": {"engine": "mask", "people": "1"}}
    assert browser.post(f"{path}/try", json=asked).json()["code"] == "nobody_known"
    browser.post(f"{path}/people")
    work(application, [person_picture(1)], FOUND)
    assert browser.post(f"{path}/try", json=asked).status_code == 201
    job = work(application, [TRIED, WAS], {"time_s": 0.5, "surrogates": []})
    assert job.wanted["seen"] == FOUND["people"] and job.wanted["people"] == "1"
    assert browser.get(f"{path}/try/tried").content == b"tried.jpg"
    assert browser.get(f"{path}/try/was").content == b"was.jpg"
    assert browser.get(f"{path}/try/..%2fresult").status_code in (404, 422)
    for time in (-1, "nan", 1e9):
        assert browser.post(f"{path}/try", json={**asked, "time_s": time}).status_code == 422
    assert browser.post(f"{path}/remove").status_code == 200


def test_a_picture_of_ones_own_is_stored_clean_and_goes_with_the_clip(application, browser, clip):
    exif = Image.Exif()
    exif[0x010E] = "Jane Doe"
    answer = browser.post(f"/api/clips/{clip}/portrait", content=picture("JPEG", exif=exif))
    assert answer.status_code == 204
    found = application.store.clips.get(clip)
    stored = application.folders.portrait(found).read_bytes()
    assert stored.startswith(b"\x89PNG") and b"Jane" not in stored
    own = {"surrogate": "own", "consent": "short"}
    refused = browser.put(f"/api/clips/{clip}/making", json=own)
    assert refused.json()["code"] == "no_consent"
    own["consent"] = "A. Model agreed in writing on 1 May 2026"
    taken = browser.put(f"/api/clips/{clip}/making", json=own).json()
    assert taken["wanted"]["consent"] == own["consent"]
    assert browser.delete(f"/api/clips/{clip}").status_code == 204
    assert application.files() == []


@pytest.mark.parametrize(
    "content", [b"", b"words", b"GIF89a" + bytes(50), picture()[:60], bytes(900_000)], ids=range(5)
)
def test_what_is_no_picture_is_not_stored(application, browser, clip, content):
    answer = browser.post(f"/api/clips/{clip}/portrait", content=content)
    assert (answer.status_code, answer.json()["code"]) == (422, "no_picture")
    assert application.files() == [clip]


def test_a_picture_that_is_too_large_is_not_stored(application, browser, clip):
    answer = browser.post(f"/api/clips/{clip}/portrait", content=bytes(1_200_000))
    assert answer.status_code == 413 and application.files() == [clip]


def test_while_people_are_looked_for_the_original_stays(application, browser, clip):
    browser.post(f"/api/clips/{clip}/people")
    assert browser.delete(f"/api/clips/{clip}/original").status_code == 409
    assert browser.post(f"/api/clips/{clip}/remove").status_code == 409
    assert application.store.jobs.of_clip(clip, Kind.PEOPLE)[0].urgency == 0
