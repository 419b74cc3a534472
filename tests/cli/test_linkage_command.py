"""`mien linkage`, as a user meets it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

SETTINGS = {"seconds": 2.2, "fps": 10, "width": 256, "height": 256}


@pytest.fixture(scope="module")
def clips(make_clip):
    """Four phantoms: two people before, and two others who stand for their results."""
    return [make_clip(**SETTINGS, seed=seed) for seed in (1, 2, 3, 4)]


@pytest.fixture
def folders(clips, tmp_path) -> tuple[Path, Path]:
    before, after = tmp_path / "before", tmp_path / "after"
    for folder, pair in ((before, clips[:2]), (after, clips[2:])):
        folder.mkdir()
        for name, clip in zip(("a.mp4", "b.mp4"), pair, strict=True):
            clip.copy(folder, name)
    return before, after


def test_a_report(mien, folders, tmp_path):
    manifest = {"people": [{"surrogate": {"id": "nobody-1"}}]}
    (folders[1] / "a.json").write_text(json.dumps(manifest))
    path = tmp_path / "report.json"
    result = mien("linkage", *folders, "-o", path, "--json")
    assert result.exit_code == 0, result.output
    report = json.loads(path.read_text())
    assert json.loads(result.stdout) == report
    assert (report["people"], report["clips"], report["split"]) == (2, 2, "halves")
    assert report["surrogates"]["different"] == 1
    assert report["reversal"] is None
    kinds = [(row["kind"], row["name"]) for row in report["attacks"]]
    assert kinds.count(("appearance", "parrot")) == 1 and kinds.count(("motion", "parrot")) == 4
    for row in report["attacks"]:
        assert row["rank1"]["chance"] == 0.5
        assert row["rank1"]["low"] <= row["rank1"]["value"] <= row["rank1"]["high"]
    (reference,) = [
        r for r in report["attacks"] if (r["kind"], r["name"]) == ("appearance", "reference")
    ]
    assert reference["rank1"]["value"] == 1
    text = " ".join(report["notes"])
    for words in (
        "flatters the attacker",
        "2 people are few",
        "not zero",
        "Reversal was not tried",
        "intended",
    ):
        assert words in text
    assert sorted(p.name for p in tmp_path.iterdir()) == ["after", "before", "report.json"]
    refused = mien("linkage", *folders, "-o", path)
    assert refused.exit_code == 6 and "--overwrite" in refused.stderr


def test_tables_are_printed_and_name_nobody(mien, clips, tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        folder.mkdir()
        for name in ("a1", "a2", "b1", "b2"):
            clips["ab".index(name[0])].copy(folder, f"{name}.mp4")
    people = tmp_path / "who.csv"
    people.write_text("file,person\na1,Ann\na2,Ann\nb1,Bea\nb2,Bea\n")
    result = mien("linkage", before, after, "--people", people)
    assert result.exit_code == 0, result.output
    for words in ("2 people, 4 clips", "Appearance", "Motion alone", "result → result", "dynamics"):
        assert words in result.stdout
    assert "different clips of a person" in result.stdout
    assert "Ann" not in result.stdout and "a1" not in result.stdout
    assert "measuring" in result.stderr


def test_what_does_not_fit_is_refused(mien, folders, tmp_path):
    before, after = folders
    one = mien("linkage", before, after, "--people", tmp_path / "none.csv")
    assert one.exit_code == 2 and "none.csv" in one.stderr
    people = tmp_path / "who.csv"
    people.write_text("file,person\na,Ann\nb,Ann\n")
    one = mien("linkage", before, after, "--people", people)
    assert one.exit_code == 2 and "two people" in one.stderr
    for name in ("report.txt", "none/report.json", "after/report.json"):
        assert mien("linkage", before, after, "-o", tmp_path / name).exit_code == 6
    (after / "b.mp4").write_bytes(b"no video")
    broken = mien("linkage", before, after)
    assert broken.exit_code == 3 and "b.mp4" in broken.stderr
    (after / "b.mp4").unlink()
    missing = mien("linkage", before, after)
    assert missing.exit_code == 2 and "no partner" in missing.stderr
    assert missing.stderr.count("\n") == 1


def test_help(mien):
    text = " ".join(mien("linkage", "--help").stdout.split())
    assert "Example: mien linkage" in text
    assert "4 no face" in text
