"""Phantoms as DICOM images, with somebody's name all over the header."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from pydicom import Dataset, Sequence, dcmwrite
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import generate_uid

from mien.dicom.coding import as_jpeg

NAME = "Nosuchperson^Adelheid"
VIDEO = {
    "h264": ("1.2.840.10008.1.2.4.102", "libx264", {"profile": "high", "level": "4.1", "bf": "2"}),
    "h264-42": ("1.2.840.10008.1.2.4.104", "libx264", {"profile": "high", "level": "4.2"}),
    "hevc": ("1.2.840.10008.1.2.4.107", "libx265", {"x265-params": "log-level=none"}),
    "mpeg2": ("1.2.840.10008.1.2.4.100", "mpeg2video", {"b": "4000000"}),
}
"""Transfer syntax, encoder and its options of each kind of video."""
PHOTOGRAPHIC = "1.2.840.10008.5.1.4.1.1.77.1.4.1"
TRUE_COLOUR = "1.2.840.10008.5.1.4.1.1.7.4"


def header(**values: Any) -> Dataset:
    """A header with much to hide."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = "69536005", "SCT", "Head"
    own = Dataset()
    own.CodeValue, own.CodingSchemeDesignator, own.CodeMeaning = "1", "99KLINIK", "Ward Nosuch"
    new = Dataset()
    new.SOPClassUID, new.SOPInstanceUID = PHOTOGRAPHIC, generate_uid()
    new.StudyInstanceUID, new.SeriesInstanceUID = "1.2.3.4.5", "1.2.3.4.5.6"
    new.PatientName, new.PatientID, new.PatientBirthDate = NAME, "4711-0815", "19510307"
    new.PatientSex, new.PatientAge, new.OtherPatientNames = "F", "073Y", "Nosuchmaiden^Adelheid"
    new.StudyDate, new.StudyTime, new.AcquisitionDateTime = (
        "20240229",
        "101530",
        "20240229101531+0100",
    )
    new.ReferringPhysicianName, new.InstitutionName = "Doctor^No", "Klinik Nosuch"
    new.AccessionNumber, new.StudyID, new.Manufacturer = "A1", "S1", "Nosuch Inc."
    new.StudyDescription = "Gait of Adelheid Nosuchperson, left leg"
    new.Modality, new.SeriesNumber, new.InstanceNumber = "XC", 1, 1
    new.ImageType, new.Laterality, new.PatientOrientation = ["ORIGINAL", "PRIMARY"], "", ""
    new.AnatomicRegionSequence = Sequence([item, own])
    new.AcquisitionContextSequence = Sequence([])
    new.BurnedInAnnotation, new.LossyImageCompression = "NO", "00"
    new.add_new(0x00091001, "LO", "private Nosuchperson")
    new.add_new(0x60003000, "OW", b"\1\0")
    for key, value in values.items():
        setattr(new, key, value)
    return new


def pixels(pictures: np.ndarray) -> dict[str, Any]:
    """What a header says of pictures [shape=(n, height, width[, 3])]."""
    return {
        "NumberOfFrames": len(pictures),
        "Rows": pictures.shape[1],
        "Columns": pictures.shape[2],
        "SamplesPerPixel": 3 if pictures.ndim == 4 else 1,
        "BitsAllocated": 8,
        "BitsStored": 8,
        "HighBit": 7,
        "PixelRepresentation": 0,
    }


def save(path: Path, new: Dataset, syntax: str, data: bytes, encapsulated: bool) -> Path:
    """Write a file of these pictures."""
    new.file_meta = FileMetaDataset()
    new.file_meta.MediaStorageSOPClassUID = new.SOPClassUID
    new.file_meta.MediaStorageSOPInstanceUID = new.SOPInstanceUID
    new.file_meta.TransferSyntaxUID = syntax
    new.file_meta.SourceApplicationEntityTitle = "NOSUCHWARD"
    new.preamble = b"Nosuchperson".ljust(128, b"\0")
    new.add_new(0x7FE00010, "OB", data + b"\0" * (len(data) % 2))
    new["PixelData"].is_undefined_length = encapsulated
    dcmwrite(path, new, enforce_file_format=True)
    return path


def stream(
    path: Path, pictures: np.ndarray, kind: str, *, rate: int = 15, form: str = "mp4",
    ticks: list[int] | None = None,
) -> bytes:  # fmt: skip
    """A stream of pictures in a container, or none (`form` h264); ticks are thousandths."""
    with av.open(str(path), "w", format=form) as out:
        track = out.add_stream(VIDEO[kind][1], rate=rate, options=VIDEO[kind][2])
        track.width, track.height, track.pix_fmt = pictures.shape[2], pictures.shape[1], "yuv420p"
        if ticks is not None:
            track.codec_context.time_base = Fraction(1, 1000)
        for k, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = (k, Fraction(1, rate)) if ticks is None else (
                ticks[k], Fraction(1, 1000))  # fmt: skip
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return path.read_bytes()


def video(
    path: Path, pictures: np.ndarray, kind: str = "h264", *, form: str = "mp4",
    ticks: list[int] | None = None, fragments: int = 1, **values: Any,
) -> Path:  # fmt: skip
    """A DICOM video of pictures [shape=(n, height, width, 3)] at 15 frames a second."""
    data = stream(path.with_suffix(".bin"), pictures, kind, form=form, ticks=ticks)
    path.with_suffix(".bin").unlink()
    said = pixels(pictures) | {
        "PhotometricInterpretation": "YBR_PARTIAL_420",
        "PlanarConfiguration": 0,
        "FrameTime": "66.667",
        "CineRate": 15,
        "FrameIncrementPointer": 0x00181063,
        **values,
    }
    data += b"\0" * (len(data) % 2)
    whole = encapsulate([data], fragments_per_frame=fragments, has_bot=False)
    return save(path, header(**said), VIDEO[kind][0], whole, True)


def frames(path: Path, pictures: np.ndarray, *, jpeg: bool = False, **values: Any) -> Path:
    """A multi-frame image that stores every picture by itself."""
    said = pixels(pictures) | {
        "SOPClassUID": TRUE_COLOUR,
        "Modality": "OT",
        "ConversionType": "DV",
        "PhotometricInterpretation": "YBR_FULL_422" if jpeg else "RGB",
        "PlanarConfiguration": 0,
        "FrameTime": "66.667",
        "FrameIncrementPointer": 0x00181063,
        **values,
    }
    if jpeg:
        data, syntax = encapsulate([as_jpeg(picture) for picture in pictures]), "4.50"
    else:
        data, syntax = pictures.tobytes(), "1"
    return save(path, header(**said), f"1.2.840.10008.1.2.{syntax}", data, jpeg)
