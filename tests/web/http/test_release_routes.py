"""Releases through the API: what goes in, ordering one, fetching it."""

from __future__ import annotations

import json
import zipfile

import pytest

from encounters import clip, covered
from mien.outputs import checksum
from mien.pipeline.manifest import LABEL
from mien.web.queue.folders import ARCHIVE, MANIFEST, RESULT
from mien.web.queue.tables import Kind
from mien.web.queue.tasks import Material, Task
from mien.web.works.release import release

FOUND = {"frames": 10, "ledger": {"rendered": 8, "covered": 2}, "surrogates": [], "renderings": 1}
MOOV = b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x20moov" + b"hdlr" + b"soun" + bytes(16)


def finish(application, found, **files):
    """Let the next job be done, as a worker does; its folder."""
    taken = application.store.held.take("worker")
    folder = application.folders.run(taken)
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name.replace("_dot_", ".")).write_bytes(content)
    assert application.store.held.finish(taken.id, "worker", found)
    return folder


@pytest.fixture
def clips(browser, application):
    """Two clips that are done: one with sound, and one without that was measured."""
    made = []
    for name, voice in (("Anna.mp4", "keep"), ("Bernd.mp4", "mute")):
        answer = browser.post("/api/clips", params={"name": name, "voice": voice}, content=b"video")
        finish(application, FOUND, result_dot_mp4=MOOV, result_dot_json=b"{}")
        made.append(answer.json()["id"])
    return made


def measure(application, clip, run=None):
    job = application.store.jobs.get(clip)
    application.store.jobs.add(
        Kind.EVALUATE, id="e" * 32, project_id=job.project_id, name="", clips=[clip], wanted={}
    )
    finish(application, {"result_run": run or job.run})


def contents(browser, *clips):
    return browser.get("/api/releases/contents", params={"clips": list(clips)})


def test_what_will_be_inside_is_told_before(browser, application, clips):
    measure(application, clips[1])
    told = contents(browser, *clips).json()
    first, second = told["clips"]
    assert (first["name"], first["file"], first["sound"]) == ("Anna.mp4", "clip-001.mp4", True)
    assert first["method"] == "mesh"
    assert (second["file"], second["sound"], second["covered"]) == ("clip-002.mp4", False, 2)
    assert (first["measured"], second["measured"], second["stale"]) == (False, True, False)
    assert told["bytes"] == 2 * len(MOOV)
    assert "clip-002-metrics.json" in told["files"] and "clip-001-metrics.json" not in told["files"]


def test_figures_of_an_older_result_are_called_so(browser, application, clips):
    measure(application, clips[0], run="another")
    told = contents(browser, clips[0]).json()
    assert told["clips"][0]["stale"] and "clip-001-metrics.json" not in told["files"]


def test_a_release_waits_in_the_queue_with_what_it_needs(browser, application, clips):
    measure(application, clips[1])
    order = {"clips": clips[::-1], "title": "For teaching", "language": "de"}
    answer = browser.post("/api/releases", json=order)
    assert answer.status_code == 201
    job = answer.json()
    assert (job["kind"], job["status"], job["clips"]) == ("release", "queued", clips[::-1])
    assert job["wanted"] == {
        "mute": True, "title": "For teaching", "consent": "", "licence": "", "contact": "",
        "language": "de", "measured": {clips[1]: "e" * 32},
    }  # fmt: skip
    assert [one["id"] for one in browser.get("/api/works").json()][-1] == job["id"]
    without = browser.post("/api/releases", json={"clips": clips, "include_metrics": False})
    assert without.json()["wanted"]["measured"] == {}


def test_what_cannot_be_released_is_refused(browser, application, clips):
    for body in (
        {},
        {"clips": []},
        {"clips": [clips[0]] * 2},
        {"clips": clips, "title": "x" * 201},
        {"clips": clips, "path": "/etc/passwd"},
        {"clips": clips, "language": "fr"},
    ):
        answer = browser.post("/api/releases", json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), body
    assert browser.post("/api/releases", json={"clips": ["no"]}).json()["code"] == "no_clip"
    assert contents(browser, "no").json()["code"] == "no_clip"
    waiting = browser.post("/api/clips", params={"name": "c"}, content=b"video").json()["id"]
    assert browser.post("/api/releases", json={"clips": [waiting]}).json()["code"] == "not_done"
    assert contents(browser, waiting).status_code == 409
    job = application.store.jobs.get(clips[0])
    application.store.jobs.add(
        Kind.COVER, id="c" * 32, project_id=job.project_id, name="", clips=[clips[0]], wanted={}
    )
    answer = browser.post("/api/releases", json={"clips": clips})
    assert (answer.status_code, answer.json()["code"]) == (409, "being_covered")
    assert not application.store.jobs.listing(None, Kind.RELEASE)


