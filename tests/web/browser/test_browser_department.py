"""A department at the pages: logging in, what a reader sees, sharing, the page Accounts."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from readable import check
from served import Served

PICTURES = Path(__file__).parents[3] / "docs" / "application"
_USERS = "import sys; from mien.cli import main; sys.argv[0] = 'mien'; main()"
_PASSWORD = "a password of tests"
_PEOPLE = {"Ann": "admin", "Wes": "worker", "Rae": "reader"}
_FILE = "Jane Doe 1970.mp4"


@pytest.fixture(scope="module")
def department(serve, tmp_path_factory, brief) -> Iterator[Served]:
    """A server of three people, with a clip in the project of one of them that is not begun."""
    data = tmp_path_factory.mktemp("department") / "data"
    file = data.with_name("password")
    file.write_text(f"{_PASSWORD}\n")
    for name, role in _PEOPLE.items():
        words = ["users", "add", name, "--role", role, "--password-file", str(file)]
        subprocess.run(
            [sys.executable, "-c", _USERS, *words, "--data", str(data)], check=True, env=os.environ
        )
    served = serve("--workers", "1", "--keep-originals", "30", "--quota-each", "1", data=data)
    served.base = served.address.removesuffix("/login")
    served.api = httpx.Client(base_url=served.base, headers={"Origin": served.base}, timeout=60)
    answer = served.api.post("/login", data={"name": "Wes", "password": _PASSWORD})
    assert answer.status_code == 303
    served.upload(Path(brief.path), name=_FILE, engine="mask", hold="true")
    yield served


@pytest.fixture
def come(department, chromium) -> Iterator[Any]:
    """Opens the pages as somebody, in a window of a width."""
    contexts = []

    def come(name: str, width: int = 1100, locale: str = "en-GB") -> Any:
        contexts.append(
            chromium.new_context(locale=locale, viewport={"width": width, "height": 800})
        )
        page = contexts[-1].new_page()
        page.goto(department.base)
        page.locator("[name=name]").fill(name)
        page.locator("[name=password]").fill(_PASSWORD)
        page.keyboard.press("Enter")
        page.locator("#me-name").wait_for()
        return page

    yield come
    for context in contexts:
        context.close()


def test_a_name_a_password_and_the_way_out(come, department, expect):
    page = come("Wes")
    expect(page.locator("#me-name")).to_have_text("Wes · Worker")
    expect(page.locator("nav a[href='/accounts']")).to_be_hidden()
    expect(page.locator("#use")).to_contain_text("30 days")
    expect(page.locator("#use")).to_contain_text("of 1 GB")
    page.get_by_role("button", name="Log out").click()
    page.wait_for_url("**/login")
    page.goto(department.base + "/evidence")
    assert page.url.endswith("/login")


def test_a_reader_is_shown_results_of_projects_that_are_shared_and_no_more(come, expect):
    reader = come("Rae")
    expect(reader.locator("#no-projects")).to_contain_text("Nobody has shared")
    expect(reader.locator("main")).to_be_hidden()
    worker = come("Wes")
    expect(worker.locator("#jobs li .name")).to_have_text(_FILE)
    worker.locator("#project").select_option("share")
    expect(worker.locator("#share-heading")).to_have_text("Who may use Clips")
    worker.get_by_label("Rae").select_option("read")
    assert worker.get_by_label("Rae").locator("option").count() == 2  # a reader cannot work
    expect(reader.locator("#jobs li .name")).to_have_text("Clip " + clip_of(worker)[:8])
    assert "Jane" not in reader.content()
    for hidden in ("#drop", "#keys", "nav a[href='/record']", "nav a[href='/study']"):
        expect(reader.locator(hidden)).to_be_hidden()
    buttons = reader.locator("#jobs li").get_by_role("button").all_inner_texts()
    assert not {"Begin", "Edit", "Remove"} & set(buttons)
    assert "Begin" in worker.locator("#jobs li").get_by_role("button").all_inner_texts()
    assert reader.locator("#project option").all_inner_texts() == ["Clips (Wes)"]


def clip_of(page: Any) -> str:
    """Id of the one clip of the first project."""
    found = page.evaluate("fetch('/api/clips').then((answer) => answer.json())")
    return str(found[0]["id"])


@pytest.mark.parametrize(("width", "locale"), [(1100, "en-GB"), (390, "de-DE")])
def test_an_admin_gives_accounts_and_reads_the_log(come, expect, width, locale):
    page, name = come("Ann", width, locale), f"Dr. {width}"
    page.goto(page.url + "accounts")
    expect(page.locator("#people li")).to_have_count(3 if width > 390 else 4)
    if width > 390 and os.environ.get("MIEN_SCREENSHOTS"):
        page.locator("#log tbody tr").first.wait_for()
        page.screenshot(path=PICTURES / "accounts.png", full_page=True)
    page.locator("#add-name").fill(name)
    page.keyboard.press("Enter")
    expect(page.locator("#given code")).to_be_visible()
    password = page.locator("#given code").inner_text()
    assert len(password) == 19
    expect(page.locator("#log tbody tr").first).to_contain_text("Ann")
    logged = "account added" if width > 390 else "Konto vergeben"
    expect(page.locator("#log tbody tr").first).to_contain_text(logged)
    assert _FILE not in page.content()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    first = page.locator("#people li", has_text=name).locator("select")
    first.select_option("reader")
    said = "reader" if width > 390 else "role: worker to reader"
    expect(page.locator("#log tbody tr").first).to_contain_text(said)


def test_controls_of_the_page_have_names_and_its_text_can_be_read(come, expect):
    page = come("Ann")
    page.goto(page.url + "accounts")
    expect(page.locator("#log tbody tr").first).to_be_visible()
    check(page, named=16)
    assert "undefined" not in page.locator("body").inner_text()
    page.locator("#language").click()
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("h1")).to_have_text("Konten")
    assert "undefined" not in page.locator("body").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_everybody_changes_their_password_and_logs_in_anew(come, expect):
    page = come("Rae")
    page.locator("#me-name").click()
    expect(page.locator("#own-name")).to_have_text("You are Rae, Reader.")
    expect(page.locator("#admin")).to_be_hidden()
    page.locator("#password-old").fill("something else")
    page.locator("#password-new").fill("another password")
    page.keyboard.press("Enter")
    expect(page.locator("#trouble")).to_contain_text("another one")
    page.locator("#password-old").fill(_PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/login")
