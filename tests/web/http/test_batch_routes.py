"""Batches on the pages: who is told what, what is sent, and that nothing else is."""

from __future__ import annotations

import fcntl
import json
from contextlib import contextmanager

import pytest
from watched import FOLDER, SENTENCE, key_of, make_batch, say

from mien.errors import FormatError
from mien.scale.places import DRIVER, PLAN, STATE
from mien.web.http.batches import batch_id


@pytest.fixture
def folder(tmp_path):
    return make_batch(tmp_path / "cohort")


@pytest.fixture
def come(make_application, folder):
    """Opens an application that shows the batch: a browser of whoever started it."""

    def come(*folders):
        made = make_application(batches=folders or (folder,))
        client = made.client()
        assert client.get("/enter", params={"token": made.access.token}).status_code == 303
        return client

    return come


@contextmanager
def driven(folder):
    """A driver holds the folder meanwhile."""
    with (folder / STATE / DRIVER).open("a") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def test_a_batch_that_nobody_works_on_says_so_and_how_it_goes_on(come, folder):
    browser, batch = come(), batch_id(folder)
    (found,) = browser.get("/api/batches").json()
    assert (found["id"], found["name"], found["going"]) == (batch, "cohort", "stopped")
    assert [found[key] for key in ("total", "done", "quarantine", "waiting")] == [3, 1, 1, 1]
    assert found["command"] == f"cd '{FOLDER}' && mien batch 'my plan.csv' -o cohort"
    assert found["report"] and found["tables"] == ["batch.csv", "cohort.csv", "tests.csv"]
    assert browser.get("/api/options").json()["batches"] == 1
    (folder / STATE / PLAN).write_text(
        "mien plan 1\n"
        + "".join(f"{k}\t{key_of(n)}\t{n}\n" for k, n in ((1, "case-1"), (2, "case-2")))
    )
    over = browser.get(f"/api/batches/{batch}").json()
    assert over["going"] == "over" and over["command"].endswith("-o cohort --retry")


def test_a_batch_that_is_worked_on_says_how_fast_and_who(come, folder):
    browser, batch = come(), batch_id(folder)
    at_work = {key_of("case-3"): {"since": 1e9 + 3000, "tries": 1}}
    say(folder, stage="working", at_work=at_work, left_s=1800.0, worked=12, retried=1)
    with driven(folder):
        found = browser.get(f"/api/batches/{batch}").json()
        (task,) = browser.get(f"/api/batches/{batch}/tasks", params={"place": "at_work"}).json()[
            "tasks"
        ]
        say(folder, stage="reading", read=2)
        reading = browser.get(f"/api/batches/{batch}").json()
    assert (found["going"], found["command"], found["workers"]) == ("working", None, 2)
    assert (found["left_s"], found["per_hour"], found["retried"]) == (1800.0, 12.0, 1)
    assert found["machines"] == [{"name": "here", "done": 1}]
    assert (task["name"], task["tries"], task["since"]) == ("case-3", 1, 1e9 + 3000)
    assert (reading["going"], reading["read"], reading["total"]) == ("reading", 2, 3)


def test_clips_are_listed_a_page_at_a_time_with_what_came_of_them(come, folder):
    browser, path = come(), f"/api/batches/{batch_id(folder)}/tasks"
    one, two, three = browser.get(path).json()["tasks"]
    assert (one["place"], one["engine"], one["frames"], one["covered"]) == ("done", "mesh", 100, 5)
    assert one["manifest"] and one["evidence"] and one["seconds"] == 30.5
    assert (two["place"], two["sentence"], two["tries"]) == ("quarantine", SENTENCE, 1)
    assert (three["place"], three["manifest"], three["evidence"]) == ("waiting", False, False)
    second = browser.get(path, params={"first": 1, "count": 1}).json()
    assert (second["total"], [each["name"] for each in second["tasks"]]) == (3, ["case-2"])
    found = browser.get(path, params={"find": "CASE-3"}).json()
    assert (found["total"], found["tasks"][0]["row"]) == (1, 3)
    assert browser.get(path, params={"place": "done"}).json()["total"] == 1
    for wrong in ({"count": 101}, {"first": -1}, {"place": "lost"}, {"find": "x" * 101}):
        assert browser.get(path, params=wrong).status_code == 422, wrong


