"""What another program says of our images: dicom3tools' `dciodvfy` knows what each must hold."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from pydicom import dcmread

from dicom_images import PHOTOGRAPHIC, frames, video

needs_dciodvfy = pytest.mark.skipif(
    shutil.which("dciodvfy") is None, reason="needs dciodvfy (apt-get install dicom3tools)"
)
VL = "1.2.840.10008.5.1.4.1.1.77.1"
CLASSES = {
    "photographic": (PHOTOGRAPHIC, "XC"),
    "endoscopic": (f"{VL}.1.1", "ES"),
    "microscopic": (f"{VL}.2.1", "GM"),
}
"""SOP class and modality of each kind of video."""
GREY = "1.2.840.10008.5.1.4.1.1.7.2"


def errors(path):
    """Lines that name what is wrong; warnings name what may be."""
    ran = subprocess.run(["dciodvfy", "-new", path], capture_output=True, text=True)
    return [line for line in (ran.stdout + ran.stderr).splitlines() if line.startswith("Error")]


def deidentified(mien, source, folder, *words):
    out = folder / "out.dcm"
    ran = mien("dicom", "deidentify", source, "-o", out, "--engine", "mask", *words)
    assert ran.exit_code == 0, ran.output
    return out


@needs_dciodvfy
@pytest.mark.parametrize(
    ("what", "kind"),
    [
        *(("photographic", kind) for kind in ("h264", "h264-42", "hevc", "mpeg2")),
        *((what, kind) for what in ("endoscopic", "microscopic") for kind in ("h264", "mpeg2")),
    ],
)
def test_videos(mien, fewer_checks, faces, tmp_path, what, kind):
    sop, modality = CLASSES[what]
    form = "mpegts" if kind == "mpeg2" else "mp4"
    source = video(tmp_path / "in.dcm", faces[:3], kind, form=form, SOPClassUID=sop,
                   Modality=modality)  # fmt: skip
    assert errors(deidentified(mien, source, tmp_path, "--dates", "shift")) == []


@needs_dciodvfy
def test_frames_that_are_unevenly_apart(mien, fewer_checks, faces, tmp_path):
    source = video(tmp_path / "in.dcm", faces[:3], ticks=[0, 40, 200])
    out = deidentified(mien, source, tmp_path)
    assert "FrameTimeVector" in dcmread(out, stop_before_pixels=True) and errors(out) == []


@needs_dciodvfy
@pytest.mark.parametrize("jpeg", [False, True])
@pytest.mark.parametrize("text", ["cover", "checked"])
def test_captured_frames(mien, fewer_checks, faces, tmp_path, jpeg, text):
    source = frames(tmp_path / "in.dcm", faces[:2], jpeg=jpeg, BurnedInAnnotation="")
    out = deidentified(mien, source, tmp_path, "--text", text)
    assert errors(out) == []
    said = dcmread(out, stop_before_pixels=True).BurnedInAnnotation
    assert said == ("NO" if text == "checked" else "YES")


@needs_dciodvfy
def test_captured_grey_frames(mien, fewer_checks, faces, tmp_path):
    source = frames(tmp_path / "in.dcm", faces[:2, ..., 1], SOPClassUID=GREY,
                    PhotometricInterpretation="MONOCHROME2")  # fmt: skip
    assert errors(deidentified(mien, source, tmp_path)) == []


@needs_dciodvfy
@pytest.mark.parametrize("jpeg", [False, True])
@pytest.mark.parametrize(
    ("number", "modality"), [("1", "ES"), ("2", "GM"), ("4", "XC")]
)  # endoscopic, microscopic, photographic
def test_photographs(mien, fewer_checks, faces, tmp_path, number, modality, jpeg):
    source = frames(tmp_path / "in.dcm", faces[:1], jpeg=jpeg, SOPClassUID=f"{VL}.{number}",
                    Modality=modality)  # fmt: skip
    assert errors(deidentified(mien, source, tmp_path)) == []
