"""What a quota refuses before it is copied, and what pages are told of use and time."""

from __future__ import annotations

import pytest

from mien.web.queue.retention import DAY_S


@pytest.fixture
def small(make_department):
    department = make_department(quota_each=3000)
    for path in department.folders.project(department.project).rglob("*.csv"):
        path.unlink()
    return department


def upload(browser, project, content):
    params = {"name": "Jane.mp4", "project": project}
    return browser.post("/api/clips", params=params, content=content)


def test_an_upload_over_the_quota_is_refused_before_it_is_copied(small):
    browser, project = small.browser("owner"), small.project
    left = browser.get("/api/use", params={"project": project}).json()["left"]
    before = small.application.files()
    for content in (b"video" + bytes(left), iter([b"video", bytes(left)])):
        answer = upload(browser, project, content)
        assert (answer.status_code, answer.json()["code"]) == (507, "quota_full")
        assert "quota" in answer.json()["error"]
    assert small.application.files() == before
    assert upload(browser, project, b"video" + bytes(left - 5)).status_code == 201
    assert upload(browser, project, b"video").json()["code"] == "quota_full"
    # it is the owner's quota, whoever uploads
    assert upload(small.browser("helper"), project, b"video").json()["code"] == "quota_full"


def test_the_quota_of_one_account_may_be_another(small):
    admin, owner = small.browser("ann"), small.browser("owner")
    path = f"/api/accounts/{small.ids['owner']}"
    assert admin.put(path, json={"quota_gb": 1}).json()["account"]["quota"] == 10**9
    assert upload(owner, small.project, b"video" + bytes(4000)).status_code == 201
    said = [line.more for line in small.store.audit.lines() if line.what == "account changed"]
    assert said == ["quota: 1 GB"]
    admin.put(path, json={"quota_gb": 0})
    assert owner.get("/api/use", params={"project": small.project}).json()["quota"] == 3000


def test_the_whole_folder_has_a_quota_without_accounts_too(make_application):
    application = make_application(quota=1)
    with application.client() as browser:
        browser.get("/enter", params={"token": application.access.token})
        answer = browser.post("/api/clips", params={"name": "a.mp4"}, content=b"video")
        assert (answer.status_code, answer.json()["code"]) == (507, "quota_full")
        assert browser.get("/api/use").json()["quota"] == 1


def test_pages_are_told_when_an_original_and_a_result_go(make_department):
    department = make_department(keep_originals=30, keep_results=365)
    clip = department.browser("reader").get(f"/api/clips/{department.clip.id}").json()
    assert clip["original_until"] == clip["created"] + 30 * DAY_S
    assert clip["result_until"] == clip["finished"] + 365 * DAY_S
    use = department.browser("owner").get("/api/use", params={"project": department.project})
    assert (use.json()["originals_days"], use.json()["results_days"]) == (30, 365)


def test_admins_see_what_everybody_takes(make_department):
    department = make_department(quota=10**9, quota_each=10**6)
    found = department.browser("ann").get("/api/department").json()
    used = {one["id"]: one["used"] for one in found["people"]}
    assert used[department.ids["owner"]] > 0 and used[department.ids["outsider"]] == 0
    assert found["used"] > sum(used.values()) and found["quota"] == 10**9
