"""What a result says about itself: the label in the file, and the manifest beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from importlib.metadata import version
from typing import Any, ClassVar, Self

from mien.errors import FormatError

LABEL = "Synthetic: the faces in this video were replaced by mien."
LABEL_LEFT = "Synthetic: faces in this video were replaced by mien; others were left."
EARLIER_LABELS = (
    "Synthetic: the faces in this video were replaced by mien and show nobody.",
    "Synthetic: faces in this video were replaced by mien and show nobody; others were left.",
)
"""Of results of version 0.1, which claim more than is measured."""
LABELS = (LABEL, LABEL_LEFT, *EARLIER_LABELS)
"""Every label by which a clip is known to be a result of mien."""


TOLD_OF_SURROGATES = ("id", "apparent_sex", "apparent_tone", "apparent_age", "k", "source",
                      "neutralised", "strength", "pushed_sd")  # fmt: skip
"""What others may be told of the face that a person was given: not how near the person came to it
or to others."""


def versions() -> dict[str, str]:
    """Versions of mien and of what shapes its results."""
    import cv2

    names = ("mien", "av", "dlib-bin", "onnxruntime", "numpy")
    return {name: version(name) for name in names} | {"opencv": cv2.__version__}  # of any build


@dataclass(frozen=True)
class _Part:
    """A part of a manifest: its fields are its keys, in order."""

    TOLD: ClassVar[tuple[str, ...]] = ()
    """Fields that others may be told as they are: none, unless a part names them."""

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """A part from what JSON holds; what this version does not know is left out.

        Raises
        ------
        FormatError
            If a key is missing that every manifest has, or this is no object.
        """
        try:
            known = {each.name: content[each.name] for each in fields(cls) if each.name in content}
            return cls(**known)
        except TypeError as exc:
            raise FormatError(f"The manifest has no proper {cls.__name__.lower()}: {exc}.") from exc

    def to_json(self) -> dict[str, Any]:
        """For JSON; what is not there is left out, but for what every manifest says."""
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.default is MISSING or getattr(self, each.name) is not None
        }

    @classmethod
    def public(cls, content: Mapping[str, Any] | None) -> dict[str, Any]:
        """What others may be told of a part that any version wrote, JSON.

        It is not read as a part first: what an older version did not write yet stays away.
        """
        return only(content or {}, cls.TOLD)


@dataclass(frozen=True)
class Chosen(_Part):
    """How the clip was de-identified."""

    TOLD = ("engine", "bank", "match", "people", "voice", "surroundings", "hands", "crf",
            "landmarks",
            "weights", "driving", "own_openings", "withhold")  # fmt: skip

    engine: str
    """Name of the engine."""
    surrogate: str
    """`auto`, the id of a surrogate, or `image` for a picture of the user's."""
    bank: str
    """`mien`, or `own` for a bank of the user's."""
    consent: str | None
    """The statement of the person whose picture is used."""
    match: str
    """What `auto` kept alike."""
    people: str
    """Who was replaced."""
    leave: list[str]
    """Who was left alone; `a picture` for somebody who was named by one."""
    cover: list[str]
    """Who was covered, likewise."""
    voice: str
    """`keep`, `change` or `mute`."""
    crf: int
    """Quality of the encoding."""
    landmarks: str
    """The landmark model and its version."""
    weights: str | None = None
    """Checksum of the network that the engine drew with, where the user gave one."""
    driving: str | None = None
    """How that network was driven."""
    own_openings: bool | None = None
    """Whether the patient's own eyes and inner mouth were left, where a network drew the rest."""
    surroundings: str = "keep"
    """What became of the room: `keep`, `blur` or `solid`."""
    hands: str = "keep"
    """What became of hands over a face: `keep` or `cover`."""
    withhold: str | None = None
    """How much might be covered before nothing was given: `never`, `any`, or such as `over 10%`."""


@dataclass(frozen=True)
class Original(_Part):
    """What was de-identified."""

    TOLD = ("width", "height", "codec", "missing")

    sha256: str
    """Checksum of the file: links the manifest to it."""
    width: int
    """Of the upright picture, pixels."""
    height: int
    """The same."""
    codec: str
    """FFmpeg's name."""
    losses: list[dict[str, Any]]
    """Damage, the first of it first."""
    missing: dict[str, Any] = field(default_factory=dict)
    """How much of it could not be read: see `mien.shortfall.Shortfall`."""
    notes: list[dict[str, str]] = field(default_factory=list)
    """What was stored otherwise than the original has it: see `mien.video.Note`."""


@dataclass(frozen=True)
class Output(_Part):
    """What came of it."""

    TOLD = ("frames", "renderings", "signed")

    sha256: str
    """Checksum of the result."""
    frames: int
    """Frames written."""
    renderings: int = 1
    """How often the clip was rendered until it passed."""
    signed: bool = False
    """Whether the result holds content credentials."""


