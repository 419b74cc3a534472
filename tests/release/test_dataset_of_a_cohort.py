"""A cohort as a data set: participants, sidecars, checksums, FHIR."""

from __future__ import annotations

import base64
import csv
import hashlib
import json
import re
import shutil
from pathlib import Path

import pytest

from encounters import FPS, clip, covered
from mien.errors import FormatError, OutputError, ParameterError
from mien.outputs import checksum
from mien.pipeline.manifest import LABEL
from mien.release import Options, Source, Withheld
from mien.release.dataset.bag import verify
from mien.release.dataset.layout import place
from mien.release.dataset.write import write_dataset

FRAMES = 6


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Three results, two of them of one subject."""
    base = tmp_path_factory.mktemp("cohort")
    made = []
    for k, subject in enumerate(("Anna", None, "Anna")):
        original = clip(base / f"Nosuchname{k}.mp4", seconds=FRAMES / FPS, seed=k)
        result = base / f"r{k}.mp4"
        covered(original, result, comment=LABEL, voice="keep")
        end = (FRAMES - 1) / FPS
        told = {
            "label": LABEL,
            "versions": {"mien": "0.1.0"},
            "settings": {"engine": "mask", "surrogate": "auto", "consent": None, "voice": "keep",
                         "people": "all", "leave": [], "cover": [], "crf": 17},
            "input": {"sha256": checksum(original), "width": 96, "height": 96, "losses": []},
            "output": {"sha256": checksum(result), "frames": FRAMES},
            "people": [{"person": 0, "frames": FRAMES, "role": "replace"}],
            "linkable": {"by_surrogate": False, "subject": subject, "by_head_motion": True},
            "ledger": {
                "counts": {"rendered": FRAMES, "interpolated": 0, "covered": 0},
                "ranges": [{"entry": "rendered", "first_frame": 0, "last_frame": FRAMES - 1,
                            "from_s": 0, "to_s": end}],
            },
            "privacy": [{"person": 0, "frames": 6, "nearest": 0.7, "threshold": 0.6,
                         "passed": True}],
            "residual_faces": {"detector": "dlib", "frames_searched": 3, "found": 0},
        }  # fmt: skip
        result.with_suffix(".json").write_text(json.dumps(told))
        made.append(Source(result))
    return made


@pytest.fixture(scope="module")
def dataset(sources, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out") / "dataset"
    return write_dataset(sources, folder, Options(title="Rest", licence="CC0"), fhir="media")


def test_it_can_be_read_in_german_and_programs_read_the_same(sources, dataset, tmp_path):
    options = Options(title="Rest", licence="CC0", language="de")
    german = write_dataset(sources, tmp_path / "german", options, fhir="media").folder / "data"
    english = dataset.folder / "data"
    assert "Lesen Sie DATASHEET.md" in (german / "README").read_text()
    assert "Read DATASHEET.md" in (english / "README").read_text()
    assert "## Inhalt" in (german / "DATASHEET.md").read_text()
    names = {path.relative_to(german) for path in german.rglob("*") if path.is_file()}
    assert names == {path.relative_to(english) for path in english.rglob("*") if path.is_file()}
    for name in names - {Path("README"), Path("DATASHEET.md")}:
        assert (german / name).read_bytes() == (english / name).read_bytes(), name


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_datasheet_names_files_that_are_there(sources, tmp_path, language):
    folder = write_dataset(sources, tmp_path / "set", Options(language=language)).folder
    said = (folder / "data" / "DATASHEET.md").read_text()
    names = re.findall(r"`([\w./-]+\.(?:mp4|json|tsv|txt))`", said)
    assert len(names) == 3 and "clip-" not in said
    there = {path.name for path in folder.rglob("*") if path.is_file()}
    for name in names:
        form = name.rpartition("/")[2].replace("NNN", "001").replace("NN", "01")
        assert form in there, name


def test_what_is_in_it(dataset):
    data = dataset.folder / "data"
    assert (dataset.participants, dataset.videos) == (2, 3)
    with (data / "participants.tsv").open() as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    assert [(row["participant_id"], row["runs"]) for row in rows] == [
        ("sub-001", "2"),
        ("sub-002", "1"),
    ]
    assert set(json.loads((data / "participants.json").read_text())) == set(rows[0])
    told = json.loads((data / "dataset_description.json").read_text())
    assert told["Name"] == "Rest" and told["License"] == "CC0"
    for video in data.rglob("*.mp4"):
        beside = json.loads(video.with_suffix(".json").read_text())
        assert beside["FrameCount"] == FRAMES
        assert beside["Deidentification"]["output"]["sha256"] == checksum(video)
    text = " ".join(p.read_text() for p in dataset.folder.rglob("*") if p.suffix not in (".mp4",)
                    and p.is_file())  # fmt: skip
    assert "Anna" not in text and "Nosuchname" not in text and "sub-001_run-02" in text


def test_checksums(dataset, tmp_path):
    folder = tmp_path / "copy"
    shutil.copytree(dataset.folder, folder)
    assert verify(folder) == dataset.files
    size = sum(path.stat().st_size for path in (folder / "data").rglob("*") if path.is_file())
    assert f"Payload-Oxum: {size}.{dataset.files}\n" == (folder / "bag-info.txt").read_text()
    (folder / "data" / "more").write_text("x")
    with pytest.raises(FormatError, match="not in its list"):
        verify(folder)
    (folder / "data" / "more").unlink()
    (folder / "data" / "README").write_text("x")
    with pytest.raises(FormatError, match="changed"):
        verify(folder)
    with pytest.raises(FormatError, match="no bag"):
        verify(tmp_path)


def test_fhir(dataset):
    data = dataset.folder / "data"
    for path in (data / "fhir").iterdir():
        told = json.loads(path.read_text())
        video = (path.parent / told["content"]["url"]).resolve()
        assert told["resourceType"] == "Media" and told["frames"] == FRAMES
        assert told["content"]["size"] == video.stat().st_size
        digest = base64.b64decode(told["content"]["hash"])
        assert digest == hashlib.sha1(video.read_bytes()).digest()
        assert told["subject"]["identifier"]["value"] == path.name[:7]


def test_clips_without_a_subject_are_each_somebody_else(sources):
    manifests = {f"clip-{k}": {"linkable": {"subject": None}} for k in range(3)}
    assert [one.participant for one in place(manifests)] == ["sub-001", "sub-002", "sub-003"]


def test_what_stops_it(sources, dataset, tmp_path):
    with pytest.raises(ParameterError, match="media or document"):
        write_dataset(sources[:1], tmp_path / "a", fhir="xml")
    with pytest.raises(OutputError, match="already exists"):
        write_dataset(sources[:1], dataset.folder)
    bad = tmp_path / "bad.mp4"
    shutil.copy(sources[0].result, bad)
    told = json.loads(sources[0].result.with_suffix(".json").read_text())
    told["output"]["sha256"] = "0" * 64
    bad.with_suffix(".json").write_text(json.dumps(told))
    with pytest.raises(Withheld):
        write_dataset([Source(bad)], tmp_path / "b")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.json", "bad.mp4"]
