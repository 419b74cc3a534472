"""Nobody gets in without the token, and only the server's own pages write."""

from __future__ import annotations

import pytest

from mien.errors import ParameterError
from mien.web.http.serving import Serving

WRITES = [
    ("POST", "/api/clips?name=a.mp4"),
    ("DELETE", "/api/originals"),
    ("DELETE", "/api/clips/1"),
]


def test_without_a_session_there_is_nothing(application):
    client = application.client()
    for path in ("/", "/static/page.js", "/api/clips", "/api/openapi.json", "/no"):
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert "mien serve" in answer.text


def test_the_token_opens_one_session_once(application):
    first, second = application.client(), application.client()
    address = f"/enter?token={application.access.token}"
    opened = first.get(address)
    assert opened.status_code == 303 and opened.headers["location"] == "/"
    cookie = opened.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie
    assert first.get("/").status_code == 200
    assert second.get(address).status_code == 401
    assert second.get("/").status_code == 401


def test_a_wrong_or_expired_token_opens_nothing(application):
    client = application.client()
    assert client.get("/enter?token=wrong").status_code == 401
    assert client.get("/enter").status_code == 401
    application.clock.now += 901
    assert client.get(f"/enter?token={application.access.token}").status_code == 401


def test_a_session_ends(browser, application):
    assert browser.get("/api/clips").status_code == 200
    application.clock.now += 12 * 3600 + 1
    answer = browser.get("/api/clips")
    assert answer.status_code == 401 and answer.json()["code"] == "no_session"


def test_another_name_is_not_answered(browser):
    for host in ("evil.example", "127.0.0.1:9", "127.0.0.1", "", "localhost"):
        assert browser.get("/api/clips", headers={"Host": host}).status_code == 421, host


def test_the_other_name_of_this_computer_is_answered(application):
    answer = application.client().get("/", headers={"Host": "localhost:8000"})
    assert answer.status_code == 401


def test_another_origin_writes_nothing(browser):
    for origin in (
        "http://evil.example",
        "http://127.0.0.1:9",
        "http://localhost:8000",
        "null",
        "",
    ):
        for method, path in WRITES:
            answer = browser.request(method, path, headers={"Origin": origin}, content=b"video")
            assert answer.status_code == 403, (origin, path)
            assert answer.json()["code"] == "wrong_origin"
    del browser.headers["Origin"]
    for method, path in WRITES:
        assert browser.request(method, path, content=b"video").status_code == 403, path
    assert browser.get("/api/clips").json() == []


def test_what_another_site_asks_for_is_refused(browser):
    for site in ("cross-site", "same-site"):
        assert browser.get("/api/clips", headers={"Sec-Fetch-Site": site}).status_code == 403
    assert browser.get("/api/clips", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200


def test_pages_load_nothing_from_elsewhere(browser):
    for path in ("/", "/api/clips", "/static/page.js", "/no", "/enter?token=wrong"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'"), path
        assert "unsafe" not in policy and "http" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_no_listing_and_no_way_out_of_the_pages(browser):
    for path in (
        "/static/",
        "/static",
        "/static/../serving.py",
        "/static/%2e%2e/serving.py",
        "/static/..%2f..%2ferrors.py",
        "/static//etc/passwd",
        "/docs",
        "/api/clips/..%2f..%2fmien.sqlite3/result",
    ):
        assert browser.get(path).status_code == 404, path


def test_elsewhere_needs_a_password_and_tls(tmp_path):
    with pytest.raises(ParameterError, match="--password-file"):
        Serving(tmp_path, host="192.0.2.1")
    with pytest.raises(ParameterError, match="--password-file"):
        Serving(tmp_path, host="192.0.2.1", password="long enough")
    with pytest.raises(ParameterError, match="needs both"):
        Serving(tmp_path, certificate=tmp_path)
    with pytest.raises(ParameterError, match="--name"):
        Serving(tmp_path, host="0.0.0.0", unprotected=True)
    ready = Serving(
        tmp_path, host="192.0.2.1", password="long enough", certificate=tmp_path, key=tmp_path
    )
    assert ready.scheme == "https" and "192.0.2.1:8000" in ready.hosts(8000)
    assert not any("localhost" in host for host in ready.hosts(8000))


def test_a_password_opens_a_session(make_application):
    client = make_application(password="correct horse").client()
    assert client.post("/login", data={"password": "wrong"}).status_code == 401
    assert client.get("/").status_code == 401
    assert client.post("/login", data={"password": "x" * 5000}).status_code == 413
    other = {"Origin": "http://evil.example"}
    right = {"password": "correct horse"}
    assert client.post("/login", data=right, headers=other).status_code == 403
    assert client.post("/login", data=right).status_code == 303
    assert client.get("/").status_code == 200


def test_without_a_password_nobody_logs_in(application):
    client = application.client()
    assert client.get("/login").status_code == 404
    assert client.post("/login", data={"password": ""}).status_code == 401


def test_the_address_opened_twice_in_one_browser_opens_the_page_again(browser, application):
    again = browser.get("/enter", params={"token": application.access.token})
    assert (again.status_code, again.headers["Location"]) == (303, "/")
    with application.client() as other:
        assert other.get("/enter", params={"token": application.access.token}).status_code == 401


@pytest.mark.parametrize("chunked", [False, True])
def test_only_an_upload_may_be_large(browser, chunked):
    pieces = [b" " * 400_000] * 3
    answer = browser.post(
        "/api/releases",
        content=iter(pieces) if chunked else b"".join(pieces),
        headers={"Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
