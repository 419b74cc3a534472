"""Every route of the application asked by every kind of account."""

from __future__ import annotations

import pytest
from department import FILE, NOTE, Department
from fastapi.routing import iter_route_contexts

from mien.study.items import shipped
from mien.web.http import needs
from mien.web.http.needs import NEEDS, of_endpoints, of_route
from mien.web.http.visitor import Need
from mien.web.queue.tables import Kind, Right, Role

_DOCUMENT = "/api/openapi.json"
_RIGHTS = {"ann": Right.OWN, "owner": Right.OWN, "helper": Right.WORK, "guest": Right.READ}
_RIGHTS |= {"reader": Right.READ}
"""To the owner's project."""
_ROLES = {"ann": Role.ADMIN, "reader": Role.READER, "stranger": Role.READER}
_GONE = ("no_project", "no_clip", "no_work", "no_study", "no_call", "no_recording")


def routes(app) -> list[str]:
    """Method and address of all routes that need a session."""
    found = [
        f"{method} {one.path}"
        for one in iter_route_contexts(app.routes)
        for method in one.methods or ()
        if one.path is not None and one.path != _DOCUMENT
    ]
    return [each for each in found if of_route(*each.split(" ")) != needs._OPEN]


def request(department: Department, route: str) -> tuple[str, str, dict]:
    """What asks a route for something of the owner's."""
    d, (method, path) = department, route.split(" ")
    works = {
        "/api/works/{work}/release": Kind.RELEASE,
        "/api/works/{work}/metrics": Kind.EVALUATE,
        "/api/works/{work}/report": Kind.EVALUATE,
    }
    ids = {
        **{
            "clip": d.clip.id,
            "project": d.project,
            "work": d.works[works.get(path, Kind.RELEASE)].id,
        },
        **{"account": d.ids["helper"], "study": d.study, "lineup": d.lineup, "number": "1"},
        **{"which": "was", "what": "stop", "call": "none", "recording": "none", "review": "none"},
        **{"export": "none", "surrogate": "man-fair-1", "batch": d.batch},
        **{"table": "cohort.csv", "clip_name": "case-1"},
    }
    clip, making = d.clip.id, {}
    bodies = {
        "POST /api/clips": {"params": {"name": "a.mp4", "project": d.project}, "content": b"video"},
        "GET /api/results.zip": {"params": {"clip": clip}},
        "GET /api/releases/contents": {"params": {"clips": clip}},
        "POST /api/releases": {"json": {"clips": [clip]}},
        "POST /api/encounters": {"json": {"doctor": clip}},
        "POST /api/keys": {"params": {"project": d.project}, "content": b"id,subject\n"},
        "POST /api/clips/{clip}/try": {"json": {"time_s": 0, "making": making}},
        "POST /api/clips/{clip}/portrait": {"content": b"no picture"},
        "PUT /api/clips/{clip}/making": {"json": making},
        "POST /api/clips/{clip}/redo": {"json": making},
        "POST /api/clips/{clip}/move": {"params": {"to": "first"}},
        "POST /api/clips/{clip}/cover": {"json": {"ranges": [{"from_s": 0, "to_s": 0}]}},
        "POST /api/clips/{clip}/evaluate": {"json": {}},
        "PUT /api/clips/{clip}/description": {"json": {}},
        "PUT /api/projects/{project}": {"params": {"name": "Other"}},
        "PUT /api/projects/{project}/shares/{account}": {"json": {"right": "work"}},
        "PUT /api/projects/{project}/owner": {"json": {"account": d.ids["owner"]}},
        "POST /api/studies": {
            "json": {"clips": [clip], "raters": ["Ada"], "items": [next(iter(shipped()))]}
        },
        "POST /api/lineups": {"json": {"title": "L", "clips": [clip], "judges": ["Ada"]}},
        "POST /api/recordings/{recording}/look": {"params": {"width": 64, "time": 0}},
        "POST /api/recordings/{recording}/{what}": {"params": {"time": 0}},
    }
    given = bodies.get(route, {})
    if route.split("/")[-1] in (
        "clips",
        "originals",
        "keys.csv",
        "works",
        "use",
        "cohort",
        "cohort.csv",
    ):
        given = {"params": {"project": d.project}} | given
    return method, path.format(**ids), given


def expected(name: str, need: Need) -> int | None:
    """The status with which somebody is refused; None if they are not."""
    if _lacks_role(name, need):
        return 403
    if need.mine:
        return None if name in ("ann", "owner") else 404
    if need.right is None:
        return None
    right = _RIGHTS.get(name)
    if right is None:
        return 404
    return None if right >= need.right else 403


def _lacks_role(name: str, need: Need) -> bool:
    assert need.role is not None
    return _ROLES.get(name, Role.WORKER).rank < need.role.rank


def test_every_route_says_what_it_needs(department):
    unsaid = [key for key in routes(department.application.app) if key not in NEEDS]
    assert unsaid == []
    known = {
        f"{m} {one.path}"
        for one in iter_route_contexts(department.application.app.routes)
        for m in one.methods or ()
    }
    assert [key for key in NEEDS if key not in known] == []  # none is of a route that is gone


@pytest.mark.parametrize("name", ["owner", "helper", "guest", "outsider", "reader", "stranger"])
def test_whoever_may_not_do_something_is_refused(department, name):
    browser = department.browser(name)
    before = department.application.files()
    wrong = []
    for route in routes(department.application.app):
        need = of_route(*route.split(" "))
        status = expected(name, need)
        if status is None:
            continue
        method, path, given = request(department, route)
        answer = browser.request(method, path, **given)
        refused = {True: "not_for_role", False: "not_allowed"}[_lacks_role(name, need)]
        codes = (refused,) if status == 403 else _GONE
        code = None if not path.startswith("/api") else answer.json()["code"]
        if answer.status_code != status or (code is not None and code not in codes):
            wrong.append((route, answer.status_code, code, status))
    assert wrong == []
    assert department.application.files() == before
    assert department.store.accounts.get(department.ids["helper"]) is not None