def test_reports_tables_and_manifests_are_sent_and_nothing_else(come, folder, tmp_path):
    browser, batch = come(), batch_id(folder)
    at = f"/api/batches/{batch}"
    for path, kind in (
        ("report/cohort.html", "text/html"),
        ("report/batch.csv", "text/csv"),
        ("evidence/case-1/report.html", "text/html"),
        ("manifests/case-1", "application/json"),
    ):
        answer = browser.get(f"{at}/{path}")
        assert answer.status_code == 200 and answer.headers["content-type"].startswith(kind), path
        assert ("sandbox" in answer.headers["content-security-policy"]) == (kind == "text/html")
    (folder / "results" / "linked.json").symlink_to(folder / "state" / "secret")
    (folder / "evidence" / "linked").symlink_to(tmp_path)
    (tmp_path / "report.html").write_text("another's")
    for path in (
        *("report/quarantine.csv", "report/..%2fstate%2fsecret", "report/.mien-files"),
        *("manifests/..%2Fstate%2Fchecksums", "manifests/linked", "manifests/%2e%2e"),
        *("manifests/case-1.json", "evidence/linked/report.html", "evidence/%2e%2e/report.html"),
        *("evidence/..%2f..%2freport.html", "evidence/case-2/report.html", "state/secret"),
    ):
        answer = browser.get(f"{at}/{path}")
        assert answer.status_code == 404 and "secret of" not in answer.text, path
    (folder / "report" / "cohort.html").unlink()
    (folder / "report" / "cohort.html").symlink_to(tmp_path / "report.html")
    assert browser.get(f"{at}/report/cohort.html").status_code == 404
    assert browser.get(f"/api/batches/{'0' * 16}").json()["code"] == "no_batch"


def test_results_far_away_are_said_to_be_and_not_linked(come, folder):
    (folder / STATE / "store.json").write_text(json.dumps({"url": "s3://clinic/cohort"}))
    (folder / "results" / "case-1.json").unlink()
    browser = come()
    (found,) = browser.get("/api/batches").json()
    assert found["far"] and "s3://" not in json.dumps(found)
    tasks = browser.get(f"/api/batches/{found['id']}/tasks").json()["tasks"]
    assert not tasks[0]["manifest"]


def test_what_cannot_be_read_is_said_and_the_server_goes_on(come, folder):
    browser, at = come(), f"/api/batches/{batch_id(folder)}"
    (folder / STATE / PLAN).write_text("mien plan 1\n1\t0")
    found = browser.get(at).json()
    assert (found["troubles"], found["going"], found["total"]) == (["plan"], "unknown", None)
    assert (found["done"], found["quarantine"]) == (1, 1)
    assert browser.get(f"{at}/tasks").json()["tasks"] == []
    (folder / STATE).rename(folder / "moved")
    assert browser.get(at).json()["troubles"] == ["gone"]


def test_batches_of_one_name_are_told_apart_and_a_folder_that_is_none_is_refused(come, tmp_path):
    folders = [make_batch(tmp_path / where / "cohort") for where in "ab"]
    found = come(*folders, folders[0]).get("/api/batches").json()
    assert [one["name"] for one in found] == ["cohort (1)", "cohort (2)"]
    with pytest.raises(FormatError, match="holds no batch"):
        come(tmp_path)


def test_what_each_account_is_told(make_department, folder):
    department = make_department(batches=(folder,))
    at, told = f"/api/batches/{batch_id(folder)}", {}
    say(folder, machines={"station-3": 1})
    for name in ("ann", "owner", "reader"):
        browser = department.browser(name)
        told[name] = [browser.get(f"{at}{more}") for more in ("", "/tasks", "/report/batch.csv")]
        assert browser.get(f"{at}/manifests/case-1").status_code == 200
        assert browser.get("/batches").status_code == 200
    texts = {name: "".join(one.text for one in answers) for name, answers in told.items()}
    assert FOLDER in texts["ann"] and SENTENCE in texts["ann"]
    assert FOLDER not in texts["owner"] and SENTENCE in texts["owner"]
    assert FOLDER not in texts["reader"] and SENTENCE not in texts["reader"]
    assert "station-3" in texts["owner"] and "station-3" not in texts["reader"]
    assert "ask whoever runs this batch" in texts["reader"] and "not_told" in texts["reader"]
    assert [answers[2].status_code for answers in told.values()] == [200, 200, 404]
    assert "manifest downloaded" in department.folders.audit.read_text()
