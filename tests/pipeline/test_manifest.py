"""The manifest as a type: what it says survives the file, and only what is named is told."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from mien.errors import FormatError
from mien.pipeline import manifest
from mien.pipeline.deidentify import deidentify
from mien.pipeline.manifest import Manifest
from mien.recognition.verdict import Audit


@pytest.fixture(scope="module")
def told(brief, tmp_path_factory) -> Manifest:
    """Of a result."""
    return deidentify(brief.path, tmp_path_factory.mktemp("result") / "out.mp4").told


def test_a_manifest_survives_its_file(told):
    assert Manifest.from_json(json.loads(told.text())) == told


@pytest.mark.parametrize("key", [each.name for each in fields(Manifest)][:-1])
def test_a_missing_part_is_said(told, key):
    content = json.loads(told.text())
    del content[key]
    with pytest.raises(FormatError, match=key):
        Manifest.from_json(content)


@pytest.mark.parametrize("part, key", [("settings", "engine"), ("output", "sha256")])
def test_a_missing_key_is_said(told, part, key):
    content = json.loads(told.text())
    del content[part][key]
    with pytest.raises(FormatError, match=key):
        Manifest.from_json(content)


@pytest.mark.parametrize("content", [None, 3, [], "text", {"label": {}}])
def test_what_is_no_manifest_is_refused(content):
    with pytest.raises(FormatError):
        Manifest.from_json(content)


def test_what_a_later_version_adds_does_not_hinder(told):
    content = json.loads(told.text())
    content["settings"]["mood"] = content["weather"] = "fine"
    assert Manifest.from_json(content) == told


def test_the_public_manifest_leads_to_nobody(told):
    public = told.public(checksum="0" * 64, muted=True, subject="subject-1", keep_checksum=False)
    assert told.input.sha256 not in json.dumps(public)
    assert public["output"]["sha256"] == "0" * 64 and public["settings"]["voice"] == "mute"
    assert "tried" not in public["people"][0]["surrogate"]
    kept = told.public(checksum="", muted=False, subject=None, keep_checksum=True)
    assert kept["input"]["sha256"] == told.input.sha256


def test_what_may_be_told_of_a_verdict_is_said_of_it(told):
    assert set(manifest.TOLD_OF_VERDICTS) <= set(told.privacy[0])
    assert set(manifest.TOLD_OF_VERDICTS) <= {each.name for each in fields(Audit)} | {"passed"}
