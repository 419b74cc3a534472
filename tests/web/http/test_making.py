"""Making stored clips otherwise or once more, their order, and removing that can be undone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from mien.web.queue.tables import Kind, Status

VIDEO = b"video of somebody"


def upload(browser, name="Jane Doe.mp4", content=VIDEO, **query):
    answer = browser.post("/api/clips", params={"name": name, **query}, content=content)
    assert answer.status_code == 201, answer.text
    return answer.json()


def finish(application, clip):
    """Have a worker make the result of a clip at once."""
    held = application.store.held
    job = held.take("w")
    while job.id != clip:
        held.finish(job.id, "w", {})
        job = held.take("w")
    folder = application.folders.run(job)
    folder.mkdir(parents=True)
    for name in ("result.mp4", "result.json"):
        (folder / name).write_bytes(f"{name} of {clip}".encode())
    found = {"frames": 3, "ledger": {}, "surrogates": [], "renderings": 1}
    assert held.finish(clip, "w", found)
    return job.run


def test_a_held_clip_begins_when_it_is_told_to(application, browser):
    clip = upload(browser, hold=True)
    assert clip["status"] == "held" and application.store.held.take("w") is None
    changed = browser.put(
        f"/api/clips/{clip['id']}/making", json={"engine": "mask", "people": "1,3"}
    )
    assert changed.status_code == 200 and changed.json()["status"] == "held"
    begun = browser.post(f"/api/clips/{clip['id']}/again").json()
    assert begun["status"] == "queued" and begun["wanted"]["people"] == "1,3"
    assert application.store.held.take("w").wanted["engine"] == "mask"
    assert browser.put(f"/api/clips/{clip['id']}/making", json={}).status_code == 409


def test_both_results_are_kept_until_one_is_chosen(application, browser):
    first = upload(browser)["id"]
    finish(application, first)
    answer = browser.post(f"/api/clips/{first}/redo", json={"engine": "mask"})
    assert answer.status_code == 201
    second = answer.json()
    assert second["id"] != first and second["wanted"]["engine"] == "mask"
    assert second["file"] == "Jane Doe.mp4" and second["alike"] == [first]
    stored = [application.folders.original(application.store.clips.get(each)) for each in
              (first, second["id"])]  # fmt: skip
    assert all(path.read_bytes() == VIDEO for path in stored)
    assert browser.post(f"/api/clips/{first}/choose").status_code == 409  # it is not made yet
    finish(application, second["id"])
    families = {clip["family"] for clip in browser.get("/api/clips").json()}
    assert families == {first}
    # the original of one goes, that of the other stays
    assert browser.delete(f"/api/clips/{first}/original").status_code == 200
    assert not stored[0].exists() and stored[1].read_bytes() == VIDEO
    # the other one goes in a minute, and comes back as whatever is removed does
    assert browser.post(f"/api/clips/{second['id']}/choose").status_code == 200
    assert [clip["id"] for clip in browser.get("/api/clips").json()] == [second["id"]]
    leaving = {one["id"]: one["leaves"] for one in browser.get("/api/clips?leaving=true").json()}
    assert leaving[second["id"]] is None and 0 < leaving[first] <= 60
    assert browser.post(f"/api/clips/{first}/restore").status_code == 200
    families = [clip["family"] for clip in browser.get("/api/clips").json()]
    assert families == [first, first] and application.files().count("result.mp4") == 2
    assert browser.post(f"/api/clips/{second['id']}/choose").status_code == 200
    assert browser.post(f"/api/clips/{first}/choose").status_code == 404  # in another window


def test_two_windows_that_keep_one_each_leave_one(application, browser):
    first = upload(browser)["id"]
    finish(application, first)
    second = browser.post(f"/api/clips/{first}/redo", json={}).json()["id"]
    finish(application, second)
    with ThreadPoolExecutor(2) as pool:
        paths = [f"/api/clips/{clip}/choose" for clip in (first, second)]
        answers = sorted(answer.status_code for answer in pool.map(browser.post, paths))
    assert answers == [200, 404] and len(browser.get("/api/clips").json()) == 1


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"leave": ["2"]}, "no_reason"),
        ({"surrogate": "own"}, "no_portrait"),
        ({"surrogate": "nobody-0"}, "invalid"),
        ({"leave": ["/etc/passwd"], "reason": "the doctor"}, "invalid"),
        ({"cover": ["../../mien.sqlite3"]}, "invalid"),
        ({"people": "1;2"}, "invalid"),
        ({"leave": ["2"], "cover": ["2"], "reason": "the doctor"}, "invalid"),
        ({"engine": "none"}, "invalid"),
        ({"landmarker": "/tmp/model"}, "invalid"),
    ],
    ids=str,
)
def test_what_does_not_go_together_changes_nothing(browser, asked, code):
    clip = upload(browser, hold=True)
    answer = browser.put(f"/api/clips/{clip['id']}/making", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert browser.get(f"/api/clips/{clip['id']}").json()["wanted"] == clip["wanted"]


def test_a_redo_without_room_on_the_disk_leaves_nothing(application, browser, monkeypatch):
    first = upload(browser)["id"]
    finish(application, first)
    before = application.files()

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.link", full)
    monkeypatch.setattr("shutil.copyfile", full)
    answer = browser.post(f"/api/clips/{first}/redo", json={})
    assert (answer.status_code, answer.json()["code"]) == (507, "disk_full")
    assert application.files() == before and len(browser.get("/api/clips").json()) == 1
    assert browser.get(f"/api/clips/{first}").json()["family"] is None


def test_a_clip_that_was_uploaded_twice_is_noticed(browser):
    one, two = upload(browser), upload(browser, "other name.mp4")
    other = upload(browser, "third.mp4", b"video of somebody else")
    found = {clip["id"]: clip["alike"] for clip in browser.get("/api/clips").json()}
    assert found == {one["id"]: [two["id"]], two["id"]: [one["id"]], other["id"]: []}
    assert two["alike"] == [one["id"]]


def test_the_order_is_what_somebody_wants(application, browser):
    a, b, c = (upload(browser, f"{name}.mp4", VIDEO + name.encode())["id"] for name in "abc")

    def order():
        return [clip["id"] for clip in browser.get("/api/clips").json()]

    for clip, to, expected in (
        (c, "first", [c, a, b]),
        (c, "later", [a, c, b]),
        (a, "last", [c, b, a]),
        (a, "earlier", [c, a, b]),
        (c, "earlier", [c, a, b]),
        (b, "later", [c, a, b]),
    ):
        assert browser.post(f"/api/clips/{clip}/move", params={"to": to}).status_code == 200
        assert order() == expected
    assert application.store.held.take("w").id == c
    assert browser.post(f"/api/clips/{c}/move", params={"to": "last"}).status_code == 409


def test_removing_can_be_undone_for_a_minute(application, browser):
    clip = upload(browser)["id"]
    finish(application, clip)
    left = browser.post(f"/api/clips/{clip}/remove").json()
    assert 0 < left["leaves"] <= 60
    assert browser.get("/api/clips").json() == []
    assert [one["id"] for one in browser.get("/api/clips?leaving=true").json()] == [clip]
    # another window cannot begin anything with it meanwhile
    for path in (f"/api/clips/{clip}/evaluate", f"/api/clips/{clip}/redo"):
        assert browser.post(path, json={}).status_code == 404
    assert browser.get(f"/api/clips/{clip}/result").status_code == 404
    assert browser.post(f"/api/clips/{clip}/restore").json()["leaves"] is None
    assert browser.post(f"/api/clips/{clip}/restore").status_code == 409
    assert browser.get(f"/api/clips/{clip}/result").status_code == 200


def test_what_is_removed_goes_when_its_time_has_come(application, browser):
    clip = upload(browser)["id"]
    finish(application, clip)
    application.store.clips.leave(clip, -1.0)
    application.app.state.supervisor._tick()
    assert application.store.clips.get(clip) is None and application.files() == []


def test_what_is_measured_cannot_be_removed_under_it(application, browser):
    clip = upload(browser)["id"]
    finish(application, clip)
    assert browser.post(f"/api/clips/{clip}/evaluate", json={}).status_code == 201
    assert browser.post(f"/api/clips/{clip}/remove").json()["code"] == "in_use"


def test_a_cover_can_be_undone_once(application, browser):
    clip = upload(browser)["id"]
    before = finish(application, clip)
    store, folders = application.store, application.folders
    found = store.clips.get(clip)
    store.jobs.add(
        Kind.COVER, id="c" * 32, project_id=found.project_id, name="x", clips=[clip], wanted={}
    )
    job = store.held.take("w")
    folders.run(job).mkdir()
    assert store.held.finish(job.id, "w", {"ledger": {"covered": 3}})
    folders.forget_others(store.clips.get(clip))
    shown = browser.get(f"/api/clips/{clip}").json()
    assert shown["uncover"] and shown["found"]["ledger"] == {"covered": 3}
    again = browser.post(f"/api/clips/{clip}/uncover").json()
    assert again["found"]["ledger"] == {} and not again["uncover"]
    assert store.clips.get(clip).run == before
    assert [run.name for run in folders.runs(found).iterdir()] == [before]
    assert browser.post(f"/api/clips/{clip}/uncover").status_code == 409


def test_all_results_are_one_archive_without_names_of_files(application, browser, tmp_path):
    import zipfile

    ids = [upload(browser, f"Jane Doe {n}.mp4", VIDEO + b"%d" % n)["id"] for n in range(2)]
    for clip in ids:
        finish(application, clip)
    browser.put(f"/api/clips/{ids[0]}/description", json={"subject": "P/07 ä", "visit": "../2"})
    answer = browser.get("/api/results.zip", params={"clip": ids})
    assert answer.status_code == 200
    (tmp_path / "all.zip").write_bytes(answer.content)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        names = archive.namelist()
        assert archive.testzip() is None
        assert archive.read(names[0]) == f"result.mp4 of {ids[0]}".encode()
    assert len(names) == 4 and not any("Jane" in name or "/" in name for name in names)
    assert names[0].startswith("deid-P_07") and ids[1][:8] in names[2]
    assert browser.get("/api/results.zip", params={"clip": [*ids, ids[0]]}).status_code == 422
    assert browser.get("/api/results.zip", params={"clip": ["../x"]}).status_code == 404


def test_how_long_all_takes_is_known_from_what_was_done(application, browser):
    assert browser.get("/api/queue").json() == {"seconds_left": 0.0, "jobs": 0, "workers": 1} | {
        "workers": application.app.state.supervisor._serving.worker_count
    }
    first = upload(browser)["id"]
    assert browser.get("/api/queue").json()["seconds_left"] is None
    finish(application, first)
    job = application.store.jobs.get(first)
    assert job.status == Status.DONE and job.started <= job.finished
    upload(browser, "b.mp4", b"video b")
    left = browser.get("/api/queue").json()
    assert left["jobs"] == 1 and left["seconds_left"] == pytest.approx(
        job.finished - job.started, abs=1e-6
    )
