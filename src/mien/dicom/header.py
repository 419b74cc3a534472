"""The header of a de-identified image, after DICOM's Basic Application Confidentiality Profile.

References
----------
.. [1] DICOM PS3.15 2024b, annex E.
.. [2] DICOM PS3.16 2024b, CID 7050 (De-identification Method).
.. [3] DICOM PS3.5 2024b, B.2: UIDs derived from UUIDs.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal

from mien.dicom.attributes import (
    ABSENT,
    BLANK,
    BLANK_IF_THERE,
    CODED,
    DATES,
    DESCRIPTORS,
    KEPT,
    RENEWED,
    SCHEMES,
    TIMES,
    WORDS,
)
from mien.dicom.stored import Stored
from mien.errors import ParameterError
from mien.intake.secret import Secret

if TYPE_CHECKING:
    from pydicom import Dataset
    from pydicom.dataelem import DataElement
    from pydicom.tag import BaseTag

CODES = {
    "113100": "Basic Application Confidentiality Profile",
    "113101": "Clean Pixel Data Option",
    "113102": "Clean Recognizable Visual Features Option",
    "113105": "Clean Descriptors Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
}
"""What was done, as DICOM calls it [2]_."""
_MOST_DAYS = 3650
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DAY = re.compile(r"(\d{8})(\d*(?:\.\d{1,6})?)(?:[+-]\d{4})?")


@dataclass(frozen=True)
class Cleaning:
    """How a header is cleaned; validated once."""

    secret: Secret
    """From which new UIDs, pseudonyms and shifts of dates follow: images that are cleaned with one
    secret stay together."""
    dates: Literal["remove", "shift"] = "remove"
    """`shift` keeps dates, earlier by a number of days that is the patient's own."""
    descriptors: Literal["remove", "clean"] = "remove"
    """`clean` keeps the words of descriptions that are known to name nobody."""
    patient: str | None = None
    """The patient's code; one that follows from the secret if None."""

    def __post_init__(self) -> None:
        if self.dates not in ("remove", "shift"):
            raise ParameterError(f"dates is {self.dates!r}: choose remove or shift.")
        if self.descriptors not in ("remove", "clean"):
            raise ParameterError(f"descriptors is {self.descriptors!r}: choose remove or clean.")
        if self.patient is not None and not _CODE.fullmatch(self.patient):
            raise ParameterError(
                f"The patient's code is {self.patient[:64]!r}: give up to 64 letters, digits, dots "
                "and dashes."
            )


def uid(secret: Secret, old: str) -> str:
    """The UID that stands for another one [3]_: always the same, and nobody can go back."""
    return f"2.25.{int.from_bytes(secret.digest('uid', old)[:16], 'big')}"


def cleaned(stored: Stored, cleaning: Cleaning) -> Dataset:
    """A header with what may stay, without anything of the pictures' new storage.

    Parameters
    ----------
    stored : Stored
        The image; its header is only read.
    cleaning : Cleaning
        How.

    Returns
    -------
    header : pydicom.Dataset
        Patient Identity Removed is YES, the methods are named.
    """
    from pydicom import Dataset

    new = Dataset()
    for tag in stored.header.keys():
        element = None if tag.is_private else _sound(stored.header, tag)
        if element is None:
            continue
        if element.keyword in CODED:
            with suppress(Exception):  # damaged within: pydicom raises many kinds
                _keep_codes(new, element.keyword, element.value)
        elif element.keyword in KEPT and (element.value or element.keyword not in ABSENT):
            new.add(element)
    for keyword in (*BLANK, *(k for k in BLANK_IF_THERE if k in stored.header)):
        setattr(new, keyword, [] if keyword.endswith("Sequence") else None)
    for keyword in RENEWED:
        old = stored.says(keyword)
        if old is not None:
            setattr(new, keyword, uid(cleaning.secret, str(old)))
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):  # an image without is in none
        if keyword not in new:
            setattr(new, keyword, uid(cleaning.secret, f"{keyword} {stored.header.SOPInstanceUID}"))
    _name_patient(new, stored, cleaning)
    if cleaning.dates == "shift":
        _shift(new, stored, cleaning.secret)
    if cleaning.descriptors == "clean":
        _describe(new, stored)
    new.SpecificCharacterSet = "ISO_IR 192"
    new.PatientIdentityRemoved = "YES"
    new.LongitudinalTemporalInformationModified = (
        "MODIFIED" if cleaning.dates == "shift" else "REMOVED"
    )
    return new


