"""People log in by name, change their password, log out; the log says who saw what."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from department import FILE, PASSWORD

from mien.errors import ParameterError
from mien.web.queue.audit import AUDIT
from mien.web.queue.tables import Role


def lines(department) -> list[tuple[str, str, tuple[str, ...]]]:
    """Who did what to what, the oldest first."""
    return [(one.name, one.what, one.on) for one in department.store.audit.lines()]


def test_a_server_without_accounts_shows_nothing_once_there_are_some(browser, application):
    assert browser.get("/api/clips").status_code == 200
    application.store.accounts.add("ann", Role.ADMIN, PASSWORD)
    for path in ("/api/clips", "/api/me", "/api/openapi.json", "/", "/evidence"):
        answer = browser.get(path)
        assert answer.status_code == 503 and "starts it again" in answer.text, path
    assert browser.get("/api/clips").json()["code"] == "accounts_begun"
    assert browser.post("/api/projects", params={"name": "x"}).status_code == 503
    assert len(application.store.projects.all()) == 1
    assert browser.get("/static/style.css").status_code == 200


def test_the_printed_address_opens_nothing_where_people_have_accounts(department):
    client = department.application.client()
    token = department.application.access.token
    assert client.get("/enter", params={"token": token}).status_code == 401
    page = client.get("/")
    assert (page.status_code, page.headers["location"]) == (303, "/login")
    answer = client.get("/api/clips")
    assert (answer.status_code, answer.json()["code"]) == (401, "log_in")


def test_a_name_and_its_password_open_a_session(department):
    client = department.application.client()
    wrong = client.post("/login", data={"name": "owner", "password": "wrong password"})
    nobody = client.post("/login", data={"name": "nobody", "password": PASSWORD})
    assert wrong.status_code == nobody.status_code == 401
    assert wrong.text.replace('value="owner"', "") == nobody.text.replace('value="nobody"', "")
    right = client.post("/login", data={"name": " OWNER ", "password": PASSWORD})
    assert right.status_code == 303
    assert client.get("/api/me").json()["name"] == "owner"
    assert [line[:2] for line in lines(department)] == [
        ("owner", "failed login"),
        ("unknown", "failed login"),
        ("owner", "login"),
    ]


def test_what_is_typed_as_a_name_is_shown_as_text(department):
    client = department.application.client()
    answer = client.post("/login", data={"name": '"><b>', "password": "x"})
    assert answer.status_code == 401 and "<b>" not in answer.text


def test_the_form_speaks_the_language_of_the_browser(department):
    client = department.application.client()
    assert "Log in" in client.get("/login").text
    german = client.get("/login", headers={"Accept-Language": "de-CH,de;q=0.9"}).text
    assert "Anmelden" in german and 'lang="de"' in german
    assert client.get("/login/style.css").status_code == 200


def test_a_name_is_not_tried_for_ever(department):
    client, clock = department.application.client(), department.application.clock

    def log_in(password: str) -> int:
        return client.post("/login", data={"name": "owner", "password": password}).status_code

    assert [log_in("wrong password") for _ in range(5)] == [401] * 5
    assert log_in(PASSWORD) == 429  # the right one does not help either
    clock.now += 31
    assert log_in("wrong password") == 401
    clock.now += 31
    assert log_in(PASSWORD) == 429
    clock.now += 30
    assert log_in(PASSWORD) == 303


def test_how_long_to_wait_is_said_in_words(department):
    client, clock = department.application.client(), department.application.clock

    def log_in(language: str = "en") -> str:
        given = {"name": "owner", "password": "wrong password"}
        return client.post("/login", data=given, headers={"Accept-Language": language}).text

    for _ in range(5):
        log_in()
    assert "wait 1 minute, then" in log_in() and "Warten Sie 1 Minute und" in log_in("de")
    for _ in range(3):
        clock.now += 300
        log_in()
    assert "wait 5 minutes, then" in log_in() and "Warten Sie 5 Minuten und" in log_in("de")


def test_spaces_around_a_name_give_no_more_tries(department):
    client = department.application.client()
    codes = [
        client.post("/login", data={"name": " " * n + "owner", "password": "no"}).status_code
        for n in range(7)
    ]
    assert codes == [401] * 5 + [429] * 2


def test_tries_at_once_are_no_more_than_one_after_the_other(department):
    with department.application.client() as client, ThreadPoolExecutor(16) as pool:

        def a_try(_: int) -> int:
            return client.post("/login", data={"name": "owner", "password": "no"}).status_code

        codes = list(pool.map(a_try, range(16)))
    assert codes.count(401) <= 6 and set(codes) <= {401, 429}


def test_another_password_ends_every_session(department):
    first, second = department.browser("helper"), department.application.client()
    second.post("/login", data={"name": "helper", "password": PASSWORD})
    wrong = first.put("/api/me/password", json={"old": "no", "new": "another password"})
    assert (wrong.status_code, wrong.json()["code"]) == (403, "wrong_password")
    short = first.put("/api/me/password", json={"old": PASSWORD, "new": "short"})
    assert short.status_code == 422
    new = {"old": PASSWORD, "new": "another password"}
    assert first.put("/api/me/password", json=new).status_code == 204
    assert [one.get("/api/me").status_code for one in (first, second)] == [401, 401]
    client = department.application.client()
    assert client.post("/login", data={"name": "helper", "password": PASSWORD}).status_code == 401
    again = client.post("/login", data={"name": "helper", "password": "another password"})
    assert again.status_code == 303


def test_who_leaves_is_out(department):
    browser = department.browser("owner")
    assert browser.post("/api/me/leave").status_code == 204
    assert browser.get("/api/me").status_code == 401


def test_who_is_removed_or_demoted_is_so_at_once(department):
    admin, owner, helper = map(department.browser, ("ann", "owner", "helper"))
    compare = f"/api/clips/{department.clip.id}/compare"
    assert helper.get(compare).status_code == 200
    path = f"/api/accounts/{department.ids['helper']}"
    assert admin.put(path, json={"role": "reader"}).json()["account"]["role"] == "reader"
    assert helper.get(compare).status_code == 403
    assert admin.delete(f"/api/accounts/{department.ids['owner']}").status_code == 204
    assert owner.get("/api/me").status_code == 401
    (left,) = [one for one in admin.get("/api/projects").json() if one["name"] == "Tremor"]
    assert left["owner"] is None
    path = f"/api/projects/{department.project}/owner"
    body = {"account": department.ids["outsider"]}
    assert admin.put(path, json=body).status_code == 204
    assert department.browser("outsider").get(compare).status_code == 200


def test_an_admin_gives_accounts_whose_password_is_shown_once(department):
    admin = department.browser("ann")
    made = admin.post("/api/accounts", json={"name": "Dr. New", "role": "worker"})
    assert made.status_code == 201
    password = made.json()["password"]
    assert len(password) >= 16 and password not in admin.get("/api/accounts").text
    client = department.application.client()
    assert client.post("/login", data={"name": "dr. new", "password": password}).status_code == 303
    taken = admin.post("/api/accounts", json={"name": "DR. NEW", "role": "worker"})
    assert taken.status_code == 422
    path = f"/api/accounts/{made.json()['account']['id']}"
    again = admin.put(path, json={"new_password": True}).json()["password"]
    assert again and again != password
    assert client.get("/api/me").status_code == 401


def test_an_admin_is_always_left(department):
    admin, path = department.browser("ann"), f"/api/accounts/{department.ids['ann']}"
    for answer in (admin.delete(path), admin.put(path, json={"role": "reader"})):
        assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    department.store.accounts.set_role(department.ids["owner"], Role.ADMIN)
    assert admin.delete(path).status_code == 204


def test_a_share_is_given_and_taken_back(department):
    owner, outsider = department.browser("owner"), department.browser("outsider")
    path = f"/api/projects/{department.project}/shares/{department.ids['outsider']}"
    clip = f"/api/clips/{department.clip.id}"
    assert outsider.get(clip).status_code == 404
    owner.put(path, json={"right": "read"})
    assert outsider.get(clip).status_code == 200
    assert outsider.get(f"{clip}/compare").status_code == 403
    owner.put(path, json={"right": "work"})
    assert outsider.get(f"{clip}/compare").status_code == 200
    names = [one["name"] for one in owner.get(path.rpartition("/")[0]).json()]
    assert names == ["guest", "helper", "outsider", "reader"]
    owner.delete(path)
    assert outsider.get(clip).status_code == 404


def test_the_log_says_who_saw_what_without_names_of_files(department):
    clip, owner, reader = department.clip.id, department.browser("owner"), "reader"
    base = f"/api/clips/{clip}"
    for start in (0, 1, 2):  # a player asks for pieces
        owner.get(f"{base}/compare", headers={"Range": f"bytes={start}-"})
    owner.get(f"{base}/people/1")
    department.browser(reader).get(f"{base}/result")
    department.browser(reader).get(f"{base}/compare")
    new = owner.post(
        "/api/clips", params={"name": FILE, "project": department.project}, content=b"video"
    ).json()["id"]
    owner.delete(f"{base}/original")
    assert lines(department) == [
        ("owner", "login", ()),
        ("owner", "compare seen", (clip,)),
        ("owner", "person seen", (clip,)),
        ("reader", "login", ()),
        ("reader", "result downloaded", (clip,)),
        ("reader", "refused: compare seen", (clip,)),
        ("owner", "upload", (department.project, new)),
        ("owner", "original removed", (clip,)),
    ]
    person = next(one for one in department.store.audit.lines() if one.what == "person seen")
    assert person.more == "person 1"
    assert department.store.audit.check().problem is None
    assert FILE not in department.folders.audit.read_text()


def test_what_personal_links_show_is_in_the_log_with_whose_link_it_is(department):
    study = next(iter(department.application.app.state.studies.all().values()))
    (study.folder / "p.mp4").write_bytes(b"video")
    (rater,) = study.progress()
    client = department.application.client()
    shows = client.get(f"/rate/{rater.token}/state").json()
    show = re.search(r"[0-9a-f]{32}", json.dumps(shows))[0]
    for _ in range(2):
        client.get(f"/rate/{rater.token}/clip/{show}")
    seen = [one for one in lines(department) if one[1] == "study clip seen"]
    assert seen == [("link of A", "study clip seen", (department.study, show))]


def test_nothing_is_shown_that_cannot_be_written_down(department):
    owner = department.browser("owner")
    department.folders.audit.unlink()
    department.folders.audit.mkdir()
    answer = owner.get(f"/api/clips/{department.clip.id}/compare")
    assert (answer.status_code, answer.json()["code"]) == (503, "no_log")
    assert "both" not in answer.text


def test_admins_read_the_log_and_take_it_along(department):
    admin = department.browser("ann")
    department.browser("owner").get(f"/api/clips/{department.clip.id}/compare")
    found = admin.get("/api/log", params={"count": 1}).json()
    assert (found["lines"][0]["what"], found["total"]) == ("compare seen", 3)
    assert found["problem"] is None
    earlier = admin.get("/api/log", params={"before": 2}).json()["lines"]
    assert [one["what"] for one in earlier] == ["login"]
    table = admin.get("/api/log.csv")
    assert table.text.count("\n") == 4 and department.clip.id in table.text
    text = department.folders.audit.read_text()
    department.folders.audit.write_text(text.replace("owner", "guest"))
    assert "was changed" in admin.get("/api/log").json()["problem"]


@pytest.mark.parametrize("log", ["whole", "emptied", "unreadable"])
def test_a_folder_that_lost_its_accounts_is_not_opened_to_everybody(make_department, log):
    department = make_department()
    department.browser("ann")  # the log begins
    department.store.close()
    if log != "whole":
        (department.folders.data / AUDIT).write_bytes(b"" if log == "emptied" else b"x\n")
    department.folders.database.unlink()
    for beside in department.folders.data.glob("mien.sqlite3-*"):
        beside.unlink()
    from mien.web.http.access import Access
    from mien.web.http.app import create_app
    from mien.web.http.serving import Serving

    serving = Serving(data=department.folders.data)
    with pytest.raises(ParameterError, match="mien users add"):
        create_app(serving, Access(serving, 8000), working=False)


def test_accounts_and_one_password_for_all_do_not_go_together(make_department):
    with pytest.raises(ParameterError, match="--password-file"):
        make_department(password="one for everybody")


def test_accounts_that_are_asked_for_have_to_be_there(make_application):
    with pytest.raises(ParameterError, match="mien users add"):
        make_application(accounts=True)