@pytest.mark.parametrize("name", ["ann", "owner", "helper", "guest", "reader"])
def test_whoever_may_see_something_sees_it(department, name):
    browser = department.browser(name)
    for route in routes(department.application.app):
        need = of_route(*route.split(" "))
        if not route.startswith("GET") or expected(name, need) is not None:
            continue
        method, path, given = request(department, route)
        answer = browser.request(method, path, **given)
        if "/reviews/{review}" not in route and "duplicates" not in route:
            assert answer.status_code == 200, (route, answer.text)


@pytest.mark.parametrize("name", ["guest", "reader"])
def test_no_answer_to_a_reader_holds_the_name_of_a_file_or_a_note(department, name):
    browser, seen = department.browser(name), 0
    for route in routes(department.application.app):
        if route.startswith("GET"):
            method, path, given = request(department, route)
            answer = browser.request(method, path, **given)
            seen += answer.status_code == 200
            assert FILE not in answer.text and "Jane" not in answer.text, route
            assert NOTE not in answer.text, route
    assert seen > 20
    (clip,) = browser.get("/api/clips", params={"project": department.project}).json()
    assert clip["name"] == clip["file"] == "Clip cccccccc" and not clip["compare"]
    kinds = {one["kind"] for one in browser.get("/api/works").json()}
    assert kinds == {"evaluate", "release", "encounter"}


def test_writes_of_the_owner_are_not_refused(department):
    browser = department.browser("owner")
    writes = [each for each in routes(department.application.app) if not each.startswith("GET")]
    of_things = [each for each in writes if of_route(*each.split(" ")).about_something]
    for route in sorted(of_things, key=lambda each: (each.startswith("DELETE"), each)):
        if expected("owner", of_route(*route.split(" "))) is None:
            method, path, given = request(department, route)
            answer = browser.request(method, path, **given)
            assert answer.status_code != 403, (route, answer.text)


def test_ids_that_are_guessed_and_ids_that_there_are_not_are_answered_alike(department):
    browser = department.browser("outsider")
    for path, other in (
        (f"/api/clips/{department.clip.id}", f"/api/clips/{'0' * 32}"),
        (f"/api/works?project={department.project}", f"/api/works?project={'0' * 16}"),
        (f"/api/studies/{department.study}/report", f"/api/studies/{'0' * 16}/report"),
    ):
        theirs, none = browser.get(path), browser.get(other)
        assert (theirs.status_code, theirs.json()) == (none.status_code, none.json())


def test_clips_of_others_cannot_be_packed_compared_or_studied(department):
    browser, clip = department.browser("outsider"), department.clip.id
    own = browser.get("/api/projects").json()
    assert [one["name"] for one in own] == ["Clips"] and own[0]["right"] == "own"
    for path, body in (
        ("releases", {"clips": [clip]}),
        ("encounters", {"doctor": clip}),
        ("studies", request(department, "POST /api/studies")[2]["json"]),
        ("lineups", request(department, "POST /api/lineups")[2]["json"]),
    ):
        answer = browser.post(f"/api/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_clip"), path


def test_a_route_that_says_nothing_is_refused_to_everybody(department):
    app = department.application.app
    app.add_api_route("/api/forgotten", lambda: {"secret": 1})
    answer = department.browser("ann").get("/api/forgotten")
    assert (answer.status_code, "secret" in answer.text) == (403, False)


def test_a_route_that_never_asks_for_what_it_is_about_is_refused(department, monkeypatch):
    app = department.application.app
    app.add_api_route("/api/careless/{clip}", lambda clip: {"secret": clip})
    monkeypatch.setitem(NEEDS, "GET /api/careless/{clip}", needs._READ)
    assert of_endpoints(app)  # it says what it needs now
    answer = department.browser("ann").get(f"/api/careless/{department.clip.id}")
    assert (answer.status_code, "secret" in answer.text) == (403, False)


def test_a_reader_who_owned_a_project_sees_its_results_only(department):
    department.store.accounts.set_role(department.ids["owner"], Role.READER)
    browser = department.browser("owner")
    assert browser.get(f"/api/clips/{department.clip.id}/result").status_code == 200
    assert browser.get(f"/api/clips/{department.clip.id}/compare").status_code == 403
    assert browser.delete(f"/api/clips/{department.clip.id}").status_code == 403


def test_a_running_picture_is_not_a_readers(department):
    with department.store._database.writing() as session:
        from mien.web.queue.tables import Job

        job = session.get(Job, department.clip.id)
        job.status, job.run = "running", "another"
    run = department.folders.runs(department.clip) / "another"
    run.mkdir()
    (run / "preview.jpg").write_text("being drawn")
    path = f"/api/clips/{department.clip.id}/preview"
    assert department.browser("owner").get(path).text == "being drawn"
    assert department.browser("reader").get(path).text == "picture"


def test_without_accounts_everybody_may_do_everything(browser, application):
    assert browser.get("/api/me").json()["by_name"] is False
    (project,) = browser.get("/api/projects").json()
    assert (project["right"], project["owner"]) == ("own", None)
    assert browser.post("/api/accounts", json={"name": "ann", "role": "admin"}).status_code == 409
    assert not application.folders.audit.exists()
