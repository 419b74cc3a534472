"""Behind a proxy: what it says is believed, and only there; the public name is the only one."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest
from department import PASSWORD

from mien.errors import ParameterError
from mien.web.http.serving import Serving

NAME = "mien.hospital.example"
ORIGIN = f"https://{NAME}"
SAID = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": NAME, "Origin": ORIGIN}
"""What a proxy and a browser say."""


@pytest.fixture
def client(make_department):
    department = make_department(behind_proxy=True, names=(NAME,), accounts=True)
    client = department.application.client()
    client.base_url = ORIGIN
    client.headers.update({**SAID, "Host": "127.0.0.1:8000"})
    answer = client.post("/login", data={"name": "owner", "password": PASSWORD})
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-mien=") and "Secure" in cookie and "Path=/" in cookie
    assert "Domain" not in cookie
    return client


def test_what_the_proxy_says_is_believed(client):
    assert client.get("/api/me").json()["name"] == "owner"
    assert client.post("/api/projects", params={"name": "New"}).status_code == 201


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"X-Forwarded-Host": "evil.example"}, 421),
        ({"X-Forwarded-Host": f"{NAME}:444"}, 421),
        ({"X-Forwarded-Host": ""}, 421),
        ({"X-Forwarded-Host": f"evil.example, {NAME}"}, 421),
        ({"X-Forwarded-Proto": "http"}, 403),
        ({"X-Forwarded-Proto": "http, https"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": f"http://{NAME}"}, 403),
        ({"Origin": f"{ORIGIN}:443"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
    ids=str,
)
def test_what_is_not_the_public_name_by_https_is_refused(client, headers, status):
    answer = client.post("/api/projects", params={"name": "New"}, headers=headers)
    assert answer.status_code == status
    assert [one["name"] for one in client.get("/api/projects").json()] == ["Tremor"]


def test_who_comes_past_the_proxy_is_refused(client):
    for name in ("X-Forwarded-Host", "X-Forwarded-Proto"):
        said = {key: value for key, value in client.headers.items() if key.lower() != name.lower()}
        bare = httpx.Request("GET", f"{ORIGIN}/api/me", headers=said)
        assert client.send(bare).status_code == 421
    twice = [*client.headers.items(), ("X-Forwarded-Host", NAME)]
    assert client.send(httpx.Request("GET", f"{ORIGIN}/api/me", headers=twice)).status_code == 421


def test_without_a_proxy_nobody_is_believed(browser):
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    assert browser.get("/api/clips", headers=headers).status_code == 200
    said = {**headers, "Host": "evil.example", "X-Forwarded-Host": "127.0.0.1:8000"}
    assert browser.get("/api/clips", headers=said).status_code == 421


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"names": (NAME,)}, "--accounts"),
        ({"accounts": True}, "--name"),
        ({"accounts": True, "names": (NAME, "other")}, "--name"),
        ({"accounts": True, "names": (NAME,), "host": "192.0.2.1"}, "--host"),
        ({"accounts": True, "names": (NAME,), "self_signed": True}, "--tls"),
        ({"accounts": True, "names": (NAME,), "behind_proxy": False}, "--behind-proxy"),
    ],
    ids=str,
)
def test_what_does_not_go_with_a_proxy_is_said(tmp_path, settings, said):
    given = {"behind_proxy": True, "unix_socket": tmp_path / "socket", **settings}
    with pytest.raises(ParameterError, match=said):
        Serving(tmp_path, **given)


_SERVE = """
import sys
from pathlib import Path
from mien.web.http.server import serve
from mien.web.http.serving import Serving
data, socket, name = sys.argv[1:]
serving = Serving(
    Path(data), workers=1, password="a long password", names=(name,), behind_proxy=True,
    unix_socket=Path(socket),
)
serve(serving, 0, lambda address: print(address, flush=True))
"""


@pytest.mark.skipif(os.name == "nt", reason="there are no unix sockets")
def test_a_server_listens_at_a_unix_socket_for_its_group_only(tmp_path):
    place = tmp_path / "mien.sock"
    with socket.socket(socket.AF_UNIX) as left:  # as of a server that was killed
        left.bind(str(place))
    process = subprocess.Popen(
        [sys.executable, "-c", _SERVE, str(tmp_path / "data"), str(place), NAME],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout.readline().strip() == f"{ORIGIN}/login"
        assert place.stat().st_mode & 0o777 == 0o660
        transport = httpx.HTTPTransport(uds=str(place))
        with httpx.Client(transport=transport, base_url="http://x", headers=SAID) as client:
            assert client.get("/api/projects").status_code == 401
            answer = client.post("/login", data={"password": "a long password"})
            cookie = answer.headers["set-cookie"].partition(";")[0]
            assert client.get("/api/projects", headers={"Cookie": cookie}).status_code == 200
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
