"""The manifest as a type: its parts survive the file, and what is missing is said."""

from __future__ import annotations

from dataclasses import fields

import pytest

from mien.errors import FormatError
from mien.pipeline.manifest import (
    Chosen,
    Entries,
    Linkable,
    Original,
    Output,
    Residual,
    Treated,
)
from mien.recognition.verdict import Audit

LEDGER = Entries({"rendered": 2}, [{"entry": "rendered", "first_frame": 0, "last_frame": 1}])


def test_a_part_survives_its_file():
    assert Entries.from_json(LEDGER.to_json()) == LEDGER
    looked = Residual(["one", "another"], 7, places_in_doubt=2)
    assert Residual.from_json(looked.to_json()) == looked


@pytest.mark.parametrize("key", ["counts", "ranges"])
def test_a_missing_key_is_said(key):
    content = LEDGER.to_json()
    del content[key]
    with pytest.raises(FormatError, match=key):
        Entries.from_json(content)


@pytest.mark.parametrize("content", [None, 3, "text", []])
def test_what_is_no_part_is_refused(content):
    with pytest.raises(FormatError):
        Entries.from_json(content)


def test_what_another_version_says_besides_does_not_hinder():
    assert Entries.from_json({**LEDGER.to_json(), "weather": "fine"}) == LEDGER


WITHHELD = {
    Chosen: {"surrogate", "consent", "leave", "cover"},
    Original: {"sha256", "losses", "notes"},
    Output: {"sha256"},
    Treated: {"surrogate", "frames_left", "frames_covered"},
    Linkable: {"subject"},
    Entries: set(),
    Residual: set(),
}
"""Fields of each part that others are not told as they are."""


@pytest.mark.parametrize("part", WITHHELD)
def test_every_field_is_either_told_or_withheld(part):
    names = {each.name for each in fields(part)}
    assert names - set(part.TOLD) == WITHHELD[part]
    assert names >= set(part.TOLD), "a key that no manifest has"


def test_every_figure_of_a_verdict_is_either_told_or_withheld():
    verdict = Audit(0, 1, 1, 0.7, 0.7, 0.6).as_dict()
    assert verdict.keys() - set(Audit.TOLD) == {"to_surrogate", "worst"}
    assert verdict.keys() >= set(Audit.TOLD)


def test_what_another_version_says_is_not_told_and_what_it_does_not_say_stays_away():
    assert Output.public({"frames": 3, "sha256": "0", "weather": "fine"}) == {"frames": 3}
    assert Linkable.public(None) == {}
