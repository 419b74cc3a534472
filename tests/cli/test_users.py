"""`mien users`: accounts from the command line, without a password on it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from mien.cli.app import app
from mien.cli.users.people import is_served
from mien.web.http.server import _alone
from mien.web.queue import passwords
from mien.web.queue.folders import Folders


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setattr(passwords, "COST", 16)
    monkeypatch.setenv("COLUMNS", "200")
    (tmp_path / "password").write_text("a long password\n")

    def run(*words: str, given: str | None = None):
        return CliRunner().invoke(
            app, ["users", *words, "--data", str(tmp_path / "data")], input=given
        )

    return run


def test_accounts_are_given_listed_changed_and_removed(run, tmp_path):
    file = ("--password-file", str(tmp_path / "password"))
    assert run("add", "Ann", *file).exit_code == 2  # the first one is an admin's
    assert "From the next start" in run("add", "Ann", "--role", "admin", *file).stdout
    typed = run("add", "Bob", given="a password typed\na password typed\n")
    assert typed.exit_code == 0 and "a password typed" not in typed.stdout
    assert run("add", "BOB", *file).exit_code == 2
    listed = run("list").stdout
    assert "Ann  admin" in listed and "Bob  worker" in listed
    assert run("role", "bob", "reader").exit_code == 0
    assert run("password", "bob", *file).exit_code == 0
    assert run("role", "Ann", "worker").exit_code == 2
    assert run("remove", "Ann").exit_code == 2
    assert run("remove", "Bob").exit_code == 0
    assert run("remove", "Bob").exit_code == 2
    assert "Bob" not in run("list").stdout


def test_who_gives_the_first_account_is_told_that_a_server_runs_without(run, tmp_path):
    file = ("--password-file", str(tmp_path / "password"))
    data = tmp_path / "data"
    Folders(data).make()
    with _alone(data):
        said = run("add", "Ann", "--role", "admin", *file)
        assert said.exit_code == 0 and "start it again NOW" in said.stderr
        assert "NOW" not in run("add", "Bob", *file).stderr  # it knows accounts by then, or is shut
    assert not is_served(data)


def test_the_log_is_shown_checked_and_written_to_a_table(run, tmp_path):
    file = ("--password-file", str(tmp_path / "password"))
    run("add", "Ann", "--role", "admin", *file)
    run("add", "Bob", *file)
    assert "account added" in run("log").stdout
    checked = run("log", "--check")
    assert checked.exit_code == 0
    seen = checked.stdout.splitlines()[-1]
    assert run("log", "--check", "--seen", seen).exit_code == 0
    assert run("log", "--check", "--seen", f"2:{'0' * 64}").exit_code == 3
    assert run("log", "--seen", seen).exit_code == 2
    assert run("log", "--csv", str(tmp_path / "log.csv")).exit_code == 0
    assert (tmp_path / "log.csv").read_text("utf-8-sig").count("\n") == 3
    log = tmp_path / "data" / "audit.log"
    log.write_text(log.read_text().replace("admin", "worker"))
    assert run("log", "--check").exit_code == 3


def test_a_folder_that_is_none_is_not_made(run, tmp_path):
    assert run("list").exit_code == 2
    assert not (tmp_path / "data").exists()


def test_a_password_is_kept_as_a_digest_that_takes_memory(tmp_path):
    kept = passwords.digest("a long password")
    assert kept.startswith(f"scrypt${1 << 17}$") and "password" not in kept
    assert passwords.fits("a long password", kept) and not passwords.fits("a long passwore", kept)
    assert not passwords.fits("a long password", None)
    assert passwords.digest("a long password") != kept