def test_only_this_servers_pages_may_order_one(browser, clips):
    answer = browser.post(
        "/api/releases", json={"clips": clips}, headers={"Origin": "http://elsewhere.example"}
    )
    assert answer.status_code == 403


def test_a_package_is_fetched_once_it_is_there(browser, application, clips):
    job = browser.post("/api/releases", json={"clips": clips, "title": "Anna"}).json()["id"]
    address = f"/api/works/{job}/release"
    assert browser.get(address).json()["code"] == "not_done"
    assert browser.get(f"/api/works/{clips[0]}/release").status_code == 404
    folder = finish(application, {"passed": True, "checks": []}, release_dot_zip=b"packed")
    answer = browser.get(address)
    assert (answer.content, answer.headers["content-type"]) == (b"packed", "application/zip")
    assert "Anna" not in str(answer.headers)
    (folder / ARCHIVE).unlink()
    assert (browser.get(address).status_code, browser.get(address).json()["code"]) == (
        404,
        "file_gone",
    )
    assert browser.delete(f"/api/works/{job}").status_code == 204
    assert not folder.exists()


def test_a_release_that_was_withheld_has_no_package(browser, application, clips):
    job = browser.post("/api/releases", json={"clips": clips}).json()["id"]
    finish(application, {"passed": False, "checks": []})
    answer = browser.get(f"/api/works/{job}/release")
    assert (answer.status_code, answer.json()["code"]) == (409, "withheld")


# --- the worker -----------------------------------------------------------------------------------


@pytest.fixture
def task(tmp_path):
    """Makes a task for a result with sound, its original gone, that was measured."""
    source = clip(tmp_path / "source.mp4", seconds=1, seed=1)
    runs = tmp_path / "runs"
    folder, measured, place = runs / "clip" / "run", runs / "job" / "run" / "report", runs / "r"
    for path in (folder, measured, place):
        path.mkdir(parents=True)
    covered(source, folder / RESULT, comment=LABEL, voice="keep")
    record = {
        "label": LABEL,
        "settings": {"engine": "mask"},
        "output": {"sha256": checksum(folder / RESULT), "frames": 10},
        "ledger": {"counts": {"rendered": 10}, "ranges": []},
        "privacy": [],
        "residual_faces": {"found": 0},
    }
    (folder / MANIFEST).write_text(json.dumps(record))
    about = {"deidentified_sha256": checksum(folder / RESULT)}
    (measured / "metrics.json").write_text(json.dumps({"about": about}))

    def task(**wanted):
        settings = {"mute": True, "title": "", "consent": "", "licence": "", "contact": ""}
        settings["measured"] = {"clip": "job"}
        material = Material("clip", "P07", None, folder, {}, "Anna Müller.mp4")
        return Task(Kind.RELEASE, place, {**settings, **wanted}, (material,))

    return task


def test_the_worker_packs_and_tells_what_it_checked(task):
    stages = []
    asked = task(title="Rest")
    found = release(asked, lambda stage, done, total: stages.append(stage))
    assert found["passed"] and found["bytes"] == (asked.folder / ARCHIVE).stat().st_size
    with zipfile.ZipFile(asked.folder / ARCHIVE) as archive:
        assert found["files"] == [
            {"name": entry.filename, "bytes": entry.file_size} for entry in archive.infolist()
        ]
        assert "clip-001-metrics.json" in archive.namelist()
    assert {check["of"] for check in found["checks"]} == {"clip", None}
    assert json.loads(json.dumps(found)) == found
    assert "packing" in stages and "clip-001, looking for faces" in stages


def test_a_check_that_fails_is_what_the_worker_found(task):
    asked = task(title="Anna at rest", measured={})
    found = release(asked, lambda stage, done, total: None)
    assert not found["passed"] and found["files"] == []
    wrong = [check for check in found["checks"] if check["verdict"] == "fail"]
    assert [(check["name"], check["code"]) for check in wrong] == [("names", "name_typed")]
    assert list(asked.folder.iterdir()) == []


def test_figures_that_were_removed_meanwhile_are_left_out(task):
    found = release(task(measured={"clip": "gone"}), lambda stage, done, total: None)
    assert found["passed"]
    assert "clip-001-metrics.json" not in {file["name"] for file in found["files"]}
