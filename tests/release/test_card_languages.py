"""The data card in other languages: the same card to the last value, and no word of English."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, meta

import mien
from mien.engines import ENGINES
from mien.errors import ParameterError
from mien.pipeline.stored import StoredManifest
from mien.release import Options
from mien.release.card import Entry, card, readme
from mien.release.checks.base import Check
from mien.report.language import DEFAULT, languages, untold, written_in

TEMPLATES = Path(mien.__file__).parent / "release" / "templates"
OTHERS = [name for name in languages() if name != DEFAULT]


def entry(number: int, method: str, *roles: str, sound: bool = False) -> Entry:
    record = {
        "settings": {"engine": method},
        "people": [{"role": role} for role in roles or ("replace",)],
        "versions": {"mien": "0.1.0"},
        "ledger": {
            "counts": {"rendered": 9, "interpolated": 2, "covered": 1},
            "ranges": [{"entry": "rendered", "first_frame": 0, "last_frame": 11, "from_s": 0,
                        "to_s": 1.2}],
        },
        "privacy": [{"nearest": 0.71, "passed": True}],
    }  # fmt: skip
    return Entry(f"clip-{number:03d}", StoredManifest.from_json(record), None, sound)


CHECKS = [
    Check("covered", "pass", "covered_little",
          "1.0% of the frames are covered and 0.0% interpolated.", {}, 1),
    Check("consent", "warn", "no_consent",
          "The card says that consent is not stated: write who agreed to what."),
]  # fmt: skip
MIXES = [
    [entry(1, "mesh")],
    [entry(1, "mask", sound=True)],
    [entry(1, "blur"), entry(2, "pixelate")],
    [entry(1, "mesh"), entry(2, "blur", "replace", "leave", sound=True), entry(3, "mask", "cover")],
    *([entry(1, name)] for name in ENGINES),
]
IDENTIFIERS = re.compile(r"mien [\d.]+")


@pytest.mark.parametrize("entries", MIXES)
@pytest.mark.parametrize("other", OTHERS)
def test_nothing_of_the_card_stays_english(other, entries):
    with written_in(other), untold() as left:
        text = card(entries, CHECKS) + readme(entries)
    assert {one for one in left if not IDENTIFIERS.fullmatch(one)} == set()
    for word in (" the ", "faces", "clips (", "recorded", " and "):
        assert word not in text, word


def test_the_german_card_counts_in_german():
    with written_in("de"):
        text = card([entry(1, "mesh")], CHECKS)
    assert "| clip-001 | 1,2 | 12 | 75,0 % | 8,3 % | mesh | – | 0,71 |" in text
    assert "| alle | **Hinweis** | Auf der Karte steht" in text


@pytest.mark.parametrize("name", sorted(path.name for path in (TEMPLATES / DEFAULT).iterdir()))
@pytest.mark.parametrize("other", OTHERS)
def test_the_forms_of_all_languages_say_the_same(other, name):
    english, theirs = (
        (TEMPLATES / language / name).read_text("utf-8") for language in (DEFAULT, other)
    )
    parse = Environment().parse
    assert meta.find_undeclared_variables(parse(english)) == meta.find_undeclared_variables(
        parse(theirs)
    )
    for mark in (r"^#+ ", r"^\|", r"^- ", r"{% block \w+ %}", r"`[\w.-]+`"):
        found = [re.findall(mark, text, re.MULTILINE) for text in (english, theirs)]
        assert found[0] == found[1], mark


def test_a_card_in_a_language_that_is_not_written_is_refused():
    with pytest.raises(ParameterError, match="choose en or de"):
        Options(language="fr")
