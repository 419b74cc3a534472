"""The page's words, and that nothing in it comes from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import mien.web

STATIC = Path(mien.web.__file__).parent / "static"
WORDS = (STATIC / "words.js").read_text()


def keys(language: str) -> set[str]:
    part = WORDS.split(f"  {language}: {{")[1].split("\n  },")[0]
    return set(re.findall(r"(?:^    |[\"`}], |\), )(\w+): ", part, re.MULTILINE))


def test_both_languages_say_the_same_things():
    assert keys("en") == keys("de")
    assert len(keys("en")) > 40


def test_every_word_of_the_page_is_there():
    page = (STATIC / "index.html").read_text()
    asked = set(re.findall(r'data-word="(\w+)"', page))
    asked |= set(re.findall(r"(?:\bw|words\(\))\.(\w+)", (STATIC / "page.js").read_text()))
    asked |= {"staysThere"}
    asked |= set(re.findall(r"(?:button|choice)\(\"(\w+)\"", (STATIC / "page.js").read_text()))
    assert asked and asked <= keys("en")


def test_nothing_is_loaded_from_elsewhere():
    for path in STATIC.iterdir():
        addresses = re.findall(r"(?:https?:)?//[\w.]+\.\w+", path.read_text())
        assert [found for found in addresses if "www.w3.org" not in found] == [], path.name
        assert "innerHTML" not in path.read_text()


def test_there_is_nothing_inline_that_the_policy_forbids():
    page = (STATIC / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)
