"""How to de-identify a clip: what the user chooses, and how thoroughly the result is attacked."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mien.engines import ENGINES, Weights
from mien.errors import ParameterError
from mien.pipeline import credentials
from mien.pipeline.choose import MATCHES
from mien.pipeline.surroundings import KINDS
from mien.pipeline.withholding import USUAL, share_allowed
from mien.recognition.registry import ALSO_STEER, JUDGES, STEERS, check_name
from mien.surrogates.bank import Bank
from mien.tracking.selection import Selection


@dataclass(frozen=True)
class Thoroughness:
    """How much of a clip is kept, compared and searched; fewer make a test quick, not a result
    safe."""

    samples: int = 24
    """Frames of a person kept for calibration, at most twice as many at any time."""
    candidates: int = 5
    """Faces that are moved away from a person before one is chosen, and as many of all the bank."""
    probes: int = 6
    """Frames of a person on which a face is tried while it is moved."""
    gallery: int = 64
    """Original frames of a person that the recogniser knows, and one more every 10 s."""
    most_in_gallery: int = 128
    """How many these can become."""
    checked: int | None = 60
    """Output frames of a person that the recogniser sees by which people are told apart, and one
    more every 10 s; None for every frame."""
    most_checked: int = 180
    """How many these can become."""
    asked: int = 1200
    """Output frames of a person that the other recognisers see besides these, evenly over the
    clip: all of a short one."""
    watch_s: float = 0.25
    """Seconds between frames that the independent detectors search."""
    attempts: int = 4
    """How often a clip is rendered before what fails is withheld."""


@dataclass(frozen=True)
class Settings:
    """How to de-identify; validated once."""

    engine: str = "mesh"
    """One of `mesh`, `motion`, `gan`, `mask`, `blur`, `pixelate`."""
    weights: Weights | None = None
    """The network that `motion` or `gan` draws with; None for the others."""
    surrogate: str = "auto"
    """`auto`, the id of a surrogate in the bank, or the path of a picture (needs `consent`)."""
    consent: str | None = None
    """Statement of the person whose picture is used, recorded in the manifest."""
    match: str = "age"
    """What `auto` keeps alike: `none`, `sex`, `age` (and sex), `tone` (and both)."""
    subject: str | None = None
    """Name of the patient in a study: clips of one subject get one face. None: a drawn one."""
    avoid: tuple[str, ...] = ()
    """Ids of surrogates that `auto` gives nobody, as long as there are others: those of other
    patients."""
    bank: str | None = None
    """Folder of a bank of the user's own."""
    selection: Selection = field(default_factory=Selection)
    """Who is replaced, covered, left alone."""
    voice: Literal["keep", "change", "mute"] = "keep"
    """Whether the sound is copied bit for bit, its voices are made others, or it is dropped."""
    surroundings: Literal["keep", "blur", "solid"] = "keep"
    """What becomes of the room behind people."""
    hands: Literal["keep", "cover"] = "keep"
    """What becomes of hands over a face: they are shown as they are where nobody is known by them,
    or the face is covered as long as one lies over it."""
    landmarker: str | None = None
    """Face Landmarker model file to track with instead of the built-in mesh."""
    judges: tuple[str, ...] = JUDGES
    """Recognisers that are asked about the result and have no say in which face it gets: names, or
    paths of ONNX files in InsightFace's format. Frames in which one of them recognises somebody
    are covered."""
    withhold: str = USUAL
    """When nothing is given: `any`, as soon as a frame has to be covered because somebody would be
    recognised in it or a face was left; such as `over 10%`, if more of the frames have to be;
    `never`, as long as what is not covered shows nobody."""
    crf: int = 17
    """Quality of the H.264 output, lower is better."""
    overwrite: bool = False
    """Whether an existing output may be replaced."""
    signer: credentials.Signer | None = None
    """Who signs the result's content credentials; None for nobody."""
    thoroughness: Thoroughness = Thoroughness()
    """How much is looked at before a result gets its name."""

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ParameterError(
                f"There is no engine called {self.engine!r}: choose one of {', '.join(ENGINES)}."
            )
        if (ENGINES[self.engine].learned is None) != (self.weights is None):
            ENGINES[self.engine].open(self.weights)  # which says what is wrong
        if self.match not in MATCHES:
            raise ParameterError(f"match is {self.match!r}: choose one of {', '.join(MATCHES)}.")
        if self.subject is not None and not self.subject.strip():
            raise ParameterError("The subject has no name: give one such as P07, or none at all.")
        if self.voice not in ("keep", "change", "mute"):
            raise ParameterError(f"voice is {self.voice!r}: choose keep, change or mute.")
        if self.surroundings not in KINDS:
            raise ParameterError(
                f"surroundings is {self.surroundings!r}: choose one of {', '.join(KINDS)}."
            )
        if self.hands not in ("keep", "cover"):
            raise ParameterError(f"hands is {self.hands!r}: choose keep or cover.")
        for judge in self.judges:
            check_name(judge)
            if judge in (STEERS, *ALSO_STEER):
                raise ParameterError(
                    f"{judge} chooses the new face, so it cannot judge it: name another recogniser."
                )
        share_allowed(self.withhold)
        if not 0 <= self.crf <= 51:
            raise ParameterError(f"crf is {self.crf}: choose 0 (best) to 51.")
        known = self.open_bank().cards
        if ENGINES[self.engine].traits.needs_surrogate and self.surrogate not in ("auto", *known):
            if not Path(self.surrogate).is_file():
                raise ParameterError(
                    f"There is no surrogate or picture called {self.surrogate!r}: choose auto, one "
                    f"of {', '.join(sorted(known))}, or a picture."
                )
            if not self.consent or len(self.consent.strip()) < 10:
                raise ParameterError(
                    "A real person's face needs a consent statement: add --consent "
                    '"who agreed to what, and when".'
                )

    def open_bank(self) -> Bank:
        """The bank that surrogates come from."""
        return Bank.open(None if self.bank is None else Path(self.bank))

    @property
    def looks_for_hands(self) -> bool:
        """Whether it matters where hands are."""
        traits = ENGINES[self.engine].traits
        return traits.shows_hands if self.hands == "keep" else traits.shows_face

    @property
    def own_picture(self) -> bool:
        """Whether the surrogate is a picture of the user's."""
        return self.surrogate not in ("auto", *self.open_bank().cards)
