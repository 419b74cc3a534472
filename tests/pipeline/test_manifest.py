"""The manifest as a type: its parts survive the file, and what is missing is said."""

from __future__ import annotations

import pytest

from mien.errors import FormatError
from mien.pipeline.manifest import Entries, Residual

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
