"""What stays of a header, and what has to be there though it says nothing.

The Basic Profile [1]_ lists over 400 attributes that must go and grows with every edition. Here it
is the other way round: an attribute stays if it is named here and describes the picture, the timing
or the part of the body; every other one goes, those that no edition knows yet, overlays, curves and
private ones among them. A test holds the names to the profile's list.

References
----------
.. [1] DICOM PS3.15 2024b, table E.1-1.
.. [2] DICOM PS3.3 2024b, A.32 (visible light and video), A.8.3 and A.8.5 (multi-frame secondary
   capture), C.7 and C.8.12.
"""

from __future__ import annotations

KEPT = frozenset(
    """
    SOPClassUID Modality ConversionType ImageType SeriesNumber InstanceNumber AcquisitionNumber
    Laterality ImageLaterality PatientOrientation BodyPartExamined
    SamplesPerPixel PhotometricInterpretation PlanarConfiguration Rows Columns BitsAllocated
    BitsStored HighBit PixelRepresentation PixelAspectRatio PixelSpacing NominalScannedPixelSpacing
    PixelSpacingCalibrationType NumberOfFrames FrameIncrementPointer FrameTime FrameTimeVector
    FrameDelay CineRate RecommendedDisplayFrameRate StartTrim StopTrim EffectiveDuration
    ActualFrameDuration PreferredPlaybackSequencing LossyImageCompression
    LossyImageCompressionRatio LossyImageCompressionMethod ImagerPixelSpacing
    RescaleIntercept RescaleSlope PresentationLUTShape ColorSpace
    """.split()
)
"""Keywords of attributes that stay as they are."""

ABSENT = frozenset({"Laterality", "ImageLaterality"})
"""Those of them that an image has with a value or not at all."""

CODED = frozenset(
    """
    AnatomicRegionSequence AnatomicRegionModifierSequence PrimaryAnatomicStructureSequence
    PrimaryAnatomicStructureModifierSequence IlluminationTypeCodeSequence
    LightPathFilterTypeStackCodeSequence ImagePathFilterTypeStackCodeSequence LensesCodeSequence
    ViewCodeSequence ViewModifierCodeSequence
    """.split()
)
"""Sequences of codes that stay, as far as their items are codes of `SCHEMES`."""

SCHEMES = frozenset({"SCT", "SRT", "SNM3", "DCM", "FMA", "UMLS", "NCIt", "RADLEX"})
"""Vocabularies that are published: a code of a clinic's own may name the clinic."""

BLANK = (
    "PatientBirthDate", "PatientSex", "ReferringPhysicianName", "StudyID", "AccessionNumber",
    "StudyDate", "StudyTime", "Manufacturer",
)  # fmt: skip
"""Those that every image has to have (type 2), without a value."""

BLANK_IF_THERE = ("ContentDate", "ContentTime", "AcquisitionContextSequence")
"""Those of which the same is true in some images."""

CAPTURED = frozenset(f"1.2.840.10008.5.1.4.1.1.7.{kind}" for kind in (1, 2, 3, 4))
"""SOP classes of frames captured from a screen, which have to say more than others [2]_."""

DATES = (
    "StudyDate", "SeriesDate", "AcquisitionDate", "ContentDate", "AcquisitionDateTime",
)  # fmt: skip
"""What is kept, later or earlier by the same number of days, if a study over time needs it."""
TIMES = ("StudyTime", "SeriesTime", "AcquisitionTime", "ContentTime")
"""Times of day that are kept with them."""

DESCRIPTORS = ("StudyDescription", "SeriesDescription", "ProtocolName", "ImageComments")
"""Free text that can be cleaned instead of left out."""

RENEWED = (
    "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID",
    "SynchronizationFrameOfReferenceUID",
)  # fmt: skip
"""UIDs that are replaced by others."""

WORDS = frozenset(
    """
    after and anterior arm arms at baseline before bilateral body brow brows calibration camera
    cheek clinical closed closure control down ear examination exercise expression eye eyelid eyes
    face facial finger first follow-up foot for frontal gait gesture hand hands head image images
    in jaw lateral left leg legs lip lips mouth movement movements neck neutral nose of on open
    oral palsy parkinson pose posture posterior pre post profile protocol recording repeat rest
    resting right second seizure series session side sitting skin sleep smile speech standing study
    task test the third to tongue treatment tremor up upper lower video view visit voluntary walking
    week weeks with without
    """.split()
)
"""Words that stay in cleaned text: each for itself names nobody."""
