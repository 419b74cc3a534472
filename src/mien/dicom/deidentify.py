"""De-identifying a DICOM image: its pictures, its text, its header, in one step.

References
----------
.. [1] DICOM PS3.15 2024b, annex E.
.. [2] DICOM PS3.3 2024b, C.12.1.1.1 and C.7.6.1: what an image says of its own de-identification.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Literal

from mien.dicom import header
from mien.dicom.attributes import CAPTURED
from mien.dicom.burned_in import Box
from mien.dicom.clip import Pictures, as_clip
from mien.dicom.stored import Stored, open_image
from mien.dicom.storing import Store
from mien.engines import ENGINES
from mien.errors import MienError, OutputError, ParameterError
from mien.outputs import Aside, check_free, checksum, complete
from mien.pipeline.deidentify import Result
from mien.pipeline.deidentify import deidentify as deidentify_clip
from mien.pipeline.manifest import as_text, versions
from mien.pipeline.settings import Settings
from mien.progress import Progress, silent

if TYPE_CHECKING:
    from pydicom import Dataset

ENDINGS = (".dcm", ".dicom")
"""Of what is written, in small letters."""


@dataclass(frozen=True)
class Options:
    """What becomes of an image; validated once."""

    cleaning: header.Cleaning
    """How the header is cleaned."""
    settings: Settings = field(default_factory=Settings)
    """How the pictures are de-identified. Sound is always left out: a voice names a person."""
    text: Literal["cover", "refuse", "checked"] = "cover"
    """What becomes of text in the pictures. `checked`: somebody looked and there is none, or all of
    it is in `boxes`."""
    boxes: tuple[Box, ...] = ()
    """Areas that are covered in every frame: left, top, right, bottom, pixels."""

    def __post_init__(self) -> None:
        if self.text not in ("cover", "refuse", "checked"):
            raise ParameterError(f"text is {self.text!r}: choose cover, refuse or checked.")


@dataclass(frozen=True)
class Image:
    """What `deidentify` made."""

    output: Path
    """The de-identified image."""
    manifest: Path
    """Its manifest, JSON: that of a clip, with a part ``dicom``."""
    result: Result
    """What became of the pictures."""
    recognisable: bool
    """Whether Recognizable Visual Features had to be left at YES."""
    text: tuple[Box, ...]
    """Areas that were covered."""
    notes: tuple[str, ...]
    """What was otherwise than the standard has it, a sentence each."""
    said: dict[str, Any]
    """The part ``dicom`` of the manifest."""


def deidentify(
    source: str | os.PathLike[str],
    output: str | os.PathLike[str],
    options: Options,
    *,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Image:
    """De-identify an image of a hospital's archive.

    Parameters
    ----------
    source : path
        The image; only read.
    output : path
        Where to, ending in ``.dcm``; the manifest is written beside it as ``.json``.
    options : Options
        How.
    overwrite : bool
        Whether an existing output may be replaced.
    progress : callable, optional
        Called as ``progress(stage, done, total)``.

    Returns
    -------
    image : Image

    Raises
    ------
    VideoError
        If the image cannot be read: see `mien.dicom.stored.open_image`.
    ParameterError
        If text is to be refused and there is some, or the pictures fit no level of H.264 that
        DICOM has.
    NoFaceError, PrivacyError
        As `mien.deidentify`: nothing is written.
    OutputError
        If the output cannot be written, is in the way, or is the image itself.
    """
    source, output = Path(source), Path(output)
    stored = open_image(source)
    aside = _aside(source, output, overwrite)
    report = progress or silent
    with TemporaryDirectory(prefix="mien-") as place:
        folder = Path(place)
        pictures = as_clip(stored, folder, text=options.text, boxes=options.boxes, progress=report)
        store = Store(stored, folder, pictures.frames)
        settings = replace(options.settings, voice="mute", overwrite=True)
        made = folder / "result.mp4"
        with _named_as(source, pictures.clip):
            result = deidentify_clip(
                pictures.clip, made, settings, progress=report, watch=store.watch
            )
        new = header.cleaned(stored, options.cleaning)
        with complete(output, overwrite=overwrite) as part:
            store.write(part, new, _said_in(new, stored, result, pictures, options))
            said = _manifest(result, pictures, options, new)
            text = Aside(aside, as_text(_record(result, said, source, part)))
        with text:
            text.commit()
    visible = new.RecognizableVisualFeatures == "YES"
    return Image(output, aside, result, visible, pictures.text, pictures.notes, said)


@contextmanager
def _named_as(source: Path, clip: Path) -> Iterator[None]:
    """Have errors name the image and not the clip of its pictures, which nobody sees."""
    try:
        yield
    except MienError as error:
        said = str(error).replace(str(clip), str(source)).replace(clip.name, source.name)
        error.args = (said,)
        raise


def _aside(source: Path, output: Path, overwrite: bool) -> Path:
    """The manifest's place, once both places are free."""
    aside = output.with_suffix(".json")
    if source.resolve() in (output.resolve(), aside.resolve()):
        raise OutputError(f"{source.name} is used twice: give the output a name of its own.")
    check_free(output, overwrite, kind="a DICOM image", endings=ENDINGS)
    check_free(aside, overwrite)
    return aside


