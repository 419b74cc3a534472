"""Images from end to end: pictures, headers, manifests."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.encaps import generate_fragments

from dicom_images import NAME, frames, video
from manifests import manifest_of
from mien.dicom.deidentify import unrecognisable
from mien.outputs import checksum
from mien.pipeline.ledger import Ledger
from mien.pipeline.manifest import Treated


@pytest.fixture
def key(tmp_path):
    path = tmp_path / "key"
    path.write_bytes(bytes(range(32)))
    return path


def test_a_video(mien, fewer_checks, faces, key, tmp_path):
    source = video(tmp_path / f"{NAME}.dcm", faces[:4])
    before = checksum(source)
    out = tmp_path / "out.dcm"
    words = ("dicom", "deidentify", source, "-o", out, "--engine", "mask", "--key", key)
    ran = mien(*words, "--text", "checked", "--json")
    assert ran.exit_code == 0, ran.output
    image = dcmread(out)
    assert image.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2.4.102"
    assert len([f for f in generate_fragments(image.PixelData)]) == 2  # the table, the stream
    assert (image.NumberOfFrames, str(image.FrameTime)) == (4, "66.667")
    assert image.PhotometricInterpretation == "YBR_PARTIAL_420"
    assert image.RecognizableVisualFeatures == "NO" and image.BurnedInAnnotation == "NO"
    codes = [item.CodeValue for item in image.DeidentificationMethodCodeSequence]
    assert codes == ["113100", "113101", "113102"]
    assert image.ImageType[0] == "DERIVED" and image.LossyImageCompression == "01"
    told = json.loads((tmp_path / "out.json").read_text())
    assert told["input"]["sha256"] == before == checksum(source)
    assert told["output"]["sha256"] == checksum(out)
    assert told["dicom"]["methods"] == codes
    for word in NAME.split("^"):
        assert word.encode() not in out.read_bytes()
        assert word not in (tmp_path / "out.json").read_text()
    again = mien(*words)
    assert again.exit_code == 6 and "--overwrite" in again.stderr
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".mien")]


def test_frames_outside_the_face_are_kept_to_the_bit(mien, fewer_checks, faces, key, tmp_path):
    source = frames(tmp_path / "in.dcm", faces[:2])
    (tmp_path / "out").mkdir()
    ran = mien("dicom", "deidentify", source, "-o", tmp_path / "out", "--engine", "mask",
               "--key", key)  # fmt: skip
    assert ran.exit_code == 0, ran.output
    (out,) = (tmp_path / "out").glob("*.dcm")
    assert out.stem.startswith("2.25.")
    made = dcmread(out).pixel_array
    assert made.shape == faces[:2].shape
    assert np.abs(made[:, :40, :40].astype(int) - faces[:2, :40, :40]).max() <= 3
    assert np.abs(made.astype(int) - faces[:2]).max() > 100  # a mask
    assert "--text checked" in ran.stdout


def test_what_fails_leaves_nothing(mien, fewer_checks, pictures, key, tmp_path):
    source = video(tmp_path / "in.dcm", pictures)
    out = tmp_path / "out.dcm"
    ran = mien("dicom", "deidentify", source, "-o", out, "--key", key)
    assert ran.exit_code == 4 and "No face was found in in.dcm" in ran.stderr
    ran = mien("dicom", "deidentify", source, "-o", tmp_path / "out.mp4", "--key", key)
    assert ran.exit_code == 6 and ".dcm" in ran.stderr
    ran = mien("dicom", "deidentify", source, "-o", source, "--key", key, "--overwrite")
    assert ran.exit_code == 6 and "used twice" in ran.stderr
    ran = mien("dicom", "deidentify", source, "-o", out, "--cover-box", "1,2,3")
    assert ran.exit_code == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.dcm", "key"]


def test_only_an_audit_says_no(brief):
    told = replace(
        manifest_of(brief.path, Ledger(np.zeros(1, int), np.array([0.0, 0.1]))),
        people=[Treated(0, 4, "replace")],
    )

    def result(told=told, passed=True, audited=True):
        audits = [SimpleNamespace(person=0, passed=passed)] if audited else []
        return SimpleNamespace(told=told, audits=audits)

    assert unrecognisable(result())
    assert not unrecognisable(result(audited=False))
    assert not unrecognisable(result(passed=False))
    for engine in ("blur", "pixelate"):
        other = replace(told, settings=replace(told.settings, engine=engine))
        assert not unrecognisable(result(other))
    assert not unrecognisable(result(replace(told, people=[Treated(0, 4, "leave")])))
    seen = replace(told.residual_faces, found=1)
    assert not unrecognisable(result(replace(told, residual_faces=seen)))
    assert not unrecognisable(result(replace(told, judges=[{"share_under": 0.1}])))
