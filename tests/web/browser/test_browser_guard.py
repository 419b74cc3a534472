"""What is refused over real connections, and what remains of processes that are killed."""

from __future__ import annotations

import http.client
import os
import signal
from urllib.parse import urlsplit

import httpx
import pytest
from served import Served

_NO_TIME = """
import sys
from pathlib import Path
from mien.web.http.server import serve
from mien.web.http.serving import Serving
serve(Serving(Path(sys.argv[1]), workers=1, token_s=0.0), 0, lambda a: print(a, flush=True))
"""
_MADE = ["compare.mp4", "frames.json", "preview.jpg", "result.json", "result.mp4"]


@pytest.fixture(scope="module")
def served(serve) -> Served:
    """A server that takes small videos."""
    return serve("--workers", "1", "--largest-upload", "0.001").enter()


def raw(served: Served, path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
    """Status and body for a path that nothing on the way has tidied."""
    connection = http.client.HTTPConnection(urlsplit(served.base).netloc, timeout=60)
    cookies = "; ".join(f"{name}={value}" for name, value in served.api.cookies.items())
    connection.putrequest(method, path)
    for name, value in {"Cookie": cookies, "Origin": served.base, **headers}.items():
        connection.putheader(name, value)
    connection.endheaders()
    answer = connection.getresponse()
    body = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, body


def test_without_the_token_there_is_nothing(served):
    with httpx.Client(base_url=served.base, headers={"Origin": served.base}) as other:
        assert other.get(served.address).status_code == 401  # it was used
        assert other.get("/enter?token=wrong").status_code == 401
        for path in ("/", "/compare", "/static/frame.js", "/api/clips", "/api/openapi.json"):
            answer = other.get(path)
            assert answer.status_code == 401 and "<h1 data-word" not in answer.text, path
        answer = other.post("/api/clips?name=a.mp4", content=b"video")
        assert answer.status_code == 401
        assert answer.json()["code"] == "no_session"
        other.cookies.set(next(iter(served.api.cookies)), "guessed")
        assert other.get("/api/clips").status_code == 401


def test_a_token_that_is_too_old_opens_nothing(serve):
    old = serve(code=_NO_TIME)
    answer = old.api.get(old.address)
    assert answer.status_code == 401 and "too old" in answer.text
    assert old.api.get("/").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/static/../serving.py",
        "/static/%2e%2e/serving.py",
        "/static/..%2f..%2ferrors.py",
        "/static/%2e%2e%2f%2e%2e%2ferrors.py",
        "/static/..\\..\\errors.py",
        "/static//etc/passwd",
        "//etc/passwd",
        "/static/words/../../app.py",
        "/static/frame.js%00.html",
        "/../mien.sqlite3",
        "/api/clips/../../mien.sqlite3",
        "/api/clips/..%2f..%2fmien.sqlite3/result",
        "/api/clips/%2e%2e%2f%2e%2e%2fmien.sqlite3/preview",
        "/api/works/..%2f..%2f..%2fmien.sqlite3/report",
        "/api/surrogates/..%2f..%2fcards.json/picture",
        "/static/",
    ],
)
def test_no_way_leads_out_of_the_pages(served, path):
    status, body = raw(served, path)
    assert status in (400, 404, 422)
    assert "import" not in body and "SQLite" not in body and "root:" not in body


def test_a_name_is_no_path(served, brief):
    before = {path.name for path in served.data.rglob("*")}
    clip = served.upload(brief.path, name="../../../escape.mp4", engine="mask")
    assert clip["name"] == "escape.mp4"
    served.api.post(f"/api/clips/{clip['id']}/cancel")
    served.until(f"clips/{clip['id']}", lambda found: found["status"] == "cancelled")
    assert {path.name for path in served.data.rglob("*")} - before <= {clip["id"]}
    assert not list(served.data.parents[1].rglob("escape*"))
    assert served.api.delete(f"/api/clips/{clip['id']}").status_code == 204


def test_what_is_too_large_is_refused_and_not_kept(served):
    def pieces():
        for _ in range(20):
            yield bytes(100_000)

    before = served.files()
    for body in (bytes(1_500_000), pieces()):
        answer = served.api.post("/api/clips?name=large.mp4", content=body)
        assert answer.status_code == 413
        assert answer.json()["code"] == "too_large"
    assert served.files() == before and served.get("clips") == []


def test_what_is_no_video_is_refused_in_one_sentence(served):
    before = served.files()
    answer = served.api.post("/api/clips?name=notes.mp4", content=b"words only")
    assert answer.status_code == 422
    assert answer.json()["code"] == "not_a_video" and "notes.mp4" in answer.json()["error"]
    assert str(served.data) not in answer.text
    assert served.files() == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_other_pages_change_nothing(served, headers):
    for method, path in (
        ("POST", "/api/projects?name=theirs"),
        ("POST", "/api/clips?name=a.mp4"),
        ("DELETE", "/api/originals"),
        ("POST", "/api/releases"),
    ):
        answer = served.api.request(method, path, headers=headers, content=b"{}")
        assert answer.status_code == 403, path
        assert answer.json()["code"] == "wrong_origin"
    assert [project["name"] for project in served.get("projects")] == ["Clips"]


def test_another_name_of_this_computer_is_not_answered(served):
    port = urlsplit(served.base).port
    for host in ("evil.example", f"evil.example:{port}", "127.0.0.1:9"):
        assert served.api.get("/api/clips", headers={"Host": host}).status_code == 421, host


def test_killed_processes_lose_no_clip_and_leave_no_half_file(serve_sparingly, patient):
    first = serve_sparingly().enter()
    clip = first.upload(patient.path, engine="mask")["id"]

    def drawing(found: dict) -> bool:
        assert found["status"] in ("queued", "running")
        return any(name.endswith(".part") for name in first.files())

    first.until(f"clips/{clip}", drawing)
    kill(first.workers())
    waiting = first.until(f"clips/{clip}", lambda found: found["stage"] is None)
    assert waiting["status"] in ("queued", "running")  # it is tried once more
    first.until(f"clips/{clip}", lambda found: found["stage"] is not None)
    first.stop(signal.SIGKILL)

    second = serve_sparingly(data=first.data).enter()
    done = second.until(f"clips/{clip}", lambda f: f["status"] not in ("queued", "running"))
    assert (done["status"], done["error"]) == ("done", None)
    assert second.files() == sorted([clip, *_MADE])
    assert len(second.workers()) == 1  # the other server's are gone


def test_a_clip_that_kills_its_workers_fails_and_leaves_no_half_file(serve_sparingly, patient):
    served = serve_sparingly().enter()
    clip = served.upload(patient.path, engine="mask")["id"]
    for _ in range(2):
        served.until(f"clips/{clip}", lambda found: found["stage"] is not None)
        kill(served.workers())
        served.until(f"clips/{clip}", lambda f: f["stage"] is None or f["status"] == "failed")
    failed = served.get(f"clips/{clip}")
    assert (failed["status"], failed["code"]) == ("failed", "stopped_twice")
    assert served.files() == [clip]
    assert served.api.get(f"/api/clips/{clip}/result").status_code == 409


def kill(workers: list[int]) -> None:
    assert workers
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