def _record(result: Result, said: dict[str, Any], source: Path, part: Path) -> dict[str, Any]:
    """The manifest of the pictures as that of the image."""
    record = result.record | {"dicom": said}
    record["input"] = record["input"] | {"sha256": checksum(source)}
    record["output"] = record["output"] | {"sha256": checksum(part)}
    return record


def unrecognisable(result: Result) -> bool:
    """Whether audits say that no face in a result can be recognised.

    Somebody who was compared with nothing has not passed, and neither has a method that is known
    to hide nobody.
    """
    told = result.told
    shown = [person for person in told.people if person.role == "replace"]
    judged = {audit.person for audit in result.audits}
    return (
        all(person.role != "leave" for person in told.people)
        and ENGINES[told.settings.engine].traits.hides_face
        and told.residual_faces.found == 0
        and all(audit.passed for audit in result.audits)
        and all(not judge["share_under"] for judge in told.judges)
        and all(person.person in judged for person in shown)
    )


def _said_in(
    new: Dataset, stored: Stored, result: Result, pictures: Pictures, options: Options
) -> Callable[[], None]:
    """Fills in what a header says of its de-identification."""

    def say() -> None:
        safe = unrecognisable(result)
        codes = header.methods(options.cleaning, pixels=options.text == "checked", features=safe)
        mien = f"mien {versions()['mien']}"
        new.DeidentificationMethod = [
            f"{mien}: faces, engine {result.told.settings.engine}",
            *codes,
        ]
        new.DeidentificationMethodCodeSequence = [
            header.coded(code, header.CODES[code]) for code in codes
        ]
        new.RecognizableVisualFeatures = "NO" if safe else "YES"
        if options.text == "checked":
            new.BurnedInAnnotation = "NO"
        elif stored.says("BurnedInAnnotation") == "NO" and not pictures.text:
            new.BurnedInAnnotation = "NO"
        elif str(new.SOPClassUID) in CAPTURED:  # which have to say it: text can be left
            new.BurnedInAnnotation = "YES"
        kinds = list(new.ImageType) if "ImageType" in new else ["", "PRIMARY"]
        new.ImageType = ["DERIVED", *kinds[1:]]
        new.ContributingEquipmentSequence = [_equipment()]

    return say


def _equipment() -> Dataset:
    from pydicom import Dataset

    item = Dataset()
    item.Manufacturer = item.ManufacturerModelName = "mien"
    item.SoftwareVersions = versions()["mien"]
    item.PurposeOfReferenceCodeSequence = [header.coded("109104", "De-identifying Equipment")]
    return item


def _manifest(result: Result, pictures: Pictures, options: Options, new: Dataset) -> dict[str, Any]:
    """What the manifest says of the image; nothing of the old header."""
    return {
        "transfer_syntax": str(new.file_meta.TransferSyntaxUID),
        "sop_class": str(new.SOPClassUID),
        "methods": [str(item.CodeValue) for item in new.DeidentificationMethodCodeSequence],
        "dates": options.cleaning.dates,
        "descriptors": options.cleaning.descriptors,
        "text": options.text,
        "covered_areas": [list(box) for box in pictures.text],
        "recognizable_visual_features": str(new.RecognizableVisualFeatures),
        "frames": int(new.get("NumberOfFrames", 1)),
        "uneven_frame_times": pictures.uneven,
        "notes": list(pictures.notes),
    }