@dataclass(frozen=True)
class Treated(_Part):
    """One person, and what became of them."""

    TOLD = ("person", "frames", "role")

    person: int
    """Number from 0, the most present first."""
    frames: int
    """Frames in which this person's place is known."""
    role: str
    """What was asked for: `replace`, `cover` or `leave`."""
    surrogate: dict[str, Any] | None = None
    """The card of the face that was given, and how it was chosen."""
    frames_left: int | None = None
    """Frames in which somebody who is left alone is proven to be who was named."""
    frames_covered: int | None = None
    """Frames in which a new face would have been recognised."""


@dataclass(frozen=True)
class Linkable(_Part):
    """By what a result can be linked to others, or to the original."""

    TOLD = ("by_surrogate", "by_facial_motion", "by_head_motion", "by_input_checksum")

    by_surrogate: bool
    """Whether other results can be expected to have the same face."""
    subject: str | None
    """The code of the patient in a study."""
    by_facial_motion: bool
    """Whether the motion of the face was kept."""
    by_head_motion: bool = True
    """Whether the movement of the head was kept."""
    by_input_checksum: bool = True
    """Whether the manifest holds the original's checksum."""


@dataclass(frozen=True)
class Residual(_Part):
    """What detectors that mien does not track with made of the result."""

    TOLD = (
        "detectors",
        "frames_searched",
        "frames_by_detector",
        "faces_by_detector",
        "places_in_doubt",
        "found",
    )

    detectors: list[str]
    """Those that were at hand."""
    frames_searched: int
    """Frames that were searched in the last rendering."""
    frames_by_detector: dict[str, int] = field(default_factory=dict)
    """Frames that each searched."""
    faces_by_detector: dict[str, int] = field(default_factory=dict)
    """Faces that each saw, false ones too."""
    places_in_doubt: int = 0
    """Places about which all were asked."""
    found: int = 0
    """Faces in the last rendering that are the original's."""


@dataclass(frozen=True)
class Conceded(_Part):
    """Frames that were covered so that the rest passes."""

    TOLD = ("frames", "share", "moments")

    frames: int
    """How many."""
    share: float
    """Of all frames, 0 to 1."""
    moments: list[dict[str, Any]]
    """Runs of them with their reasons: see `mien.pipeline.withholding.Conceded`."""


@dataclass(frozen=True)
class Entries(_Part):
    """The ledger: what happened to every frame."""

    TOLD = ("counts", "ranges")

    counts: dict[str, int]
    """Frames of each kind."""
    ranges: list[dict[str, Any]]
    """Runs of equal entries: see `mien.pipeline.ledger.Ledger.ranges`."""


@dataclass(frozen=True)
class Manifest:
    """Everything that is needed to judge a result later; no file names, no paths."""

    label: str
    """`LABEL`, or `LABEL_LEFT` where somebody was left as they are."""
    versions: dict[str, str]
    """Of mien and of what shapes its results."""
    settings: Chosen
    input: Original
    output: Output
    people: list[Treated]
    """Everybody, the most present first."""
    linkable: Linkable
    ledger: Entries
    privacy: list[dict[str, Any]]
    """The recogniser's verdict on each person: see `mien.recognition.verdict.Audit`."""
    residual_faces: Residual
    covered_to_deliver: Conceded = field(default_factory=lambda: Conceded(0, 0.0, []))
    """What was covered because somebody would have been recognised or a face was left."""
    judges: list[dict[str, Any]] = field(default_factory=list)
    """The same by recognisers that had no say: nobody was given another face on their account."""
    voices: list[dict[str, Any]] = field(default_factory=list)
    """What was kept of each voice that was changed: see `mien.voice.pitch.Kept`."""
    covered_by_hand: list[dict[str, Any]] = field(default_factory=list)
    """Moments that somebody covered afterwards."""

    def to_json(self) -> dict[str, Any]:
        """For JSON, in the order in which people read it."""
        found = {
            "label": self.label,
            "versions": self.versions,
            "settings": self.settings.to_json(),
            "input": self.input.to_json(),
            "output": self.output.to_json(),
            "people": [person.to_json() for person in self.people],
            "linkable": self.linkable.to_json(),
            "ledger": self.ledger.to_json(),
            "covered_to_deliver": self.covered_to_deliver.to_json(),
            "privacy": self.privacy,
            "judges": self.judges,
            "residual_faces": self.residual_faces.to_json(),
        }
        more = {"voices": self.voices, "covered_by_hand": self.covered_by_hand}
        return found | {key: value for key, value in more.items() if value}

    def text(self) -> str:
        """As it stands in the file beside a result."""
        return as_text(self.to_json())


def as_text(record: dict[str, Any]) -> str:
    """A manifest's content as it stands in its file."""
    return json.dumps(record, indent=2) + "\n"


def only(content: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """What stands under these keys, as far as it is there."""
    return {key: content[key] for key in keys if key in content}
