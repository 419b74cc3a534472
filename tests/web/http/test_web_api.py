"""Uploads, and what happens to clips that are over."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mien.engines import offered
from mien.fidelity.profile import Profile
from mien.pipeline.settings import Settings
from mien.shortfall import Shortfall
from mien.tracking.selection import Selection
from mien.web.http.app import create_app
from mien.web.http.serving import Serving
from mien.web.http.uploads import display_name
from mien.web.queue.folders import MANIFEST, PREVIEW, RESULT, Folders
from mien.web.queue.probing import Upload

FOUND = {"frames": 3, "ledger": {"rendered": 3}, "surrogates": ["c01"], "renderings": 1}


def upload(browser, name="a.mp4", content=b"video", **wanted):
    return browser.post("/api/clips", params={"name": name, **wanted}, content=content)


def finish(application, job, found=FOUND):
    """Let a job be done, as a worker does."""
    taken = application.store.held.take("worker")
    assert taken.id == job
    folder = application.folders.run(taken)
    folder.mkdir(parents=True)
    for name in (RESULT, MANIFEST, PREVIEW):
        (folder / name).write_text(f"made: {name}")
    assert application.store.held.finish(job, "worker", found)


def test_an_upload_waits_under_a_random_name(browser, application):
    answer = upload(browser, "Müller, Anna.mp4", engine="mask", voice="mute", after="delete")
    assert answer.status_code == 201
    job = answer.json()
    assert (job["name"], job["status"]) == ("Müller, Anna.mp4", "queued")
    assert (job["wanted"]["engine"], job["wanted"]["voice"]) == ("mask", "mute")
    assert (job["after"], job["size"], job["wanted"]["compare"]) == ("delete", 5, False)
    assert application.files() == [job["id"]]
    assert browser.get("/api/clips").json() == [job]
    assert browser.get(f"/api/clips/{job['id']}").json() == job


def test_what_is_stored_is_for_its_owner_only(tmp_path):
    (tmp_path / "something.txt").write_text("a folder that was there before")
    folders = Folders(tmp_path)
    folders.make()
    assert folders.database.stat().st_mode & 0o077 == 0
    assert (tmp_path / "projects").stat().st_mode & 0o077 == 0


def test_names_are_never_paths(browser, application):
    stored = []
    for name in ("../../evil.mp4", "/etc/evil.mp4", "..\\..\\evil.mp4", "evil\0.mp4"):
        job = upload(browser, name).json()
        assert job["name"] == "evil.mp4"
        stored.append(job["id"])
        assert application.files() == sorted(stored)


@pytest.mark.parametrize("name", ["", "/", "\u202e\u200b", " ", "\n"])
def test_every_clip_is_called_something(name):
    assert display_name(name) == "video"


def test_a_text_named_mp4_is_refused_in_one_sentence(browser, application):
    answer = upload(browser, "notes.mp4", b"just words")
    assert answer.status_code == 422
    assert answer.json() == {
        "error": "notes.mp4 is no video: choose another file.",
        "code": "not_a_video",
    }
    assert application.files() == [] and browser.get("/api/clips").json() == []


def test_what_is_too_large_is_refused(browser, application):
    assert upload(browser, content=b"video" * 201).status_code == 413

    def pieces():
        for _ in range(201):
            yield b"video"

    assert upload(browser, content=pieces()).json()["code"] == "too_large"  # nothing announced
    assert upload(browser, content=b"").json()["code"] == "empty"
    assert application.files() == []


def test_wrong_settings_are_refused(browser, application):
    for wanted in (
        {"engine": "none"},
        {"voice": "loud"},
        {"after": "never"},
        {"surrogate": "/etc/passwd"},
    ):
        answer = upload(browser, **wanted)
        assert answer.status_code == 422 and answer.json()["code"] == "invalid", wanted
    assert application.files() == []


def test_every_choice_is_one_that_mien_takes(browser):
    found = browser.get("/api/options").json()
    assert found["engines"] == offered()
    for key, values in (("voice", "voices"), ("match", "matches")):
        for value in found[values]:
            assert getattr(Settings(**{key: value}), key) == value
    for people in found["people"]:
        assert Selection(people=people).people == people
    for profile in set(found["measures"]) - {"no"}:
        assert Profile.open(profile).name
    for surrogate in browser.get("/api/surrogates").json():
        assert Settings(surrogate=surrogate["id"]).surrogate == surrogate["id"]


def test_a_result_can_be_downloaded_and_does_not_tell_the_name(browser, application):
    job = upload(browser, "Anna.mp4").json()["id"]
    for name in ("result", "manifest", "preview"):
        assert browser.get(f"/api/clips/{job}/{name}").status_code == 409
    finish(application, job)
    assert browser.get(f"/api/clips/{job}").json()["preview"]
    for name, file in (("result", RESULT), ("manifest", MANIFEST), ("preview", PREVIEW)):
        answer = browser.get(f"/api/clips/{job}/{name}")
        assert answer.text == f"made: {file}"
        assert "Anna" not in str(answer.headers)
    part = browser.get(f"/api/clips/{job}/result", headers={"Range": "bytes=0-3"})
    assert (part.status_code, part.text) == (206, "made")


def test_half_a_clip_is_shown_as_one(browser, application):
    whole, half = (upload(browser, name).json()["id"] for name in ("a", "b"))
    finish(application, whole, {**FOUND, "missing": None})
    lost = Shortfall(34, 36, 1.4).as_dict()
    finish(application, half, {**FOUND, "missing": lost})
    shown = [browser.get(f"/api/clips/{job}").json()["found"]["missing"] for job in (whole, half)]
    assert shown == [None, {"frames": 34, "of": 36, "same_time": 0}]


def test_originals_are_deleted_and_results_stay(browser, application):
    first, second = (upload(browser, name).json()["id"] for name in ("a", "b"))
    assert browser.delete(f"/api/clips/{first}/original").json()["code"] == "not_over"
    finish(application, first)
    assert browser.delete("/api/originals").json() == {"deleted": 1, "kept": 1}
    assert not browser.get(f"/api/clips/{first}").json()["original"]
    assert browser.get(f"/api/clips/{first}/result").status_code == 200
    assert application.files() == sorted([second, RESULT, MANIFEST, PREVIEW])


def test_a_clip_is_removed_with_all_its_files(browser, application):
    job = upload(browser).json()["id"]
    assert browser.delete(f"/api/clips/{job}").json()["code"] == "not_over"
    finish(application, job)
    assert browser.delete(f"/api/clips/{job}").status_code == 204
    assert application.files() == [] and browser.get(f"/api/clips/{job}").status_code == 404
    assert browser.delete(f"/api/clips/{job}").json()["code"] == "no_clip"


def test_what_waits_or_runs_can_be_cancelled(browser, application):
    running, waiting = (upload(browser, name).json()["id"] for name in ("a", "b"))
    application.store.held.take("worker")
    assert browser.post(f"/api/clips/{waiting}/cancel").json()["status"] == "cancelled"
    asked = browser.post(f"/api/clips/{running}/cancel").json()
    assert (asked["status"], asked["cancelling"]) == ("running", True)
    assert browser.post(f"/api/clips/{waiting}/cancel").json()["code"] == "over"


def test_the_api_is_described(browser):
    described = browser.get("/api/openapi.json").json()
    for path, operations in described["paths"].items():
        assert path.startswith("/api/")
        for method, operation in operations.items():
            assert operation["summary"] and {"401", "403", "422"} <= set(operation["responses"])
            assert method in ("get", "post", "put", "delete")


def test_the_server_loads_nothing_heavy():
    heavy = ("onnxruntime", "dlib", "torch", "numba", "cv2", "av", "numpy")
    script = (
        "import sys, mien.web.http.server, mien.web.http.routes.surrogates as s; s.bank(); "
        f"print([m for m in {heavy} if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


def test_all_settings_are_kept_with_the_clip(browser):
    asked = {
        "match": "none",
        "people": "main",
        "subject": " P07 ",
        "measure": "parkinson",
        "hands": "cover",
        "audit": "all",
        "language": "de",
    }
    wanted = upload(browser, **asked).json()["wanted"]
    assert wanted == {
        **{"engine": "mesh", "surrogate": "auto", "voice": "mute", "compare": True},
        **{**asked, "subject": "P07", "surroundings": "keep", "withhold": "over 10%"},
        **{"cover": [], "leave": [], "consent": None, "reason": None},
    }
    assert upload(browser, measure="no", subject=" ").json()["wanted"] == {
        **{"engine": "mesh", "surrogate": "auto", "match": "age", "people": "all"},
        **{"voice": "mute", "compare": True, "subject": None, "measure": None},
        **{"surroundings": "keep", "withhold": "over 10%", "language": "en"},
        **{"hands": "keep", "audit": "sample"},
        **{"cover": [], "leave": [], "consent": None, "reason": None},
    }


def test_a_picture_is_shown_while_a_clip_is_drawn_and_not_before(browser, application):
    job = upload(browser).json()["id"]
    taken = application.store.held.take("worker")
    assert not browser.get(f"/api/clips/{job}").json()["preview"]
    assert browser.get(f"/api/clips/{job}/preview").status_code == 404
    folder = application.folders.run(taken)
    folder.mkdir(parents=True)
    (folder / PREVIEW).write_text("first")
    application.store.held.note(job, "worker", stage="choosing")
    assert not browser.get(f"/api/clips/{job}").json()["preview"]
    application.store.held.note(job, "worker", stage="rendering")
    for content in ("first", "second"):
        (folder / PREVIEW).write_text(content)
        assert browser.get(f"/api/clips/{job}").json()["preview"]
        answer = browser.get(f"/api/clips/{job}/preview", params={"n": content})
        assert answer.text == content and answer.headers["cache-control"] == "no-store"
    application.store.held.fail(job, "worker", "Nothing came of it.", "unreadable-video")
    assert browser.get(f"/api/clips/{job}/preview").status_code == 409


def test_what_failed_or_was_cancelled_can_be_tried_again(browser, application):
    failed, waiting = (upload(browser, name).json()["id"] for name in ("a", "b"))
    assert browser.post(f"/api/clips/{failed}/again").json()["code"] == "not_failed"
    application.store.held.take("worker")
    application.store.held.fail(failed, "worker", "No face.", "no-face")
    seen = browser.get(f"/api/clips/{failed}").json()
    assert (seen["status"], seen["error"], seen["code"]) == ("failed", "No face.", "no-face")
    again = browser.post(f"/api/clips/{failed}/again").json()
    assert (again["status"], again["error"], again["code"]) == ("queued", None, None)
    order = [clip["id"] for clip in browser.get("/api/clips").json()]
    assert order == [waiting, failed]  # behind all others, as the page counts them
    browser.post(f"/api/clips/{failed}/cancel")
    browser.delete(f"/api/clips/{failed}/original")
    assert browser.post(f"/api/clips/{failed}/again").json()["code"] == "no_original"
    assert browser.post("/api/clips/none/again").json()["code"] == "no_clip"


def test_a_clip_that_is_measured_keeps_its_original_until_then(browser, application):
    job = upload(browser, measure="generic", after="delete").json()["id"]
    finish(application, job)
    (reader,) = browser.get(f"/api/clips/{job}").json()["readers"]
    assert (reader["kind"], reader["running"]) == ("evaluate", False)
    assert browser.get("/api/clips").json()[0]["readers"] == [reader]
    for path in (f"/api/clips/{job}/original", f"/api/clips/{job}"):
        assert browser.delete(path).json()["code"] == "in_use"
    assert browser.delete("/api/originals").json() == {"deleted": 0, "kept": 1}
    measuring = application.store.held.take("worker")
    running = {"work": reader["work"], "kind": "evaluate", "running": True}
    assert measuring.id == reader["work"]
    assert browser.get(f"/api/clips/{job}").json()["readers"] == [running]
    application.store.held.finish(measuring.id, "worker", {})
    assert browser.get(f"/api/clips/{job}").json()["readers"] == []
    assert browser.delete(f"/api/clips/{job}").status_code == 204


def test_measuring_can_be_cancelled_and_the_clip_is_free(browser, application):
    job = upload(browser, measure="generic").json()["id"]
    finish(application, job)
    (reader,) = browser.get(f"/api/clips/{job}").json()["readers"]
    browser.post(f"/api/works/{reader['work']}/cancel")
    assert browser.get(f"/api/clips/{job}").json()["readers"] == []
    assert browser.delete("/api/originals").json() == {"deleted": 1, "kept": 0}


def test_originals_of_what_failed_or_was_cancelled_are_deleted_as_well(browser, application):
    failed, cancelled, waiting = (upload(browser, name).json()["id"] for name in "abc")
    application.store.held.take("worker")
    application.store.held.fail(failed, "worker", "No face.", "no-face")
    browser.post(f"/api/clips/{cancelled}/cancel")
    assert browser.delete("/api/originals").json() == {"deleted": 2, "kept": 1}
    assert application.files() == [waiting]
    stored = {clip["id"]: clip["original"] for clip in browser.get("/api/clips").json()}
    assert stored == {failed: False, cancelled: False, waiting: True}


def test_an_original_that_cannot_be_deleted_keeps_no_other(browser, application, monkeypatch):
    first, second = (upload(browser, name).json()["id"] for name in "ab")
    for job in (first, second):
        finish(application, job)
    real = Folders.forget_original

    def forget(self, clip):
        if clip.id == first:
            raise PermissionError("it is open elsewhere")
        real(self, clip)

    monkeypatch.setattr(Folders, "forget_original", forget)
    assert browser.delete("/api/originals").json() == {"deleted": 1, "kept": 1}
    stored = [clip["original"] for clip in browser.get("/api/clips").json()]
    assert stored == [True, False]


def test_a_voice_is_kept_only_if_somebody_says_so(browser):
    assert upload(browser).json()["wanted"]["voice"] == "mute"
    assert upload(browser, voice="keep").json()["wanted"]["voice"] == "keep"


def test_a_sound_that_cannot_be_kept_is_said_before_the_work(application):
    access, serving = application.access, Serving(data=application.folders.data)
    unfit = Upload(320, 240, 10, 1.0, sound_fits=False)
    application.app = create_app(serving, access, looker=lambda path: unfit, working=False)
    with application.client() as browser:
        browser.get("/enter", params={"token": access.token})
        answer = upload(browser, "old.avi", voice="keep")
        assert (answer.status_code, answer.json()["code"]) == (422, "sound_unfit")
        assert "old.avi" in answer.json()["error"] and application.files() == []
        assert upload(browser, "old.avi").status_code == 201
