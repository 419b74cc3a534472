"""Connections on which nothing happens end, and keep nobody out; asked through real sockets."""

from __future__ import annotations

import asyncio
import selectors
import shutil
import socket
import ssl
import subprocess
import sys
from contextlib import ExitStack, contextmanager, suppress
from threading import Event, Thread

import httpx
import pytest
import uvicorn

from mien.web.http.connections import BACKLOG, Limits, Listener, protocol
from mien.web.http.server import _Server

LONG_S = 60.0  # that a test waits for what has to happen; then it has failed
SOON = Limits(head_s=0.1, body_s=0.1, body_bytes=1, answer_s=0.1, handshake_s=0.1)
NEVER = Limits(head_s=LONG_S, body_s=LONG_S, answer_s=LONG_S, handshake_s=LONG_S)
_FEW_HANDLES = """
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))
from mien.web.http.server import serve
from mien.web.http.serving import Serving
serve(Serving(Path(sys.argv[1]), workers=1), 0, lambda address: print(address, flush=True))
"""


class App:
    """Answers with what it was sent, or as its path says; what it waits for, tests let happen."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()
        self.begun = 0
        self.some_begun = Event()
        self.over = Event()

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            return
        body = b""
        if scope["path"] == "/waiting":
            self.begun += 1
            self.some_begun.set()
            await self.go_on.wait()
        if scope["path"] == "/late":
            await asyncio.sleep(0.4)
        if scope["path"] != "/refused":
            message = {"more_body": True}
            while message.get("more_body"):
                message = await receive()
                body += message.get("body", b"")
        content = b"%d" % len(body)
        if scope["path"] == "/long":
            content = bytes(1 << 20)
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for _ in range(64):
                await send({"type": "http.response.body", "body": content, "more_body": True})
            await send({"type": "http.response.body"})
            self.over.set()
            return
        headers = [(b"content-length", b"%d" % len(content))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": content})


@contextmanager
def listening(app, limits, **settings):
    """The address of a server with these limits."""
    with Listener(socket.AF_INET, socket.SOCK_STREAM, limits) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(BACKLOG)
        config = uvicorn.Config(
            app,
            http=protocol(listener),
            loop="asyncio",
            lifespan="off",
            log_level="critical",
            backlog=BACKLOG,
            timeout_graceful_shutdown=1,
            **settings,
        )
        server = _Server(config, limits, lambda: None)
        thread = Thread(target=server.run, args=([listener],), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()
        finally:
            server.should_exit = True
            thread.join(LONG_S)


def call(address, sent=b""):
    """A connection on which something was sent."""
    client = socket.create_connection(address, timeout=LONG_S)
    client.sendall(sent)
    return client


def rest(client):
    """What comes until the server ends the connection."""
    found = b""
    with suppress(ConnectionError):
        while piece := client.recv(1 << 16):
            found += piece
    return found


def answer(client):
    """One short answer."""
    found = b""
    while not found.partition(b"\r\n\r\n")[2]:
        piece = client.recv(1 << 16)
        assert piece, found
        found += piece
    return found


GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"GET / HTTP/1.1\r\nHost", id="half a head"),
        pytest.param(POST % b"/" + b"half", id="half a body"),
        pytest.param(POST % b"/", id="no body"),
        pytest.param(
            POST.replace(b"\r\n\r\n", b"\r\nExpect: 100-continue\r\n\r\n") % b"/", id="asks"
        ),
    ],
)
def test_what_was_begun_and_does_not_go_on_ends(sent):
    with listening(App(), SOON) as address, call(address, sent) as client:
        assert b" 200 " not in rest(client)


def test_a_second_request_that_does_not_go_on_ends():
    for begun in (b"GET", POST % b"/" + b"half"):
        with listening(App(), SOON) as address, call(address, GET) as client:
            assert b" 200 " in answer(client)
            client.sendall(begun)
            assert rest(client) == b""


def test_a_body_that_was_refused_and_does_not_go_on_ends():
    with listening(App(), SOON, timeout_keep_alive=LONG_S) as address:
        with call(address, POST % b"/refused" + b"half") as client:
            assert b" 200 " in answer(client)
            assert rest(client) == b""
        with call(address, POST % b"/refused" + b"half") as client:
            answer(client)
            client.sendall(b"x" * 96)  # now it is whole, and nothing else follows
            assert rest(client) == b""


def test_a_head_that_comes_byte_by_byte_ends():
    with listening(App(), SOON) as address, call(address, b"GET / HTTP/1.1\r\n") as client:
        client.settimeout(0.01)
        ended = False
        while not ended:
            try:
                client.sendall(b"a")
                ended = client.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                ended = True


def test_an_answer_that_nobody_takes_ends():
    app = App()
    with listening(app, SOON) as address, call(address, GET.replace(b"/", b"/long", 1)) as client:
        assert app.over.wait(LONG_S)  # the server gave up
        assert len(rest(client)) < 64 << 20


def test_an_upload_that_keeps_coming_is_taken():
    limits = Limits(**{**vars(NEVER), "body_s": 0.4, "body_bytes": 1})
    with listening(App(), limits) as address, call(address, POST % b"/") as client:
        client.settimeout(0.05)
        for _ in range(18):  # longer than the server waits for more
            client.sendall(b"12345")
            with pytest.raises(TimeoutError):
                client.recv(1)
        client.settimeout(LONG_S)
        client.sendall(b"1234567890")
        assert answer(client).endswith(b"100")


def test_a_server_that_takes_its_time_ends_nothing():
    size = 200_000  # more than the server takes without being asked, less than the system keeps
    limits = Limits(**{**vars(NEVER), "body_s": 0.05, "answer_s": 0.05})
    head = f"POST /late HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n".encode()
    with listening(App(), limits) as address, call(address, head + bytes(size)) as client:
        assert answer(client).endswith(str(size).encode())
        client.sendall(GET.replace(b"/", b"/late", 1))
        assert b" 200 " in answer(client)


def test_the_oldest_idle_connection_makes_room():
    limits = Limits(**{**vars(NEVER), "most": 4})
    with listening(App(), limits) as address, ExitStack() as stack:
        idle = [stack.enter_context(call(address)) for _ in range(12)]
        assert b" 200 " in answer(stack.enter_context(call(address, GET)))
        for client in idle[:9]:
            assert rest(client) == b""
        for client in idle[9:]:  # there is room for them
            client.sendall(GET)
            assert b" 200 " in answer(client)


def test_requests_that_are_answered_are_not_cut_off():
    app, waiting = App(), GET.replace(b"/", b"/waiting", 1)
    with listening(app, Limits(**{**vars(NEVER), "most": 2})) as address, ExitStack() as stack:
        busy = []
        for number in (1, 2):
            app.some_begun.clear()
            busy.append(stack.enter_context(call(address, waiting)))
            assert app.some_begun.wait(LONG_S) and app.begun == number
        late = stack.enter_context(call(address, GET))
        assert rest(late) == b""  # there is no room, and nobody is thrown out for it
        app.go_on.set()
        stack.enter_context(call(address))  # wakes the server's loop up
        for client in busy:
            assert b" 200 " in answer(client)


@pytest.fixture
def certificate(tmp_path):
    """Paths of a certificate of its own signature and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=a"]
        + ["-out", str(files[0]), "-keyout", str(files[1])],
        check=True,
        capture_output=True,
    )
    return {"ssl_certfile": files[0], "ssl_keyfile": str(files[1])}