def methods(cleaning: Cleaning, *, pixels: bool, features: bool) -> list[str]:
    """Codes of what was done [2]_.

    Parameters
    ----------
    cleaning : Cleaning
        How the header was cleaned.
    pixels : bool
        Whether somebody vouches that no text is left in the picture.
    features : bool
        Whether an audit says that no face can be recognised.
    """
    asked = {
        "113100": True,
        "113101": pixels,
        "113102": features,
        "113105": cleaning.descriptors == "clean",
        "113107": cleaning.dates == "shift",
    }
    return [code for code, done in asked.items() if done]


def coded(value: str, meaning: str) -> Dataset:
    """An item of a sequence of codes of DICOM's own vocabulary."""
    from pydicom import Dataset

    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _sound(header: Dataset, tag: BaseTag) -> DataElement | None:
    """An element whose value is what its kind allows; None for another, which is not worth more."""
    from pydicom import config
    from pydicom.dataelem import DataElement

    try:
        found = header[tag]
        if found.keyword in KEPT:
            DataElement(found.tag, found.VR, found.value, validation_mode=config.RAISE)
        return found
    except Exception:  # pydicom reads values when they are asked for, and raises many kinds
        return None


def _keep_codes(new: Dataset, keyword: str, value: object) -> None:
    from pydicom import Dataset, Sequence

    kept = []
    for old in value if isinstance(value, Sequence) else ():
        if str(old.get("CodingSchemeDesignator", "")) not in SCHEMES or "CodeValue" not in old:
            continue
        item = Dataset()
        for name in ("CodeValue", "CodingSchemeDesignator", "CodeMeaning"):
            if name in old:
                setattr(item, name, old[name].value)
        for name in CODED & {element.keyword for element in old}:
            _keep_codes(item, name, old[name].value)
        kept.append(item)
    if kept:
        setattr(new, keyword, kept)


def patient_of(stored: Stored) -> str:
    """Who an image says it shows; images without a patient are each somebody else's."""
    known = str(stored.says("PatientID", "")).strip()
    issuer = str(stored.says("IssuerOfPatientID", "")).strip()
    return f"{issuer}\\{known}" if known else f"of {stored.header.get('StudyInstanceUID', '')}"


def _name_patient(new: Dataset, stored: Stored, cleaning: Cleaning) -> None:
    code = cleaning.patient or f"MIEN-{cleaning.secret.code('patient', patient_of(stored))}"
    new.PatientName, new.PatientID = f"{code}^", code


def _shift(new: Dataset, stored: Stored, secret: Secret) -> None:
    """Dates as many days earlier as follows from the patient: intervals stay, dates do not."""
    drawn = int.from_bytes(secret.digest("days", patient_of(stored))[:8], "big")
    days = timedelta(days=1 + drawn % _MOST_DAYS)
    for keyword in DATES:
        read = _DAY.fullmatch(str(stored.says(keyword, "")).strip())
        if read is None:
            continue  # nothing, or nothing that can be shifted
        try:
            day = date.fromisoformat(read[1]) - days
        except (ValueError, OverflowError):
            continue
        # a time zone tells where the camera was
        setattr(new, keyword, f"{day:%Y%m%d}" + (read[2] if keyword.endswith("DateTime") else ""))
    for keyword in TIMES:
        value = str(stored.says(keyword, "")).strip()
        if re.fullmatch(r"\d{2,6}(\.\d{1,6})?", value):
            setattr(new, keyword, value)


def _describe(new: Dataset, stored: Stored) -> None:
    """Free text with nothing but words that name nobody."""
    for keyword in DESCRIPTORS:
        words = re.findall(r"[\w-]+", str(stored.says(keyword, "")))
        kept = [word for word in words if word.lower() in WORDS]
        if kept:
            setattr(new, keyword, " ".join(kept)[:64])
