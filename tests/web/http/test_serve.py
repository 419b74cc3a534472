"""`mien serve` from the outside."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys

import httpx
import pytest
import typer
from typer.testing import CliRunner

from mien.cli.failure import guarded
from mien.cli.serve import serve
from mien.web.http.server import _alone, _listening_again, _remember
from mien.web.http.serving import Serving

_RUN = """
import signal, typer
from mien.cli.failure import guarded, stop
from mien.cli.serve import serve
signal.signal(signal.SIGINT, stop)
app = typer.Typer()
app.command()(guarded(serve))
app()
"""


@pytest.fixture
def run(tmp_path):
    """Runs the command and returns its outcome."""
    app = typer.Typer()
    app.command()(guarded(serve))
    return lambda *words: CliRunner().invoke(app, [*map(str, words), "--data", str(tmp_path / "d")])


def test_what_cannot_be_served_is_said_in_one_sentence(run, tmp_path):
    found = run("--host", "192.0.2.1")
    assert found.exit_code == 2 and "--password-file" in found.stderr
    found = run("--password-file", tmp_path / "none")
    assert found.exit_code == 2 and "holds no password" in found.stderr
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        found = run("--port", taken.getsockname()[1])
    assert found.exit_code == 2 and "--port" in found.stderr
    (tmp_path / "no.pem").write_text("nothing")
    found = run("--tls-certificate", tmp_path / "no.pem", "--tls-key", tmp_path / "no.pem")
    assert found.exit_code == 2 and "TLS" in found.stderr


def test_one_server_has_a_folder(run, tmp_path):
    (tmp_path / "d").mkdir()
    with _alone(tmp_path / "d"):
        found = run("--no-browser")
    assert found.exit_code == 6 and "Another mien serve" in found.stderr


def test_a_file_is_no_folder(run, tmp_path):
    (tmp_path / "d").write_text("in the way")
    assert run().exit_code == 6
    assert (tmp_path / "d").read_text() == "in the way"


def test_the_printed_address_opens_the_page(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", _RUN, "--data", str(tmp_path), "--no-browser"],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().split()[-1]
        with httpx.Client(follow_redirects=True) as browser:
            page = browser.get(address)
            assert page.status_code == 200 and "<h1" in page.text
            assert "token" not in str(page.url)
        assert httpx.get(address).status_code == 401
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 0 and "goes on at the next start" in said
    finally:
        process.kill()
        process.wait()


def test_a_folder_s_server_listens_where_the_last_one_did(tmp_path):
    serving = Serving(data=tmp_path)
    with _listening_again(serving, 0) as first:
        port = first.getsockname()[1]
        _remember(serving, port)
        with _listening_again(serving, 0) as other:  # taken: any that is free
            assert other.getsockname()[1] != port
    with _listening_again(serving, 0) as again:
        assert again.getsockname()[1] == port
    (tmp_path / "server.port").write_text("no number")
    with _listening_again(serving, 0) as free:
        assert free.getsockname()[1] > 0
