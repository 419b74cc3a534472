"""Projects: clips of one are not those of another."""

from __future__ import annotations

from sqlalchemy.exc import OperationalError


def test_clips_are_kept_in_their_project(browser, application):
    first = browser.get("/api/projects").json()[0]
    second = browser.post("/api/projects", params={"name": "Tremor / 2026"}).json()
    assert second["name"] == "Tremor / 2026"
    made = browser.post(
        "/api/clips", params={"name": "a.mp4", "project": second["id"]}, content=b"video"
    ).json()
    assert made["project_id"] == second["id"]
    assert browser.get("/api/clips", params={"project": first["id"]}).json() == []
    assert browser.get("/api/clips", params={"project": second["id"]}).json() == [made]
    stored = application.folders.original(application.store.clips.get(made["id"]))
    assert second["id"] in stored.parts and stored.read_bytes() == b"video"


def test_a_project_can_be_renamed(browser):
    made = browser.get("/api/projects").json()[0]
    assert browser.put(f"/api/projects/{made['id']}", params={"name": "Pilot"}).status_code == 200
    assert [each["name"] for each in browser.get("/api/projects").json()] == ["Pilot"]


def test_only_an_empty_project_is_removed_and_one_stays(browser, application):
    (only,) = (each["id"] for each in browser.get("/api/projects").json())
    assert browser.delete(f"/api/projects/{only}").json()["code"] == "only_one"
    full = browser.post("/api/projects", params={"name": "Full"}).json()["id"]
    browser.post("/api/clips", params={"name": "a.mp4", "project": full}, content=b"video")
    assert browser.delete(f"/api/projects/{full}").json()["code"] == "not_empty"
    assert browser.delete(f"/api/projects/{only}").status_code == 204
    assert [each["id"] for each in browser.get("/api/projects").json()] == [full]


def test_what_is_asked_of_a_project_that_is_not_there_is_refused(browser):
    for method, path in (
        ("GET", "/api/clips?project=no"),
        ("GET", "/api/works?project=no"),
        ("POST", "/api/clips?name=a.mp4&project=no"),
        ("PUT", "/api/projects/no?name=a"),
        ("DELETE", "/api/projects/no"),
    ):
        answer = browser.request(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_project"), path


def test_other_jobs_are_listed_cancelled_and_removed(browser, application):
    project = application.store.projects.all()[0].id
    job = application.store.jobs.add(
        "release", id="r1", project_id=project, name="Release", clips=[], wanted={"mute": True}
    )
    (found,) = browser.get("/api/works").json()
    assert (found["id"], found["kind"], found["wanted"]) == ("r1", "release", {"mute": True})
    assert browser.get("/api/works?kind=release").json() == [found]
    assert browser.get("/api/works?kind=encounter&kind=deidentify").json() == []
    assert browser.delete(f"/api/works/{job.id}").json()["code"] == "not_over"
    assert browser.post(f"/api/works/{job.id}/cancel").json()["status"] == "cancelled"
    assert browser.post(f"/api/works/{job.id}/cancel").json()["code"] == "over"
    assert browser.delete(f"/api/works/{job.id}").status_code == 204
    assert browser.get(f"/api/works/{job.id}").json()["code"] == "no_work"
    assert browser.get(f"/api/clips/{job.id}").json()["code"] == "no_clip"


def test_a_database_that_does_not_answer_is_a_sentence(browser, application, monkeypatch):
    def locked(*kinds):
        raise OperationalError("SELECT", {"name": "Anna"}, Exception("database is locked"))

    monkeypatch.setattr(application.store.clips, "listing", locked)
    answer = browser.get("/api/clips")
    assert (answer.status_code, answer.json()["code"]) == (503, "busy")
    assert "Anna" not in answer.text


def test_what_was_made_of_a_clip_that_changed_is_outdated(browser, application):
    store = application.store
    project = store.projects.all()[0].id
    clip = browser.post("/api/clips", params={"name": "a.mp4"}, content=b"video").json()["id"]
    run = store.held.take("w").run
    assert store.held.finish(clip, "w", None)
    store.jobs.add("release", id="r", project_id=project, name="r", clips=[clip], wanted={})
    store.held.take("w")
    assert store.held.finish("r", "w", {"passed": True, "runs": {clip: run}})
    assert [job["outdated"] for job in browser.get("/api/works").json()] == [False]
    store.jobs.add("cover", id="c", project_id=project, name="a.mp4", clips=[clip], wanted={})
    store.held.take("w")
    assert store.held.finish("c", "w", {"ledger": {}})
    assert browser.get("/api/works/r").json()["outdated"]
    assert browser.delete(f"/api/clips/{clip}").status_code == 204
    assert [job["outdated"] for job in browser.get("/api/works").json()] == [True]
