"""Text that somebody gave: bounded, flat, and its numbers are numbers."""

from __future__ import annotations

import json

import pytest

from mien.encounter.rules import Rules
from mien.errors import FormatError, ParameterError
from mien.fidelity.profile import Profile
from mien.intake import words
from mien.intake.words import parse_json, parse_toml, read_json
from mien.phantom import Truth

DEEP = "[" * 200_000


def test_what_is_well_is_read(tmp_path):
    content = {"a": [1, 2.5, None, "ü"], "b": {"c": True}}
    (tmp_path / "a.json").write_text("\ufeff" + json.dumps(content), "utf-8")
    assert read_json(tmp_path / "a.json", "a manifest") == content
    assert parse_toml("a = [1, 2]\n[b]\nc = 1.5", "a profile") == {"a": [1, 2], "b": {"c": 1.5}}


@pytest.mark.parametrize(
    "written",
    [DEEP, '{"a":' * 100_000, "NaN", "[Infinity]", "[1e999]", "1" * 5000, "", "{", "[1,]", "\0"],
    ids=lambda w: w[:10],
)
def test_what_is_no_json(tmp_path, written):
    with pytest.raises(FormatError) as caught:
        parse_json(written, "a.json", "a manifest")
    assert len(str(caught.value)) < 200 and caught.value.exit_status == 3
    (tmp_path / "a.json").write_text(written)
    with pytest.raises(FormatError, match=r"a\.json is not a manifest"):
        read_json(tmp_path / "a.json", "a manifest")
    with pytest.raises(ParameterError):
        Truth.from_json(written)


def test_other_bytes_than_text(tmp_path):
    (tmp_path / "a.json").write_bytes(b'{"a": "\xff\xfe"}')
    with pytest.raises(FormatError, match="UTF-8"):
        read_json(tmp_path / "a.json", "a manifest")


def test_more_than_is_taken_in(tmp_path):
    (tmp_path / "a.json").write_text("[" + "1," * 100 + "1]")
    with pytest.raises(FormatError, match=r"a\.json is too large for a manifest"):
        read_json(tmp_path / "a.json", "a manifest", most=100)


@pytest.mark.parametrize("opened", [Profile.open, Rules.open])
def test_profiles_and_rules(tmp_path, monkeypatch, opened):
    (tmp_path / "a.toml").write_text(f"a = {DEEP}")
    with pytest.raises(FormatError, match="nested too deeply"):
        opened(tmp_path / "a.toml")
    for chain in (".".join(["a"] * 20_000) + " = 1", "[" + " . ".join(["b"] * 20_000) + "]"):
        (tmp_path / "a.toml").write_text(chain)
        with pytest.raises(FormatError, match="nested too deeply"):
            opened(tmp_path / "a.toml")
    (tmp_path / "b.toml").write_text("# " + "long " * (1 << 20))
    with pytest.raises(FormatError, match="too large"):
        opened(tmp_path / "b.toml")
    (tmp_path / "c.toml").write_text("a = ")
    with pytest.raises(ParameterError):
        opened(tmp_path / "c.toml")
    assert words.SETTINGS_BYTES < (tmp_path / "b.toml").stat().st_size