def test_a_handshake_that_does_not_go_on_ends(certificate):
    with listening(App(), SOON, **certificate) as address, call(address) as client:
        assert rest(client) == b""


def test_handshakes_that_do_not_go_on_make_room(certificate):
    context = ssl.create_default_context(cafile=str(certificate["ssl_certfile"]))
    context.check_hostname = False
    limits = Limits(**{**vars(NEVER), "most": 4})
    with listening(App(), limits, **certificate) as address, ExitStack() as stack:
        idle = [stack.enter_context(call(address)) for _ in range(12)]
        with context.wrap_socket(stack.enter_context(call(address))) as client:
            client.sendall(GET)
            assert b" 200 " in answer(client)
        for client in idle[:8]:
            assert rest(client) == b""


@pytest.mark.skipif(sys.platform == "win32", reason="handles have no such limit on Windows")
def test_hundreds_of_idle_connections_do_not_keep_a_server_with_few_handles_busy(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", _FEW_HANDLES, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        printed = process.stdout.readline().strip()
        address = httpx.URL(printed).host, httpx.URL(printed).port
        with ExitStack() as stack:
            idle = [stack.enter_context(call(address)) for _ in range(400)]
            with httpx.Client(timeout=LONG_S) as browser:
                assert browser.get(printed).status_code == 303
                base = printed.partition("/enter")[0]
                for path in ("/", "/api/clips", "/static/frame.js"):
                    assert browser.get(base + path).status_code == 200
            with selectors.DefaultSelector() as selector:
                for client in idle:
                    selector.register(client, selectors.EVENT_READ)
                ended = {key.fileobj for key, _ in selector.select(0)}
            assert len(idle) - len(ended) <= 64
    finally:
        process.kill()
        process.communicate()


def test_the_limit_leaves_handles_for_files():
    resource = pytest.importorskip("resource")
    handles, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 8 <= Limits.of_this_process().most <= max(8, handles // 4)
