"""The pages' words, and that nothing in them comes from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mien.web
from mien import errors
from mien.recording.guided.protocol import shipped
from mien.release import packing
from mien.web.http import personal, rating, screening
from mien.web.http.app import PAGES
from mien.web.http.heads import imported, whole

STATIC = Path(mien.web.__file__).parent / "pages"
PAGE_NAMES = sorted(PAGES.values())
_ANY_KEY = re.compile(r"(?:^    |[\"`}\])0-9], )(\w+): ", re.MULTILINE)


def keys(file: Path, language: str) -> set[str]:
    """Words that a file has in a language."""
    part = file.read_text().split(f"\n  {language}: {{")[1].split("\n  },")[0]
    return set(_ANY_KEY.findall(part))


def scripts(page: str) -> str:
    """What a page runs that other pages do not: its own script, and what that imports of it."""
    own = (STATIC / f"{page}.js").read_text()
    names = re.findall(r'from "\./([\w-]+\.js)"', own)
    shared = ("dom.js", "frame.js", "server.js", "words.js", "help.js", "tour.js")
    return own + "".join((STATIC / name).read_text() for name in names if name not in shared)


WORDS = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.glob("words/*.js"))


@pytest.mark.parametrize("file", ["words.js", *WORDS])
def test_both_languages_say_the_same_things(file):
    assert keys(STATIC / file, "en") == keys(STATIC / file, "de")
    assert len(keys(STATIC / file, "en")) > 5


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_every_word_of_a_page_is_there(page):
    markup = whole(page)
    script = scripts(page) + (STATIC / "frame.js").read_text()
    asked = set(re.findall(r'data-word": ?"(\w+)"|data-word="(\w+)"', markup + script))
    asked = {word for found in asked for word in found if word}
    asked |= set(re.findall(r"(?:\bw|words\(\))\.(\w+)", script))
    asked |= set(re.findall(r"\b(?:button|choice|link)\(\"(\w+)\"", script))
    asked |= {"stays", "staysThere"}
    known = keys(STATIC / "words.js", "en") | keys(STATIC / f"words/{page}.js", "en")
    for more in STATIC.glob(f"words/{page}-*.js"):
        known |= keys(more, "en")
    assert asked - known == set()


@pytest.mark.parametrize("part", ["help", "tour"])
def test_what_every_page_has_finds_its_words(part):
    script = (STATIC / f"{part}.js").read_text()
    asked = set(re.findall(r"(?:\bw|said\(\))\.(\w+)", script))
    asked |= set(re.findall(r'word: "(\w+)"', script))
    assert asked
    assert asked - keys(STATIC / f"words/{part}.js", "en") == set()


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_what_help_a_page_asks_for_is_there(page):
    asked = set(re.findall(r'data-help="(\w+)"', whole(page)))
    for name in imported(page):
        if listed := re.search(r"const HELPED = \[(.*?)\]", (STATIC / name).read_text()):
            asked |= set(re.findall(r'"(\w+)"', listed[1]))
    assert asked <= keys(STATIC / "words/help.js", "en")
    assert asked or page not in ("deidentify", "compare", "evidence", "release")


def test_nothing_is_loaded_from_elsewhere():
    for path in STATIC.rglob("*.*"):
        text = path.read_text(errors="replace")
        addresses = re.findall(r"(?:https?:)?//[\w.]+\.\w+", text)
        assert [found for found in addresses if "www.w3.org" not in found] == [], path.name
        assert "innerHTML" not in text


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_there_is_nothing_inline_that_the_policy_forbids(page):
    markup = whole(page)
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", markup)


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_every_page_says_what_stays_on_this_computer(page):
    markup = whole(page)
    assert 'id="stays"' in markup and 'data-word="stays"' in markup
    assert 'rel="stylesheet" href="/static/style.css"' in markup


@pytest.mark.parametrize("page", PAGE_NAMES)
def test_every_module_of_a_page_is_asked_for_at_once(page):
    found: list[str] = []  # looked for here once more, by itself

    def follow(name: str) -> None:
        for other in re.findall(r'from "\./([\w/-]+\.js)"', (STATIC / name).read_text()):
            if other not in found:
                found.append(other)
                follow(other)

    follow(f"{page}.js")
    markup = whole(page)
    assert set(re.findall(r'rel="modulepreload" href="/static/([^"]+)"', markup)) == set(found)


def test_errors_are_translated_by_codes_that_they_have():
    known = {
        value.code
        for module in (errors, packing)  # a release that is withheld has a code of its own
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, errors.MienError)
    }
    for file in ("words.js", *(f"words/{name}.js" for name in PAGE_NAMES)):
        text = (STATIC / file).read_text()
        assert set(re.findall(r'^      "([\w-]+)": ', text, re.MULTILINE)) <= known, file
        assert re.findall(r"^      \w+Error: ", text, re.MULTILINE) == []


@pytest.mark.parametrize(
    ("page", "files"), [("rate", "rate"), ("judge", "rate"), ("screen", "screen")]
)
def test_pages_of_personal_links_ask_for_nothing_that_needs_a_session(page, files):
    markup = whole(page, f"/{files}/static")
    addresses = re.findall(r'(?:href|src)="(/[^"]+)"', markup)
    assert len(addresses) > 5 and 'content="noindex"' in markup
    assert {address.rpartition("/static/")[0] for address in addresses} == {f"/{files}"}
    opened = rating._OPEN if files == "rate" else screening._OPEN
    names = {address.partition("/static/")[2] for address in addresses}
    assert names <= {*opened, *personal._OF_ALL}


def test_protocols_say_in_german_what_they_rest_on():
    written = (STATIC / "words" / "record.js").read_text("utf-8")
    german = written[written.index("  de: {") :]
    for name in shipped():
        assert f'["{name}", "' in german, name
