"""Seven expressions: which of them a face resembles, from a crop of it.

A compact convolutional network of ours (``scripts/build_emotion.py``, ``scripts/tune_emotion.py``),
run by ONNX Runtime. It was taught with how many of ten people called each face what (FER+ [1]_) and
with what people posed in a laboratory (CK+ [4]_), so its answer says what a picture resembles:
"expression resembling sadness", never what somebody feels.

References
----------
.. [1] Barsoum et al., "Training Deep Networks for Facial Expression Recognition with
   Crowd-Sourced Label Distribution", ICMI 2016.
.. [2] Goodfellow et al., "Challenges in Representation Learning: A report on three machine
   learning contests", ICONIP 2013.
.. [3] Guo et al., "On Calibration of Modern Neural Networks", ICML 2017.
.. [4] Lucey et al., "The Extended Cohn-Kanade Dataset (CK+)", CVPR Workshops 2010.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import numpy as np
from scipy.special import softmax

from mien.emotion.framing import Crops, pictures
from mien.errors import EngineError, FormatError, ParameterError
from mien.intake.networks import read_onnx
from mien.models.onnx_network import OnnxNetwork

EXPRESSIONS: tuple[str, ...] = (
    "anger", "disgust", "fear", "happiness", "neutral", "sadness", "surprise",
)  # fmt: skip
"""The order of the probabilities."""
CONVENTIONS: tuple[str, ...] = ("ferplus", "fer2013")
"""Whose labels are imitated: ten people's votes [1]_, or the words pictures were searched with
[2]_."""
THRESHOLD = 0.45
"""Probability below which `EmotionClassifier.predict` names no expression."""

_BLOCK = 16  # faces computed at once: bounds memory
_SIDE = 48  # pixels of a side of what the network sees
_OUTPUTS = 16
_OTHER = (
    f"is a network of another kind: one of expressions sees grey pictures of {_SIDE} by {_SIDE} "
    f"pixels and gives {_OUTPUTS} numbers."
)
_SOFT = 4.0  # grey levels: a picture without contrast stays dull


class EmotionClassifier:
    """What a face's expression resembles.

    Use `EmotionClassifier.load`.
    """

    def __init__(self, content: bytes) -> None:
        try:
            self._network = OnnxNetwork(content)
        except EngineError as exc:
            raise EngineError(
                "The expression network cannot be read: reinstall mien, or check the file."
            ) from exc

    @staticmethod
    def load(path: str | Path | None = None) -> EmotionClassifier:
        """Read the network that ships with mien, or one that the script wrote elsewhere.

        Parameters
        ----------
        path : str or Path, optional
            An ONNX file of ``scripts/build_emotion.py`` or ``scripts/tune_emotion.py``.

        Raises
        ------
        EngineError
            If the asset is missing.
        FormatError
            If the file cannot be read, is no ONNX, or is a network of another kind.
        """
        if path is None:
            return _shipped()
        try:
            made = EmotionClassifier(read_onnx(path, "an expression network"))
            given = made._network.run(np.zeros((2, 1, _SIDE, _SIDE), np.float32))[0]
        except OSError as exc:
            raise FormatError(f"{path} cannot be read: {exc.strerror or 'damaged'}.") from exc
        except EngineError as exc:
            raise FormatError(f"{path} {_OTHER}") from exc
        if given.shape != (2, _OUTPUTS):
            raise FormatError(f"{path} {_OTHER}")
        return made

    def predict_proba(
        self, faces: Crops, *, convention: str = "ferplus", framed: bool | None = None
    ) -> np.ndarray:
        """How likely people are to call each face each expression.

        The mean of each picture and its mirror image is taken, and a temperature has been fitted
        [3]_, so that of the faces given 0.8 about eight in ten are called so.

        Parameters
        ----------
        faces : np.ndarray [shape=(n, height, width) or (n, height, width, 3), dtype=uint8], or \
a list of such pictures of several sizes
            Faces from the brows or higher to the chin, grey or RGB. Colour is not looked at.
        convention : str
            One of `CONVENTIONS`.
        framed : bool, optional
            True where the crops are framed as `crop_of` frames them, False where the face is to be
            looked for in them. Without it, it is looked for in crops of more than 72 pixels.

        Returns
        -------
        probabilities : np.ndarray [shape=(n, 7), dtype=float32]
            In the order of `EXPRESSIONS`; each row adds up to 1.

        Raises
        ------
        ParameterError
            If the faces have another shape or type, or the convention is not known.
        """
        if convention not in CONVENTIONS:
            raise ParameterError(
                f"There is no convention {convention!r}: choose from {', '.join(CONVENTIONS)}."
            )
        start = 7 * CONVENTIONS.index(convention)
        return softmax(self.logits(pictures(faces, framed)[0])[:, start : start + 7], 1)

    def predict(self, faces: Crops, *, threshold: float = THRESHOLD) -> list[str | None]:
        """The expression that each face resembles most, or None where it is not clear.

        Parameters
        ----------
        faces : np.ndarray or list of np.ndarray
            As `predict_proba` takes them.
        threshold : float
            Least probability, 0 to 1, of an expression that is named.

        Raises
        ------
        ParameterError
            If the faces do not fit, or the threshold is no probability.
        """
        if not 0 <= threshold <= 1:
            raise ParameterError(f"A threshold is a probability, 0 to 1, not {threshold}.")
        return [
            EXPRESSIONS[row.argmax()] if row.max() >= threshold else None
            for row in self.predict_proba(faces)
        ]

    def logits(self, grey: np.ndarray) -> np.ndarray:
        """All that the network says of pictures of its own size, before it is made probabilities.

        Parameters
        ----------
        grey : np.ndarray [shape=(n, 48, 48), dtype=uint8]
            As `pictures` gives them.

        Returns
        -------
        logits : np.ndarray [shape=(n, 16), dtype=float32]
            Seven by the votes, seven by the searched words, whether something covers the face, and
            whether there is no face.
        """
        logits = np.empty((len(grey), _OUTPUTS), np.float32)
        for start in range(0, len(grey), _BLOCK):
            some = _standardised(grey[start : start + _BLOCK])
            both = np.concatenate([some, some[:, :, ::-1]])[:, None]
            given = self._network.run(both)[0]
            logits[start : start + _BLOCK] = (given[: len(some)] + given[len(some) :]) / 2
        return logits


@cache
def _shipped() -> EmotionClassifier:
    path = files("mien") / "assets" / "emotion.onnx"
    try:
        return EmotionClassifier(path.read_bytes())
    except OSError as exc:
        raise EngineError("The expression network's asset is missing: reinstall mien.") from exc


def _standardised(grey: np.ndarray) -> np.ndarray:
    """Each picture about its own mean, in its own standard deviations."""
    values = grey.astype(np.float32)
    mean, deviation = values.mean((1, 2), keepdims=True), values.std((1, 2), keepdims=True)
    return (values - mean) / (deviation + _SOFT)
