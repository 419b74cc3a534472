"""Headers: nothing of the patient stays, and what belongs together stays together."""

from __future__ import annotations

from datetime import date

import pytest
from pydicom import dcmread, dcmwrite
from pydicom.datadict import keyword_for_tag

from dicom_images import NAME, frames, video
from mien.dicom.attributes import CODED, DATES, DESCRIPTORS, KEPT, TIMES
from mien.dicom.header import CODES, Cleaning, cleaned, methods, uid
from mien.dicom.stored import open_image
from mien.errors import ParameterError
from mien.intake.secret import Secret

KEY = Secret(bytes(range(32)))
GONE = (
    0x00080050, 0x00080080, 0x00080081, 0x00080082, 0x00080090, 0x00081010, 0x00081030, 0x0008103E,
    0x00081040, 0x00081048, 0x00081050, 0x00081060, 0x00081070, 0x00081080, 0x00081110, 0x00081111,
    0x00081140, 0x00082112, 0x00082111, 0x00084000, 0x00080201, 0x00100010, 0x00100020, 0x00100021,
    0x00100030, 0x00100040, 0x00101000, 0x00101001, 0x00101010, 0x00101040, 0x00102160, 0x00104000,
    0x00180010, 0x00181000, 0x00181030, 0x00181400, 0x00184000, 0x00189424, 0x00200010, 0x00204000,
    0x00209158, 0x00281199, 0x00321032, 0x00321060, 0x00380010, 0x00400241, 0x00400253, 0x00400275,
    0x00400555, 0x00401001, 0x0040A123, 0x0040A730, 0x00880200, 0x04000561, 0xFFFAFFFA, 0x00120040,
    0x0016004D, 0x00160071, 0x00080022, 0x0008002A, 0x00080012, 0x00080021, 0x00080031, 0x00080023,
)  # fmt: skip
"""Attributes that images of cameras have, of those that PS3.15 2024b, table E.1-1, lists."""


@pytest.fixture
def stored(pictures, tmp_path):
    return open_image(video(tmp_path / "a.dcm", pictures))


def test_the_list_keeps_nothing_that_the_profile_removes():
    kept = KEPT | CODED
    assert not {keyword_for_tag(tag) for tag in GONE} & kept
    assert not kept & {*DATES, *TIMES, *DESCRIPTORS}


def test_nothing_of_the_patient_stays(stored, tmp_path):
    new = cleaned(stored, Cleaning(KEY, descriptors="clean", dates="shift"))
    new.file_meta = stored.header.file_meta
    dcmwrite(tmp_path / "b.dcm", new, implicit_vr=False, little_endian=True)
    written = (tmp_path / "b.dcm").read_bytes()[132:]
    for word in (*NAME.split("^"), "4711", "1951", "Nosuch", "Doctor", "20240229", "+0100", "073Y"):
        assert word.encode() not in written, word
    assert not [element for element in new if element.tag.is_private]
    assert 0x60003000 not in new
    assert new.StudyDescription == "Gait of left leg"
    assert [item.CodeMeaning for item in new.AnatomicRegionSequence] == ["Head"]
    assert new.PatientIdentityRemoved == "YES" and not new.PatientBirthDate


def test_one_secret_keeps_a_study_together(pictures, tmp_path):
    one, two = (
        cleaned(open_image(frames(tmp_path / f"{k}.dcm", pictures)), Cleaning(KEY)) for k in "ab"
    )
    assert one.StudyInstanceUID == two.StudyInstanceUID == uid(KEY, "1.2.3.4.5")
    assert one.PatientID == two.PatientID and one.SOPInstanceUID != two.SOPInstanceUID
    other = cleaned(open_image(tmp_path / "a.dcm"), Cleaning(Secret.drawn()))
    assert other.StudyInstanceUID != one.StudyInstanceUID and other.PatientID != one.PatientID
    assert len(one.StudyInstanceUID) <= 64 and one.StudyInstanceUID.startswith("2.25.")


def test_intervals_stay_where_dates_are_shifted(pictures, tmp_path):
    days = []
    for k, when in enumerate(("20240229", "20240310")):
        path = frames(tmp_path / f"{k}.dcm", pictures, StudyDate=when)
        new = cleaned(open_image(path), Cleaning(KEY, dates="shift"))
        assert new.LongitudinalTemporalInformationModified == "MODIFIED"
        days.append(date.fromisoformat(new.StudyDate))
    assert (days[1] - days[0]).days == 10 and days[0] < date(2024, 2, 29)
    assert not cleaned(open_image(path), Cleaning(KEY)).StudyDate
    odd = frames(tmp_path / "c.dcm", pictures, StudyDate="00010101")
    assert not cleaned(open_image(odd), Cleaning(KEY, dates="shift")).StudyDate


def test_values_that_cannot_be_are_left_out(pictures, tmp_path):
    path = frames(tmp_path / "a.dcm", pictures)
    image = dcmread(path)
    image.add_new(0x00181063, "DS", "66.667")
    image["FrameTime"]._value = "none"  # as a careless program writes it
    image.save_as(path, overwrite=True)
    assert "FrameTime" not in cleaned(open_image(path), Cleaning(KEY))


def test_methods():
    done = methods(Cleaning(KEY, "shift", "clean"), pixels=True, features=True)
    assert done == list(CODES)
    assert methods(Cleaning(KEY), pixels=False, features=False) == ["113100"]


def test_wrong_settings(tmp_path):
    for values in (
        {"dates": "keep"},
        {"descriptors": "keep"},
        {"patient": "a\\b"},
        {"patient": ""},
    ):
        with pytest.raises(ParameterError):
            Cleaning(KEY, **values)
    (tmp_path / "weak").write_bytes(b"a" * 64)
    (tmp_path / "short").write_bytes(b"abcdefgh")
    for name in ("weak", "short", "none"):
        with pytest.raises(ParameterError, match="head -c 32"):
            Secret.read(tmp_path / name)
