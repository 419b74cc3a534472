"""The contract of every engine: a frame and a face in, a patch and its opacity out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from mien.engines.traits import Traits

if TYPE_CHECKING:
    import numpy as np

    from mien.surrogates.bank import Surrogate
    from mien.tracking.hands import Hand
    from mien.tracking.track import Sample


@dataclass(frozen=True)
class Rendering:
    """What an engine wants to see in place of a face."""

    left: int
    """Column of the patch's first pixel in the frame."""
    top: int
    """Row of the patch's first pixel in the frame."""
    picture: np.ndarray
    """RGB of the patch, shape (height, width, 3), uint8."""
    opacity: np.ndarray
    """1 where the patch replaces the frame, 0 where the frame stays, shape (height, width)."""
    landmarks: np.ndarray | None = None
    """Of the face that is drawn, pixels of the frame, shape (478, 3); None where none is drawn, as
    by the engines that only obscure."""
    sources: np.ndarray | None = None
    """Where in the frame each pixel of the patch comes from before the picture is laid over it,
    column and row, the centre of the first pixel at 0, shape (height, width, 2), float32; None
    where the surroundings stay as they are."""

    covered: bool = False
    """Whether the engine could not draw this frame and only filled the patch: the face counts as
    covered."""

    def face(self, original: np.ndarray) -> np.ndarray:
        """Where to look for a face in the result: the drawn one's landmarks, else the original's,
        pixels, shape (478, 3)."""
        return original if self.landmarks is None else self.landmarks


class Fitted(ABC):
    """What an engine learned of one person."""

    @property
    def tone(self) -> float:
        """Individual typology angle of the skin, degrees; high is fair, NaN where unknown."""
        return float("nan")

    def shrunk(self, scale: float) -> Self:
        """The same for frames that are smaller by a factor under 1."""
        return self

    @abstractmethod
    def wearing(self, surrogate: Surrogate | None, strength: float = 1.0) -> Engine:
        """What draws this person with a face, if `Traits.needs_surrogate`, else None.

        Parameters
        ----------
        surrogate : Surrogate or None
            The face to give.
        strength : float
            How far the proportions go towards it, 1 all the way.
        """


class Engine(ABC):
    """Replaces one person's face, frame by frame, without memory of other frames."""

    name: ClassVar[str]
    traits: ClassVar[Traits]

    @classmethod
    def calibrate(
        cls, samples: Sequence[Sample], landmarks: np.ndarray, enlarge: float = 1.0
    ) -> Fitted:
        """Learn a person before a face is chosen; nothing, unless an engine says otherwise.

        Parameters
        ----------
        samples : sequence of Sample
            Frames spread over the clip, with the finest landmarks there are.
        landmarks : np.ndarray [shape=(n, 478, 3)]
            Of more frames, pixels.
        enlarge : float
            How much larger the face is in the clip than in the samples.

        Raises
        ------
        ParameterError
            If an engine needs samples and there are none.
        """
        return _Nothing(cls)

    @abstractmethod
    def render(self, image: np.ndarray, landmarks: np.ndarray) -> Rendering:
        """Draw what replaces a face.

        Parameters
        ----------
        image : np.ndarray [shape=(height, width, 3), dtype=uint8]
            The original frame, RGB; not changed.
        landmarks : np.ndarray [shape=(478, 3)]
            The face, pixels.
        """

    def render_behind(
        self, image: np.ndarray, landmarks: np.ndarray, hands: Sequence[Hand]
    ) -> Rendering:
        """The same where hands may lie over the face; as if none did, unless an engine says
        otherwise (`Traits.shows_hands`).

        Parameters
        ----------
        image, landmarks : np.ndarray
            As of `render`.
        hands : sequence of Hand
            Hands in the frame.
        """
        return self.render(image, landmarks)


@dataclass(frozen=True)
class _Nothing(Fitted):
    """Of engines that draw everybody alike."""

    engine: type[Engine]
    """What draws them."""

    def wearing(self, surrogate: Surrogate | None, strength: float = 1.0) -> Engine:
        """See `Fitted.wearing`."""
        return self.engine()
